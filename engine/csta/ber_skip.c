#include "engine/csta/ber_skip.h"

#include "engine/csta/ber_decode.h"

/* One open constructed element. */
struct level {
    const uint8_t *end;
    bool is_indefinite;
};

/* An element in one of its rarer forms: what follows it, or its content. */
static const uint8_t *
skip_other(struct level **level, const struct level *deepest, const uint8_t *at,
           struct ber_refusal *refusal)
{
    struct ber_header header;
    if (at == (*level)->end) {
        ber_refuse(refusal, CSTA_INCOMPLETE, at, ber_no_end_of_contents);
        return NULL;
    }
    if (!ber_header_read(&header, at, (*level)->end, refusal))
        return NULL;
    if (header.tag == BER_END_OF_CONTENTS) {
        bool is_due = ber_end_of_contents_check(at, (*level)->is_indefinite, refusal);
        --*level;
        return is_due ? header.end : NULL;
    }
    if ((header.tag & BER_CONSTRUCTED) == 0)
        return header.end;
    if (*level == deepest) {
        ber_refuse(refusal, CSTA_REFUSED, at, ber_too_deep);
        return NULL;
    }
    *++*level = (struct level){header.end, header.is_indefinite};
    return header.content;
}

const uint8_t *
ber_skip(const uint8_t *at, const uint8_t *end, uint32_t depth, struct ber_refusal *refusal)
{
    struct level levels[BER_DEPTH_MAX + 1];
    struct level *level = levels;
    const struct level *deepest = levels + BER_DEPTH_MAX - depth;
    *level = (struct level){end, false};
    do {
        bool is_usual = at != level->end && ber_length_is_short(at, level->end) &&
                        at[0] != BER_END_OF_CONTENTS && (at[0] & BER_HIGH_TAG) != BER_HIGH_TAG;
        if (is_usual && (at[0] & BER_CONSTRUCTED) == 0) {
            at += 2 + at[1];
        } else if (is_usual && level != deepest) {
            *++level = (struct level){at + 2 + at[1], false};
            at += 2;
        } else {
            at = skip_other(&level, deepest, at, refusal);
            if (at == NULL)
                return NULL;
        }
        while (at == level->end && level != levels && !level->is_indefinite)
            level--;
    } while (level != levels);
    return at;
}
