#include "engine/source/fragment.h"

#include <stdlib.h>

enum {
    UNIT = 8, /* fragments begin at multiples of it */
    UNITS_MAX = FRAGMENT_BYTES_MAX / UNIT,
};

struct packet {
    struct fragment first; /* of those that came; says whose they are */
    uint64_t age;          /* when it was begun; 0: nothing is in here */
    uint32_t units;        /* that are there */
    uint32_t length;       /* of the whole, once the last fragment came; else 0 */
    uint8_t has[UNITS_MAX];
    char bytes[FRAGMENT_BYTES_MAX];
};

struct fragments {
    uint64_t begun;
    struct packet packets[FRAGMENT_PACKETS_MAX];
};

struct fragments *
fragments_open(void)
{
    return calloc(1, sizeof(struct fragments));
}

void
fragments_close(struct fragments *fragments)
{
    free(fragments);
}

static bool
is_of(const struct packet *packet, const struct fragment *fragment)
{
    return packet->age != 0 && packet->first.identification == fragment->identification &&
           packet->first.protocol == fragment->protocol &&
           endpoint_is_equal(&packet->first.from, &fragment->from) &&
           endpoint_is_equal(&packet->first.to, &fragment->to);
}

static struct packet *
find(struct fragments *fragments, const struct fragment *fragment)
{
    struct packet *oldest = &fragments->packets[0];
    for (uint32_t i = 0; i < FRAGMENT_PACKETS_MAX; i++) {
        struct packet *packet = &fragments->packets[i];
        if (is_of(packet, fragment))
            return packet;
        if (packet->age < oldest->age)
            oldest = packet;
    }
    oldest->first = *fragment;
    oldest->age = ++fragments->begun;
    oldest->units = 0;
    oldest->length = 0;
    memset(oldest->has, 0, sizeof oldest->has);
    return oldest;
}

static void
copy_units(struct packet *packet, const struct fragment *fragment)
{
    for (uint32_t at = 0; at < fragment->bytes.length; at += UNIT) {
        uint32_t unit = (fragment->offset + at) / UNIT;
        uint32_t rest = fragment->bytes.length - at;
        if (packet->has[unit])
            continue;
        packet->has[unit] = 1;
        packet->units++;
        memcpy(packet->bytes + fragment->offset + at, fragment->bytes.at + at,
               rest < UNIT ? rest : UNIT);
    }
}

bool
fragments_take(struct fragments *fragments, const struct fragment *fragment, struct text *whole)
{
    uint32_t length = fragment->bytes.length;
    if (length == 0 || fragment->offset + length > FRAGMENT_BYTES_MAX ||
        (fragment->more && length % UNIT != 0))
        return false;
    struct packet *packet = find(fragments, fragment);
    uint32_t end = fragment->offset + length;
    if (!fragment->more && packet->length == 0)
        packet->length = end;
    if (packet->length != 0 && (fragment->more ? end > packet->length : end != packet->length))
        return false; /* two of its parts contradict each other */
    copy_units(packet, fragment);
    uint32_t wanted = (packet->length + UNIT - 1) / UNIT;
    if (packet->length == 0 || packet->units < wanted || memchr(packet->has, 0, wanted) != NULL)
        return false;
    packet->age = 0;
    *whole = (struct text){packet->bytes, packet->length};
    return true;
}
