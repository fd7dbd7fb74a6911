#include "ipc/identity.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"

const char *
attach_result_words(enum attach_result result)
{
    static const char *const words[ATTACH_RESULT_COUNT] = {
#define ATTACH_RESULT(name, printed) [ATTACH_##name] = (printed),
#include "ipc/attach_result.def"
#undef ATTACH_RESULT
    };
    return (unsigned)result < ATTACH_RESULT_COUNT ? words[result] : "?";
}

static uint64_t
checksum_of(const void *header, uint32_t fixed_size)
{
    const uint8_t *bytes = header;
    size_t before = offsetof(struct shm_identity, layout_version);
    size_t at = offsetof(struct shm_identity, checksum);
    size_t after = at + sizeof(uint64_t);
    uint64_t hash = hash_bytes(HASH_START, bytes + before, at - before);
    return hash_finish(hash_bytes(hash, bytes + after, fixed_size - after));
}

void
identity_seal(void *header, const struct identity *identity)
{
    CHECK(identity->fixed_size >= sizeof(struct shm_identity));
    CHECK(identity->fixed_size <= identity->header_size);

    struct shm_identity *shared = header;
    shared->layout_version = SHM_LAYOUT_VERSION;
    shared->header_size = identity->header_size;
    shared->epoch = identity->epoch;
    shared->total_size = identity->total_size;
    shared->kind = (uint32_t)identity->kind;
    shared->checksum = checksum_of(header, identity->fixed_size);
    /* release: S1. Whoever sees the magic sees the finished header. */
    atomic_store_explicit(&shared->magic, SHM_MAGIC, memory_order_release);
}

enum attach_result
identity_read(void *copy, const void *mapping, uint64_t mapping_size, uint32_t header_size,
              uint32_t fixed_size)
{
    if (mapping_size < header_size)
        return ATTACH_BAD_GEOMETRY;

    const struct shm_identity *shared = mapping;
    /* acquire: S1. */
    uint64_t magic = atomic_load_explicit(&shared->magic, memory_order_acquire);
    if (magic == 0)
        return ATTACH_NOT_READY;
    if (magic != SHM_MAGIC)
        return ATTACH_NOT_ONHOOK;

    memcpy(copy, mapping, fixed_size);
    const struct shm_identity *own = copy;
    if (own->layout_version != SHM_LAYOUT_VERSION || own->header_size != header_size)
        return ATTACH_OTHER_LAYOUT;
    if (own->checksum != checksum_of(copy, fixed_size))
        return ATTACH_DAMAGED;
    return ATTACH_OK;
}
