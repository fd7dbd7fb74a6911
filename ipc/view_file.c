#include "ipc/view_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/segment.h"

bool
view_file_open(struct view_file *file, const struct view *view, enum segment_kind kind,
               uint32_t number)
{
    char standard[SEGMENT_PATH_SIZE];
    segment_path(standard, view->name, kind, number);
    *file = (struct view_file){.descriptor = -1};
    snprintf(file->path, sizeof file->path, "%s%s", view->folder, strrchr(standard, '/'));
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file->descriptor < 0)
        return false;
    struct stat about;
    if (fstat(file->descriptor, &about) == 0 && S_ISREG(about.st_mode)) {
        file->size = (uint64_t)about.st_size;
        return true;
    }
    view_file_close(file);
    errno = EINVAL;
    return false;
}

void
view_file_close(struct view_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
    file->size = 0;
}

bool
view_file_read(const struct view_file *file, uint64_t offset, void *to, uint64_t bytes)
{
    if (offset > file->size || bytes > file->size - offset)
        return false;
    for (uint64_t done = 0; done < bytes;) {
        ssize_t count =
            pread(file->descriptor, (uint8_t *)to + done, bytes - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (uint64_t)count;
    }
    return true;
}

uint64_t
view_file_data(const struct view_file *file, uint64_t offset)
{
    off_t at = lseek(file->descriptor, (off_t)offset, SEEK_DATA);
    if (at >= 0)
        return (uint64_t)at;
    return errno == ENXIO ? UINT64_MAX : offset; /* a file system that knows no holes */
}

enum attach_result
view_file_memory(const struct view_file *file, enum segment_kind kind)
{
    struct shm_identity there;
    struct shm_identity copy;
    if (!view_file_read(file, 0, &there, sizeof there))
        return ATTACH_BAD_GEOMETRY;
    enum attach_result result = identity_read(
        &copy, &there, file->size, sizeof(struct shm_memory_header), sizeof(struct shm_identity));
    if (result == ATTACH_OK && copy.kind != kind)
        return ATTACH_OTHER_KIND;
    return result;
}
