#include "tools/switch/judge_truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
    FIRST_CALLS = 1 << 16,
    FIRST_ENDS = 1 << 16,
    MARGIN_US = 2000000, /* what a cut may still have lost of what was sent before it */
};

uint64_t
judge_name(struct text name)
{
    return hash_text(1, name) | 1;
}

/* ---- fields of a line ----------------------------------------------------------------------- */

/* What follows "key": in the text; none: it is not there. */
static struct text
after_key(struct text line, const char *key)
{
    char wanted[40];
    int length = snprintf(wanted, sizeof wanted, "\"%s\":", key);
    const char *at = memmem(line.at, line.length, wanted, (size_t)length);
    return at == NULL ? TEXT_NONE : text_skip(line, (uint32_t)(at - line.at) + (uint32_t)length);
}

static struct text
string_of(struct text line, const char *key)
{
    struct text value = after_key(line, key);
    if (text_is_none(value) || value.at[0] != '"')
        return TEXT_NONE;
    value = text_skip(value, 1);
    const char *end = memchr(value.at, '"', value.length);
    return end == NULL ? TEXT_NONE : (struct text){value.at, (uint32_t)(end - value.at)};
}

static int64_t
number_of(struct text line, const char *key)
{
    struct text value = after_key(line, key);
    int64_t number = 0;
    for (uint32_t i = 0; i < value.length && i < 18 && value.at[i] >= '0' && value.at[i] <= '9';
         i++)
        number = number * 10 + (value.at[i] - '0');
    return number;
}

static uint8_t
told_of(struct text word)
{
    static const char *const words[] = {
#define TOLD_WORD(name, printed) printed,
#include "tools/switch/told_word.def"
#undef TOLD_WORD
    };
    uint8_t told = 0;
    while (told < TOLD_KINDS && !text_is_equal(word, text_of(words[told])))
        told++;
    return told;
}

static uint64_t
name_of(struct text line, const char *key)
{
    struct text name = string_of(line, key);
    return text_is_none(name) ? 0 : judge_name(name);
}

/* ---- calls ---------------------------------------------------------------------------------- */

static struct judge_call *
place_of(struct judge_truth *truth, uint32_t link, uint64_t serial)
{
    uint64_t at = hash_finish(serial * 64 + link);
    for (;; at++) {
        struct judge_call *call = &truth->calls[at & (truth->capacity - 1)];
        if (call->serial == 0 || (call->serial == serial && call->link == link))
            return call;
    }
}

static bool
make_room(struct judge_truth *truth)
{
    struct judge_call *old = truth->calls;
    uint64_t old_capacity = old == NULL ? 0 : truth->capacity;
    if (old != NULL && truth->call_count * 4 < old_capacity * 3)
        return true;
    uint64_t capacity = old == NULL ? FIRST_CALLS : old_capacity * 2;
    struct judge_call *calls = calloc(capacity, sizeof *calls);
    if (calls == NULL)
        return false;
    truth->calls = calls;
    truth->capacity = capacity;
    for (uint64_t i = 0; i < old_capacity; i++)
        if (old[i].serial != 0)
            *place_of(truth, old[i].link, old[i].serial) = old[i];
    free(old);
    return true;
}

static struct judge_end *
new_end(struct judge_truth *truth)
{
    if (truth->end_count == truth->end_room) {
        uint64_t room = truth->end_room == 0 ? FIRST_ENDS : truth->end_room * 2;
        struct judge_end *ends = realloc(truth->ends, room * sizeof *ends);
        if (ends == NULL)
            return NULL;
        truth->ends = ends;
        truth->end_room = room;
    }
    return &truth->ends[truth->end_count++];
}

static const char *
read_ends(struct judge_truth *truth, struct judge_call *call, struct text list)
{
    while (list.length > 0 && list.at[0] != ']') {
        const char *close = memchr(list.at, '}', list.length);
        struct judge_end *end = close == NULL ? NULL : new_end(truth);
        if (end == NULL)
            return close == NULL ? "an end is cut off" : "there is not enough memory";
        struct text one = {list.at, (uint32_t)(close - list.at)};
        *end = (struct judge_end){.party = name_of(one, "Party"),
                                  .also = name_of(one, "Also"),
                                  .by = name_of(one, "By"),
                                  .at_us = number_of(one, "At"),
                                  .told = told_of(string_of(one, "Told"))};
        end->is_abandoned = text_is_equal(string_of(one, "Event"), TEXT("abandoned"));
        end->is_monitored = text_has_prefix(after_key(one, "Monitored"), TEXT("true"));
        if (end->party == 0 || end->told == TOLD_KINDS)
            return "an end has no Party, or no known Told";
        call->end_count++;
        list = text_skip(list, one.length + 1);
        if (list.length > 0 && list.at[0] == ',')
            list = text_skip(list, 1);
    }
    return NULL;
}

