#include "ipc/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

#define SEGMENT_FOLDER "/dev/shm/onhook-"

enum {
    /* Each further try means that another engine made or removed the name in between. */
    CLAIM_ATTEMPTS = 16,
};

static const struct {
    const char *suffix;
    bool is_numbered;
} kinds[SEGMENT_KIND_COUNT] = {
#define SEGMENT_KIND(name, printed, each) [SEGMENT_##name] = {(printed), (each)},
#include "ipc/segment_kind.def"
#undef SEGMENT_KIND
};

const char *
segment_result_words(enum segment_result result)
{
    static const char *const words[SEGMENT_RESULT_COUNT] = {
#define SEGMENT_RESULT(name, printed) [SEGMENT_##name] = (printed),
#include "ipc/segment_result.def"
#undef SEGMENT_RESULT
    };
    return (unsigned)result < SEGMENT_RESULT_COUNT ? words[result] : "?";
}

const char *
segment_kind_suffix(enum segment_kind kind)
{
    bool known = kind != SEGMENT_NONE && (unsigned)kind < SEGMENT_KIND_COUNT;
    return known ? kinds[kind].suffix : "?";
}

bool
segment_name_is_valid(const char *name)
{
    size_t length = strnlen(name, SEGMENT_NAME_MAX + 1);
    size_t good = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= SEGMENT_NAME_MAX && good == length;
}

void
segment_path(char path[static SEGMENT_PATH_SIZE], const char *name, enum segment_kind kind,
             uint32_t number)
{
    CHECK(segment_name_is_valid(name));
    CHECK(kind != SEGMENT_NONE && (unsigned)kind < SEGMENT_KIND_COUNT);
    if (kinds[kind].is_numbered)
        snprintf(path, SEGMENT_PATH_SIZE, SEGMENT_FOLDER "%s.%s-%u", name, kinds[kind].suffix,
                 number);
    else
        snprintf(path, SEGMENT_PATH_SIZE, SEGMENT_FOLDER "%s.%s", name, kinds[kind].suffix);
}

/* Is the open file one that we, and only we, may use, and does a name still lead to it? */
static bool
is_ours(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_uid == geteuid() && (status.st_mode & 0077) == 0 && status.st_nlink <= 1;
}

static bool
has_a_name(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_nlink == 1;
}

static enum segment_result
result_of_errno(void)
{
    return errno == ENOSPC || errno == ENOMEM ? SEGMENT_NO_ROOM : SEGMENT_SYSTEM;
}

/* Close without losing the errno that tells why. */
static void
close_quietly(struct shared_segment *segment)
{
    int reason = errno;
    close(segment->descriptor);
    segment->descriptor = -1;
    errno = reason;
}

static enum segment_result
create_file(struct shared_segment *segment, const char *path)
{
    *segment = (struct shared_segment){.descriptor = -1};
    size_t length = strnlen(path, SEGMENT_PATH_SIZE);
    CHECK(length < SEGMENT_PATH_SIZE);
    memcpy(segment->path, path, length + 1);
    segment->descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (segment->descriptor < 0)
        return errno == EEXIST ? SEGMENT_FOREIGN : result_of_errno();
    /* A umask may have taken away more than we want; an ACL may have given more. */
    if (fchmod(segment->descriptor, 0600) == 0 && is_ours(segment->descriptor))
        return SEGMENT_OK;
    close_quietly(segment);
    return SEGMENT_FOREIGN;
}

static enum segment_result
give_size(struct shared_segment *segment, uint64_t size, bool reserve)
{
    segment->size = (size + SHM_PAGE - 1) / SHM_PAGE * SHM_PAGE;
    if (size > (uint64_t)INT64_MAX - SHM_PAGE) {
        errno = EFBIG;
        return SEGMENT_SYSTEM;
    }
    if (ftruncate(segment->descriptor, (off_t)segment->size) != 0)
        return result_of_errno();
    if (reserve && fallocate(segment->descriptor, 0, 0, (off_t)segment->size) != 0)
        return result_of_errno();
    return SEGMENT_OK;
}

/* The path stays in *segment: it is needed to say what could not be made. */
static enum segment_result
give_size_or_remove(struct shared_segment *segment, uint64_t size, bool reserve)
{
    enum segment_result result = give_size(segment, size, reserve);
    if (result != SEGMENT_OK) {
        int reason = errno;
        unlink(segment->path);
        errno = reason;
        close_quietly(segment);
    }
    return result;
}

enum segment_result
segment_create(struct shared_segment *segment, const char *path, uint64_t size, bool reserve)
{
    enum segment_result result = create_file(segment, path);
    if (result != SEGMENT_OK)
        return result;
    return give_size_or_remove(segment, size, reserve);
}

enum segment_result
segment_open(struct shared_segment *segment, const char *path)
{
    *segment = (struct shared_segment){.descriptor = -1};
    snprintf(segment->path, sizeof segment->path, "%s", path);
    segment->descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (segment->descriptor < 0)
        return errno == ENOENT ? SEGMENT_SYSTEM : SEGMENT_FOREIGN;
    struct stat status;
    if (is_ours(segment->descriptor) && fstat(segment->descriptor, &status) == 0 &&
        status.st_size % (off_t)SHM_PAGE == 0) {
        segment->size = (uint64_t)status.st_size;
        return SEGMENT_OK;
    }
    close_quietly(segment);
    return SEGMENT_FOREIGN;
}

enum segment_result
segment_open_control(struct shared_segment *segment, const char *name)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_CONTROL, 0);
    enum segment_result result = segment_open(segment, path);
    if (result != SEGMENT_OK)
        return result;
    if (flock(segment->descriptor, LOCK_EX | LOCK_NB) == 0 && has_a_name(segment->descriptor))
        return SEGMENT_OK;
    close_quietly(segment);
    return SEGMENT_RUNNING;
}

