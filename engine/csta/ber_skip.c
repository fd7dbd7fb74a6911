#include "engine/csta/ber_skip.h"

#include "engine/csta/ber_decode.h"

/* One open constructed element. */
struct level {
    const uint8_t *end;
    bool is_indefinite;
};

/* Past the primitive elements whose identifier and length are one octet each, as most are. */
static inline const uint8_t *
skip_primitives(const uint8_t *at, const uint8_t *end)
{
    while (ber_length_is_short(at, end) && at[0] != BER_END_OF_CONTENTS &&
           (at[0] & (BER_CONSTRUCTED | BER_HIGH_TAG)) < BER_HIGH_TAG)
        at += 2 + at[1];
    return at;
}

/* What follows an element, or the content of one that is constructed, which is then *level. */
static inline const uint8_t *
enter(struct level **level, const struct level *deepest, const uint8_t *at,
      struct ber_refusal *refusal)
{
    struct ber_header header;
    if (!ber_header_read(&header, at, (*level)->end, refusal))
        return NULL;
    if ((header.tag & BER_CONSTRUCTED) == 0)
        return header.end;
    if (*level == deepest) {
        ber_refuse(refusal, CSTA_REFUSED, at, ber_too_deep);
        return NULL;
    }
    ++*level;
    (*level)->end = header.end;
    (*level)->is_indefinite = header.is_indefinite;
    return header.content;
}

/* What follows the end-of-contents octets, if they may stand there. */
static const uint8_t *
leave(const struct level *level, const uint8_t *at, struct ber_refusal *refusal)
{
    struct ber_header header;
    bool is_sound = ber_header_read(&header, at, level->end, refusal) &&
                    ber_end_of_contents_check(at, level->is_indefinite, refusal);
    return is_sound ? header.end : NULL;
}

const uint8_t *
ber_skip(const uint8_t *at, const uint8_t *end, uint32_t depth, struct ber_refusal *refusal)
{
    struct level levels[BER_DEPTH_MAX + 1];
    struct level *level = levels;
    const struct level *deepest = levels + BER_DEPTH_MAX - depth;
    *level = (struct level){end, false};
    at = enter(&level, deepest, at, refusal);
    while (at != NULL && level != levels) {
        at = skip_primitives(at, level->end);
        if (at == level->end && level->is_indefinite) {
            ber_refuse(refusal, CSTA_INCOMPLETE, at, ber_no_end_of_contents);
            return NULL;
        }
        if (at == level->end)
            level--;
        else if (at[0] == BER_END_OF_CONTENTS)
            at = leave(level--, at, refusal);
        else
            at = enter(&level, deepest, at, refusal);
    }
    return at;
}
