#include "engine/request.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

bool
request_table_open(struct request_table *table, uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= REQUESTS_MAX);
    uint32_t buckets = 2;
    while (buckets < capacity)
        buckets *= 2;
    *table = (struct request_table){
        .requests = calloc((size_t)capacity + 1, sizeof *table->requests),
        .buckets = calloc(buckets, sizeof *table->buckets),
        .bucket_mask = buckets - 1,
        .capacity = capacity,
        .lines = calloc((size_t)LINKS_MAX * REQUEST_KIND_COUNT, sizeof *table->lines),
    };
    if (table->requests != NULL && table->buckets != NULL && table->lines != NULL)
        return true;
    request_table_close(table);
    return false;
}

void
request_table_close(struct request_table *table)
{
    free(table->requests);
    free(table->buckets);
    free(table->lines);
    *table = (struct request_table){.used = 0};
}

static uint32_t *
bucket_of(struct request_table *table, uint16_t link, struct text invoke)
{
    return &table->buckets[hash_text(link, invoke) & table->bucket_mask];
}

static struct text
invoke_of(const struct request *request)
{
    return (struct text){request->invoke, request->invoke_length};
}

static struct request_line *
line_of_kind(struct request_table *table, uint16_t link, uint32_t kind)
{
    return &table->lines[(size_t)link * REQUEST_KIND_COUNT + kind];
}

static void
line_append(struct request_table *table, struct request_line *line, enum request_line_kind which,
            uint32_t number)
{
    table->requests[number].in[which] = (struct request_neighbours){.older = line->newest};
    if (line->newest != 0)
        table->requests[line->newest].in[which].newer = number;
    else
        line->oldest = number;
    line->newest = number;
}

static void
line_remove(struct request_table *table, struct request_line *line, enum request_line_kind which,
            uint32_t number)
{
    struct request_neighbours of = table->requests[number].in[which];
    if (of.older != 0)
        table->requests[of.older].in[which].newer = of.newer;
    else
        line->oldest = of.newer;
    if (of.newer != 0)
        table->requests[of.newer].in[which].older = of.older;
    else
        line->newest = of.older;
}

static void
drop(struct request_table *table, uint32_t number)
{
    struct request *request = &table->requests[number];
    if (request->invoke_length > 0) {
        uint32_t *at = bucket_of(table, request->link, invoke_of(request));
        while (*at != number)
            at = &table->requests[*at].next;
        *at = request->next;
    }
    struct request_line *line = line_of_kind(table, request->link, request->kind);
    line_remove(table, line, REQUEST_LINE_KIND, number);
    line_remove(table, &table->all, REQUEST_LINE_ALL, number);
    request->next = table->free;
    table->free = number;
}

/* The open request with that ID, or 0. */
static uint32_t
find_invoke(struct request_table *table, uint16_t link, struct text invoke)
{
    uint32_t number = *bucket_of(table, link, invoke);
    while (number != 0) {
        const struct request *request = &table->requests[number];
        if (request->link == link && text_is_equal(invoke_of(request), invoke))
            break;
        number = request->next;
    }
    return number;
}

static uint32_t
take_free(struct request_table *table)
{
    if (table->free == 0 && table->used == table->capacity)
        drop(table, table->all.oldest);
    if (table->free == 0)
        return ++table->used;
    uint32_t number = table->free;
    table->free = table->requests[number].next;
    return number;
}

struct request *
request_put(struct request_table *table, const struct request_query *sent, uint64_t order)
{
    CHECK(sent->kind < REQUEST_KIND_COUNT);
    CHECK(sent->invoke.length <= REQUEST_INVOKE_LENGTH);
    if (sent->invoke.length > 0) {
        uint32_t older = find_invoke(table, sent->link, sent->invoke);
        if (older != 0)
            drop(table, older);
    }
    uint32_t number = take_free(table);
    struct request *request = &table->requests[number];
    *request = (struct request){
        .order = order,
        .sent_ms = sent->now_ms,
        .link = sent->link,
        .kind = (uint8_t)sent->kind,
        .invoke_length = (uint8_t)sent->invoke.length,
    };
    if (sent->invoke.length > 0) {
        memcpy(request->invoke, sent->invoke.at, sent->invoke.length);
        uint32_t *bucket = bucket_of(table, sent->link, sent->invoke);
        request->next = *bucket;
        *bucket = number;
    }
    line_append(table, line_of_kind(table, sent->link, sent->kind), REQUEST_LINE_KIND, number);
    line_append(table, &table->all, REQUEST_LINE_ALL, number);
    return request;
}

/* Nobody waits for the answer any more, and without an ID it could be taken for another's. */
static bool
is_given_up(const struct request *request, const struct request_query *answer)
{
    bool clears = request->kind == REQUEST_CLEAR_CONNECTION || request->kind == REQUEST_CLEAR_CALL;
    return clears && request->invoke_length == 0 && answer->now_ms > request->sent_ms &&
           answer->now_ms - request->sent_ms > answer->timeout_ms;
}

/* The oldest open request of a kind that still waits, or 0. */
static uint32_t
find_oldest(struct request_table *table, const struct request_query *answer, uint32_t kind)
{
    uint32_t number = line_of_kind(table, answer->link, kind)->oldest;
    while (number != 0 && is_given_up(&table->requests[number], answer)) {
        uint32_t newer = table->requests[number].in[REQUEST_LINE_KIND].newer;
        drop(table, number);
        number = newer;
    }
    return number;
}

static uint32_t
find_oldest_of_any(struct request_table *table, const struct request_query *answer)
{
    uint32_t oldest = 0;
    for (uint32_t kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        uint32_t number = find_oldest(table, answer, kind);
        if (number != 0 &&
            (oldest == 0 || table->requests[number].order < table->requests[oldest].order))
            oldest = number;
    }
    return oldest;
}

bool
request_take(struct request_table *table, const struct request_query *answer,
             struct request *request)
{
    uint32_t number;
    if (answer->invoke.length > 0)
        number = find_invoke(table, answer->link, answer->invoke);
    else if (answer->kind == REQUEST_KIND_COUNT)
        number = find_oldest_of_any(table, answer);
    else
        number = find_oldest(table, answer, answer->kind);
    if (number == 0)
        return false;
    if (answer->kind != REQUEST_KIND_COUNT && table->requests[number].kind != answer->kind)
        return false;
    *request = table->requests[number];
    drop(table, number);
    return true;
}