/*
 * Remove what a dead engine left: the name is free when this returns SEGMENT_OK. Holding the
 * lock of a control segment that still has its name is owning the name, so nobody can be making
 * a new one meanwhile.
 */
static enum segment_result
remove_dead_control(const char *path)
{
    int descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return errno == ENOENT ? SEGMENT_OK : SEGMENT_FOREIGN;
    enum segment_result result = SEGMENT_OK;
    if (!is_ours(descriptor))
        result = SEGMENT_FOREIGN;
    else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        result = SEGMENT_RUNNING;
    else if (has_a_name(descriptor))
        unlink(path);
    close(descriptor);
    return result;
}

static void
remove_leftovers(const char *name, uint32_t workers_max)
{
    for (unsigned kind = SEGMENT_NONE + 1; kind < SEGMENT_KIND_COUNT; kind++) {
        uint32_t count = kinds[kind].is_numbered ? workers_max : 1;
        for (uint32_t number = 0; kind != SEGMENT_CONTROL && number < count; number++) {
            char path[SEGMENT_PATH_SIZE];
            segment_path(path, name, (enum segment_kind)kind, number);
            unlink(path);
        }
    }
}

bool
segment_remove_dead(const char *name, uint32_t workers_max)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_CONTROL, 0);
    int descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    bool is_dead =
        is_ours(descriptor) && flock(descriptor, LOCK_EX | LOCK_NB) == 0 && has_a_name(descriptor);
    if (is_dead) {
        remove_leftovers(name, workers_max);
        unlink(path); /* last: until then the name is held by our lock */
    }
    close(descriptor);
    return is_dead;
}

/* A name under which we made the file and hold its lock, or why not. */
static enum segment_result
claim_name(struct shared_segment *segment, const char *path)
{
    for (int attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
        enum segment_result result = create_file(segment, path);
        if (result == SEGMENT_OK) {
            if (flock(segment->descriptor, LOCK_EX | LOCK_NB) == 0 &&
                has_a_name(segment->descriptor))
                return SEGMENT_OK;
            /* Between our open and our lock another engine took the new file for a dead one's. */
            close_quietly(segment);
            continue;
        }
        if (result != SEGMENT_FOREIGN || errno != EEXIST)
            return result;
        result = remove_dead_control(path);
        if (result != SEGMENT_OK)
            return result;
    }
    return SEGMENT_RUNNING;
}

enum segment_result
segment_create_control(struct shared_segment *segment, const char *name, uint64_t size,
                       uint32_t workers_max)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_CONTROL, 0);
    enum segment_result result = claim_name(segment, path);
    if (result != SEGMENT_OK)
        return result;
    remove_leftovers(name, workers_max);
    return give_size_or_remove(segment, size, true);
}

enum segment_result
segment_map(struct shared_segment *segment)
{
    void *mapping = mmap(NULL, segment->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                         segment->descriptor, 0);
    if (mapping == MAP_FAILED)
        return result_of_errno();
    segment->mapping = mapping;
    segment->mapping_size = segment->size;
    return SEGMENT_OK;
}

static bool
map_at(const struct shared_segment *segment, uint8_t *address, uint64_t offset, uint64_t size)
{
    return mmap(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
                segment->descriptor, (off_t)offset) != MAP_FAILED;
}

static bool
map_ring(const struct shared_segment *segment, const struct ring_shape *shape, uint32_t ring)
{
    uint8_t *view = segment->mapping + ring * ring_view_size(shape);
    uint64_t offset = ring * ring_size(shape);
    return map_at(segment, view, offset, ring_size(shape)) &&
           map_at(segment, view + ring_size(shape), offset + sizeof(struct shm_ring_header),
                  ring_slots_size(shape));
}

enum segment_result
segment_map_rings(struct shared_segment *segment, const struct ring_shape *shape)
{
    CHECK(segment->size == ring_size(shape) * shape->ring_count);
    uint64_t size = ring_view_size(shape) * shape->ring_count;
    /* First the addresses, so that nothing else can come to stand between the two halves. */
    void *mapping = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return result_of_errno();
    segment->mapping = mapping;
    segment->mapping_size = size;
    for (uint32_t ring = 0; ring < shape->ring_count; ring++) {
        if (!map_ring(segment, shape, ring)) {
            enum segment_result result = result_of_errno();
            int reason = errno;
            munmap(mapping, size);
            segment->mapping = NULL;
            errno = reason;
            return result;
        }
    }
    return SEGMENT_OK;
}

uint8_t *
segment_map_twice(const struct shared_segment *segment, uint64_t offset, uint64_t size)
{
    CHECK(offset % SHM_PAGE == 0 && size % SHM_PAGE == 0 && offset + size <= segment->size);
    uint8_t *at =
        mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    if (map_at(segment, at, offset, size) && map_at(segment, at + size, offset, size))
        return at;
    int reason = errno;
    munmap(at, 2 * size);
    errno = reason;
    return NULL;
}

void
segment_unlink(struct shared_segment *segment)
{
    if (segment->path[0] != '\0')
        unlink(segment->path);
    segment->path[0] = '\0'; /* the name may be another's from now on */
}

void
segment_close(struct shared_segment *segment)
{
    if (segment->mapping != NULL)
        munmap(segment->mapping, segment->mapping_size);
    segment->mapping = NULL;
    if (segment->descriptor >= 0)
        close(segment->descriptor);
    segment->descriptor = -1;
}
