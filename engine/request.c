#include "engine/request.h"

#include "base/check.h"
#include "base/hash.h"

enum {
    GIVEN_UP_AT_ONCE = 64, /* dropped by one answer; old bytes of one message are bounded */
};

void
request_table_open(struct request_table *table, struct front *front, uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= REQUESTS_MAX);
    *table = (struct request_table){.front = front, .capacity = capacity};
}

static struct shm_front_request *
request_at(const struct request_table *table, uint32_t number)
{
    return &table->front->tables->requests[number];
}

/* A number somewhere in the tables is about to be this one. */
static void
set_number(const struct request_table *table, uint32_t *at, uint32_t number)
{
    front_touch(table->front, at, sizeof *at);
    *at = number;
}

static uint32_t *
bucket_of(const struct request_table *table, uint16_t link, struct text invoke)
{
    return &table->front->tables->request_buckets[hash_text(link, invoke) % REQUESTS_MAX];
}

static struct text
invoke_of(const struct shm_front_request *request)
{
    return (struct text){request->invoke, request->invoke_length};
}

/* Who changes it touches it. The line of all requests stands in the cursors. */
static struct shm_front_line *
line_of_kind(const struct request_table *table, uint16_t link, uint32_t kind)
{
    return &table->front->tables->request_lines[(size_t)link * REQUEST_KINDS + kind];
}

static void
line_append(const struct request_table *table, struct shm_front_line *line,
            enum request_line_kind which, uint32_t number)
{
    request_at(table, number)->in[which] = (struct shm_front_neighbours){.older = line->newest};
    if (line->newest != 0)
        set_number(table, &request_at(table, line->newest)->in[which].newer, number);
    else
        line->oldest = number;
    line->newest = number;
}

static void
line_remove(const struct request_table *table, struct shm_front_line *line,
            enum request_line_kind which, uint32_t number)
{
    struct shm_front_neighbours of = request_at(table, number)->in[which];
    if (of.older != 0)
        set_number(table, &request_at(table, of.older)->in[which].newer, of.newer);
    else
        line->oldest = of.newer;
    if (of.newer != 0)
        set_number(table, &request_at(table, of.newer)->in[which].older, of.older);
    else
        line->newest = of.older;
}

static void
drop(const struct request_table *table, uint32_t number)
{
    struct shm_front_cursors *now = table->front->now;
    struct shm_front_request *request = request_at(table, number);
    if (request->invoke_length > 0) {
        uint32_t *at = bucket_of(table, request->link, invoke_of(request));
        while (*at != number)
            at = &request_at(table, *at)->next;
        set_number(table, at, request->next);
    }
    struct shm_front_line *line = line_of_kind(table, request->link, request->kind);
    front_touch(table->front, line, sizeof *line);
    line_remove(table, line, REQUEST_LINE_KIND, number);
    line_remove(table, &now->all_requests, REQUEST_LINE_ALL, number);
    set_number(table, &request->next, now->requests.free);
    now->requests.free = number;
}

/* The open request with that ID, or 0. */
static uint32_t
find_invoke(const struct request_table *table, uint16_t link, struct text invoke)
{
    uint32_t number = *bucket_of(table, link, invoke);
    while (number != 0) {
        const struct shm_front_request *request = request_at(table, number);
        if (request->link == link && text_is_equal(invoke_of(request), invoke))
            break;
        number = request->next;
    }
    return number;
}

bool
request_waits(const struct request_table *table, uint16_t link, struct text invoke)
{
    return find_invoke(table, link, invoke) != 0;
}

static uint32_t
take_free(const struct request_table *table)
{
    struct shm_front_cursors *now = table->front->now;
    if (now->requests.free == 0 && now->requests.used == table->capacity)
        drop(table, now->all_requests.oldest);
    if (now->requests.free == 0)
        return ++now->requests.used;
    uint32_t number = now->requests.free;
    now->requests.free = request_at(table, number)->next;
    return number;
}

struct shm_front_request *
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
    struct shm_front_request *request = request_at(table, number);
    front_touch(table->front, request, sizeof *request);
    *request = (struct shm_front_request){
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
        set_number(table, bucket, number);
    }
    struct shm_front_line *line = line_of_kind(table, sent->link, sent->kind);
    front_touch(table->front, line, sizeof *line);
    line_append(table, line, REQUEST_LINE_KIND, number);
    line_append(table, &table->front->now->all_requests, REQUEST_LINE_ALL, number);
    return request;
}

/* Nobody waits for the answer any more, and without an ID it could be taken for another's. */
static bool
is_given_up(const struct shm_front_request *request, const struct request_query *answer)
{
    bool clears = request->kind == REQUEST_CLEAR_CONNECTION || request->kind == REQUEST_CLEAR_CALL;
    return clears && request->invoke_length == 0 && answer->now_ms > request->sent_ms &&
           answer->now_ms - request->sent_ms > answer->timeout_ms;
}

/* The oldest open request of a kind that still waits, or 0. Those before it leave, by and by. */
static uint32_t
find_oldest(const struct request_table *table, const struct request_query *answer, uint32_t kind)
{
    uint32_t dropped = 0;
    uint32_t number = line_of_kind(table, answer->link, kind)->oldest;
    while (number != 0 && is_given_up(request_at(table, number), answer)) {
        uint32_t newer = request_at(table, number)->in[REQUEST_LINE_KIND].newer;
        if (dropped++ < GIVEN_UP_AT_ONCE)
            drop(table, number);
        number = newer;
    }
    return number;
}

static uint32_t
find_oldest_of_any(const struct request_table *table, const struct request_query *answer)
{
    uint32_t oldest = 0;
    for (uint32_t kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        uint32_t number = find_oldest(table, answer, kind);
        if (number != 0 &&
            (oldest == 0 || request_at(table, number)->order < request_at(table, oldest)->order))
            oldest = number;
    }
    return oldest;
}

bool
request_take(struct request_table *table, const struct request_query *answer,
             struct shm_front_request *request)
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
    if (answer->kind != REQUEST_KIND_COUNT && request_at(table, number)->kind != answer->kind)
        return false;
    *request = *request_at(table, number);
    drop(table, number);
    return true;
}
