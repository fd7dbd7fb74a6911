#include "base/check.h"
#include "base/hash.h"
#include "engine/live/talk.h"

struct shm_errand *
errand_at(const struct talk *talk, uint32_t number)
{
    return number == 0 ? NULL : &talk->front->tables->errands[number];
}

uint32_t
errand_number(const struct talk *talk, const struct shm_errand *errand)
{
    return (uint32_t)(errand - talk->front->tables->errands);
}

void
errand_touch(const struct talk *talk, struct shm_errand *errand)
{
    front_begin(talk->front);
    front_touch(talk->front, errand, sizeof *errand);
}

/* A number somewhere in the tables is about to be this one. */
static void
set_number(const struct talk *talk, uint32_t *at, uint32_t number)
{
    front_touch(talk->front, at, sizeof *at);
    *at = number;
}

static uint32_t *
bucket_of(const struct talk *talk, enum errand_kind kind, struct text text)
{
    uint16_t owner = (uint16_t)(talk->link->place * 4 + (uint16_t)kind);
    return &talk->front->tables->errand_buckets[hash_text(owner, text) % ERRAND_BUCKETS];
}

struct shm_errand *
errand_find(const struct talk *talk, enum errand_kind kind, struct text text)
{
    struct shm_errand *errand = errand_at(talk, *bucket_of(talk, kind, text));
    for (; errand != NULL; errand = errand_at(talk, errand->next)) {
        if (errand->kind == kind && errand->place == talk->link->place &&
            text_is_equal(errand_text(errand), text) &&
            (kind == ERRAND_DEVICE || errand->epoch == talk->state->epoch))
            return errand;
    }
    return NULL;
}

/* A free place, touched; NULL: there is none. */
static struct shm_errand *
take_place(const struct talk *talk)
{
    struct shm_front_places *places = &talk->front->now->errands;
    if (places->count == ERRANDS_MAX)
        return NULL;
    uint32_t number = places->free != 0 ? places->free : ++places->used;
    struct shm_errand *errand = errand_at(talk, number);
    errand_touch(talk, errand);
    if (number == places->free)
        places->free = errand->next;
    places->count++;
    return errand;
}

static void
join_all(const struct talk *talk, struct shm_errand *errand)
{
    struct shm_talk_line *all = &talk->state->all;
    uint32_t number = errand_number(talk, errand);
    errand->before = all->newest;
    if (all->newest != 0)
        set_number(talk, &errand_at(talk, all->newest)->after, number);
    else
        all->oldest = number;
    all->newest = number;
}

struct shm_errand *
errand_add(const struct talk *talk, enum errand_kind kind, struct text text)
{
    CHECK(text.length <= EVENT_TEXT_LENGTH);
    talk_touch(talk);
    struct shm_errand *errand = take_place(talk);
    if (errand == NULL)
        return NULL;
    *errand = (struct shm_errand){
        .epoch = kind == ERRAND_DEVICE ? talk->state->epoch - 1 : talk->state->epoch,
        .settled = talk->state->epoch - 1,
        .round = talk->state->round - 1,
        .place = talk->link->place,
        .kind = (uint8_t)kind,
        .text_length = (uint8_t)text.length,
    };
    if (text.length > 0) {
        memcpy(errand->text, text.at, text.length);
        uint32_t *bucket = bucket_of(talk, kind, text);
        errand->next = *bucket;
        set_number(talk, bucket, errand_number(talk, errand));
    }
    if (kind == ERRAND_DEVICE) {
        naming_forget(talk, errand); /* of whose place it was */
        join_all(talk, errand);
    }
    return errand;
}

enum talk_line
errand_line(const struct talk *talk, const struct shm_errand *errand)
{
    return errand->epoch == talk->state->epoch ? (enum talk_line)errand->line : LINE_NONE;
}

enum errand_state
errand_state(const struct talk *talk, const struct shm_errand *errand)
{
    return errand->epoch == talk->state->epoch ? (enum errand_state)errand->state : ERRAND_RESTS;
}

static void
leave_line(const struct talk *talk, struct shm_errand *errand)
{
    enum talk_line which = errand_line(talk, errand);
    errand->line = LINE_NONE;
    if (which == LINE_NONE)
        return;
    struct shm_talk_line *line = &talk->state->lines[which];
    if (errand->older != 0)
        set_number(talk, &errand_at(talk, errand->older)->newer, errand->newer);
    else
        line->oldest = errand->newer;
    if (errand->newer != 0)
        set_number(talk, &errand_at(talk, errand->newer)->older, errand->older);
    else
        line->newest = errand->older;
}

