#include "ipc/view_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/segment.h"

enum {
    VIEW_PREFIX_SIZE = 80,
};

/* Opens file->path. */
static bool
open_path(struct view_file *file)
{
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

bool
view_file_open(struct view_file *file, const struct view *view, enum segment_kind kind,
               uint32_t number)
{
    char standard[SEGMENT_PATH_SIZE];
    segment_path(standard, view->name, kind, number);
    *file = (struct view_file){.descriptor = -1};
    snprintf(file->path, sizeof file->path, "%s%s", view->folder, strrchr(standard, '/'));
    return open_path(file);
}

/* What every segment of the engine is called by; what follows is its suffix. */
static size_t
prefix_of(char prefix[VIEW_PREFIX_SIZE], const struct view *view)
{
    return (size_t)snprintf(prefix, VIEW_PREFIX_SIZE, "onhook-%s.", view->name);
}

static bool
is_suffix(const char *word)
{
    size_t length = strlen(word);
    return length > 0 && length < VIEW_SUFFIX_SIZE &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool
view_file_open_name(struct view_file *file, const struct view *view, const char *suffix)
{
    char prefix[VIEW_PREFIX_SIZE];
    *file = (struct view_file){.descriptor = -1};
    prefix_of(prefix, view);
    errno = ENOENT;
    if (!is_suffix(suffix))
        return false;
    snprintf(file->path, sizeof file->path, "%s/%s%s", view->folder, prefix, suffix);
    return open_path(file);
}

/* By kind, then by number. */
static int
by_name(const void *left, const void *right)
{
    return strverscmp(left, right);
}

uint32_t
view_file_names(const struct view *view, char names[VIEW_FILES_MAX][VIEW_SUFFIX_SIZE])
{
    char prefix[VIEW_PREFIX_SIZE];
    size_t length = prefix_of(prefix, view);
    DIR *files = opendir(view->folder);
    if (files == NULL)
        return 0;
    uint32_t count = 0;
    const struct dirent *file;
    while ((file = readdir(files)) != NULL) {
        const char *suffix = file->d_name + length;
        if (strncmp(file->d_name, prefix, length) != 0 || !is_suffix(suffix))
            continue;
        if (count < VIEW_FILES_MAX)
            memcpy(names[count], suffix, strlen(suffix) + 1);
        count++;
    }
    closedir(files);
    qsort(names, count < VIEW_FILES_MAX ? count : VIEW_FILES_MAX, sizeof *names, by_name);
    return count;
}

uint64_t
view_file_resident(const struct view_file *file)
{
    struct stat about;
    return fstat(file->descriptor, &about) == 0 ? (uint64_t)about.st_blocks * 512 : 0;
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