static const char *
read_call(struct judge_truth *truth, uint32_t link, struct text line)
{
    uint64_t serial = (uint64_t)number_of(line, "Call");
    struct text ends = after_key(line, "Ends");
    if (serial == 0 || text_is_none(ends) || ends.at[0] != '[')
        return "a call has no number, or no list of ends";
    if (!make_room(truth))
        return "there is not enough memory";
    struct judge_call *call = place_of(truth, link, serial);
    if (call->serial != 0)
        return "a call is told of twice";
    truth->call_count++;
    /* Keys of the call stand before and behind the ends, which have keys of their own. */
    struct text head = {line.at, (uint32_t)(ends.at - line.at)};
    const char *close = memchr(ends.at, ']', ends.length);
    if (close == NULL)
        return "a line is cut off";
    struct text tail = {close, line.length - (uint32_t)(close - line.at)};
    *call = (struct judge_call){.serial = serial,
                                .link = (uint8_t)link,
                                .from_us = number_of(head, "From"),
                                .to_us = number_of(head, "To"),
                                .touched_us = number_of(head, "Touched"),
                                .is_unwatched = !text_is_none(after_key(head, "Unwatched")),
                                .is_open = !text_is_none(after_key(head, "Open")),
                                .is_joined = !text_is_none(after_key(head, "Joined")),
                                .deleted_by = name_of(tail, "DeletedBy"),
                                .deleted_told = told_of(string_of(tail, "DeletedTold")),
                                .first_end = (uint32_t)truth->end_count};
    return read_ends(truth, call, text_skip(ends, 1));
}

static void
read_lost(struct judge_truth *truth, uint32_t link, struct text line)
{
    struct text list = text_skip(after_key(line, "Calls"), 1);
    while (list.length > 0) {
        char *end;
        uint64_t serial = strtoull(list.at, &end, 10);
        if (serial == 0 || *end != ',')
            return;
        int64_t at_us = strtoll(end + 1, &end, 10);
        struct judge_call *call = truth->calls == NULL ? NULL : place_of(truth, link, serial);
        if (call != NULL && call->serial != 0 &&
            (call->touched_us == 0 || call->touched_us > at_us))
            call->touched_us = at_us;
        list = text_skip(list, (uint32_t)(end - list.at) + 1);
    }
}

static const char *
read_down(struct judge_link *link, struct text line)
{
    if (link->down_count >= JUDGE_DOWNS_MAX)
        return "there are too many cuts";
    if (link->down_count % 64 == 0) {
        struct judge_down *downs =
            realloc(link->downs, (link->down_count + 64) * sizeof *link->downs);
        if (downs == NULL)
            return "there is not enough memory";
        link->downs = downs;
    }
    link->downs[link->down_count++] =
        (struct judge_down){number_of(line, "From"), number_of(line, "To")};
    return NULL;
}

static uint32_t
find_link(const struct judge_truth *truth, struct text name)
{
    uint32_t link = 0;
    while (link < truth->link_count && !text_is_equal(name, text_of(truth->links[link].name)))
        link++;
    return link;
}

static const char *
read_line(struct judge_truth *truth, struct text line, bool second)
{
    struct text what = string_of(line, "Truth"), name = string_of(line, "Link");
    uint32_t link = find_link(truth, name);
    bool is_lost = text_is_equal(what, TEXT("lost"));
    if (second) {
        if (is_lost && link < truth->link_count)
            read_lost(truth, link, line);
        return NULL;
    }
    if (text_is_equal(what, TEXT("link"))) {
        if (link == JUDGE_LINKS_MAX || text_is_none(name) || name.length >= PBX_NAME_SIZE)
            return "there are too many links, or one has no name";
        memcpy(truth->links[link].name, name.at, name.length);
        truth->links[link].is_hex = text_has_prefix(string_of(line, "Encoding"), TEXT("ber"));
        truth->link_count += link == truth->link_count;
        return NULL;
    }
    if (link == truth->link_count)
        return "a line names a link that was not told of";
    if (text_is_equal(what, TEXT("call")))
        return read_call(truth, link, line);
    if (text_is_equal(what, TEXT("down")))
        return read_down(&truth->links[link], line);
    return is_lost ? NULL : "a line that is no truth";
}

/* Twice: what was lost may be told before the call it belongs to. */
const char *
judge_truth_read(struct judge_truth *truth, const char *path, unsigned long *line)
{
    FILE *file = fopen(path, "r");
    char *bytes = NULL;
    size_t room = 0;
    const char *why = NULL;
    *line = 0;
    if (file == NULL)
        return "it cannot be opened";
    for (int second = 0; second < 2 && why == NULL; second++) {
        ssize_t length;
        rewind(file);
        *line = 0;
        while (why == NULL && (length = getline(&bytes, &room, file)) > 0) {
            ++*line;
            why = read_line(truth, (struct text){bytes, (uint32_t)length}, second == 1);
        }
    }
    if (why == NULL && truth->link_count == 0)
        why = "it has no truth";
    free(bytes);
    fclose(file);
    return why;
}

void
judge_truth_free(struct judge_truth *truth)
{
    for (uint32_t i = 0; i < truth->link_count; i++)
        free(truth->links[i].downs);
    free(truth->calls);
    free(truth->ends);
}

struct judge_call *
judge_find(struct judge_truth *truth, struct text link, struct text call_id)
{
    char text[32], *end;
    uint32_t at = find_link(truth, link);
    if (at == truth->link_count || call_id.length >= sizeof text || truth->calls == NULL)
        return NULL;
    memcpy(text, call_id.at, call_id.length);
    text[call_id.length] = '\0';
    uint64_t serial = strtoull(text, &end, truth->links[at].is_hex ? 16 : 10);
    struct judge_call *call = place_of(truth, at, serial);
    return serial == 0 || *end != '\0' || call->serial == 0 ? NULL : call;
}

bool
judge_was_down(const struct judge_truth *truth, const struct judge_call *call)
{
    const struct judge_link *link = &truth->links[call->link];
    for (uint32_t i = 0; i < link->down_count; i++)
        if (call->from_us <= link->downs[i].to_us + MARGIN_US &&
            call->to_us >= link->downs[i].from_us - MARGIN_US)
            return true;
    return false;
}