void
errand_move(const struct talk *talk, struct shm_errand *errand, enum talk_line line,
            uint64_t due_ms)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    leave_line(talk, errand);
    errand->due_ms = due_ms;
    if (errand->epoch != talk->state->epoch) {
        errand->epoch = talk->state->epoch;
        errand->state = ERRAND_RESTS;
    }
    if (line == LINE_NONE)
        return;
    struct shm_talk_line *to = &talk->state->lines[line];
    uint32_t number = errand_number(talk, errand);
    errand->line = (uint8_t)line;
    errand->older = to->newest;
    errand->newer = 0;
    if (to->newest != 0)
        set_number(talk, &errand_at(talk, to->newest)->newer, number);
    else
        to->oldest = number;
    to->newest = number;
}

struct shm_errand *
errand_first(const struct talk *talk, enum talk_line line)
{
    return errand_at(talk, talk->state->lines[line].oldest);
}

static void
leave_all(const struct talk *talk, struct shm_errand *errand)
{
    struct shm_talk *state = talk->state;
    uint32_t number = errand_number(talk, errand);
    uint32_t *cursors[] = {&state->ask_cursor, &state->look_cursor, &state->sweep_cursor};
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        if (*cursors[i] == number)
            *cursors[i] = errand->after;
    }
    if (errand->before != 0)
        set_number(talk, &errand_at(talk, errand->before)->after, errand->after);
    else
        state->all.oldest = errand->after;
    if (errand->after != 0)
        set_number(talk, &errand_at(talk, errand->after)->before, errand->before);
    else
        state->all.newest = errand->before;
}

static void
leave_bucket(const struct talk *talk, const struct shm_errand *errand)
{
    uint32_t number = errand_number(talk, errand);
    uint32_t *at = bucket_of(talk, (enum errand_kind)errand->kind, errand_text(errand));
    while (*at != number) {
        CHECK(*at != 0);
        at = &errand_at(talk, *at)->next;
    }
    set_number(talk, at, errand->next);
}

void
errand_forget(const struct talk *talk, struct shm_errand *errand)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    leave_line(talk, errand);
    if (errand->text_length > 0)
        leave_bucket(talk, errand);
    if (errand->kind == ERRAND_DEVICE)
        leave_all(talk, errand);
    struct shm_front_places *places = &talk->front->now->errands;
    errand->kind = ERRAND_FREE;
    errand->next = places->free;
    places->free = errand_number(talk, errand);
    places->count--;
}

/* Behind what is to be forgotten already. Those in it still say where they stood. */
static void
throw_line(const struct talk *talk, enum talk_line which)
{
    struct shm_talk_line *line = &talk->state->lines[which];
    struct shm_talk_line *junk = &talk->state->lines[LINE_JUNK];
    if (line->oldest == 0)
        return;
    if (junk->newest != 0) {
        set_number(talk, &errand_at(talk, junk->newest)->newer, line->oldest);
        set_number(talk, &errand_at(talk, line->oldest)->older, junk->newest);
    } else {
        junk->oldest = line->oldest;
    }
    junk->newest = line->newest;
}

void
errand_void_all(const struct talk *talk)
{
    talk_touch(talk);
    throw_line(talk, LINE_CALL);
    throw_line(talk, LINE_STOP);
    throw_line(talk, LINE_OPEN_OTHER);
    for (uint32_t line = 0; line < TALK_LINES; line++) {
        if (line != LINE_JUNK)
            talk->state->lines[line] = (struct shm_talk_line){0, 0};
    }
    talk->state->epoch++;
    talk->state->open = 0;
    talk->state->inquiries = 0;
    talk->state->standing = talk->state->refused = talk->state->stopped = 0;
    talk->state->ask_cursor = talk->state->look_cursor = 0;
}

bool
errand_forget_junk(const struct talk *talk)
{
    struct shm_errand *errand = errand_first(talk, LINE_JUNK);
    if (errand == NULL)
        return false;
    errand_touch(talk, errand);
    errand->epoch = talk->state->epoch;
    errand->line = LINE_JUNK;
    errand_forget(talk, errand);
    return true;
}

void
errand_sent(const struct talk *talk, struct shm_errand *errand, enum errand_state state,
            uint32_t invoke)
{
    enum talk_line line = errand->kind == ERRAND_DEVICE ? LINE_OPEN : LINE_OPEN_OTHER;
    errand_move(talk, errand, line, talk->now_ms + talk->link->settings->answer_ms);
    errand->state = (uint8_t)state;
    errand->invoke = invoke;
    talk->state->open++;
}

void
errand_answered(const struct talk *talk, struct shm_errand *errand)
{
    errand_move(talk, errand, LINE_NONE, 0);
    errand->state = ERRAND_RESTS;
    DCHECK(talk->state->open > 0);
    talk->state->open--;
}
