#include "tools/switch/pbx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

const char *
state_name(enum connection_state state)
{
    static const char *const names[] = {"null", "initiated", "alerting", "connected",
                                        "hold", "queued",    "fail"};
    return names[state];
}

/* ---- devices -------------------------------------------------------------------------------- */

static bool
open_pool(struct pbx *pbx, enum device_kind kind, uint32_t count, uint64_t first)
{
    struct device_pool *pool = &pbx->pools[kind];
    pool->devices = calloc(count, sizeof *pool->devices);
    pool->free = calloc(count, sizeof *pool->free);
    if (pool->devices == NULL || pool->free == NULL)
        return false;
    pool->count = pool->free_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct pbx_device *device = &pool->devices[i];
        device->kind = kind;
        device->at = device->free = pool->free[i] = i;
        snprintf(device->number, sizeof device->number, "%" PRIu64, first + i);
    }
    return true;
}

bool
pbx_open(struct pbx *pbx, uint32_t agents)
{
    uint32_t outside = agents * 2 + 64;
    pbx->call_capacity = 1024;
    while (pbx->call_capacity < agents * 4)
        pbx->call_capacity *= 2;
    pbx->calls = calloc(pbx->call_capacity, sizeof *pbx->calls);
    pbx->next_serial = 1000;
    pbx->next_cross_ref = 1;
    return pbx->calls != NULL && open_pool(pbx, DEVICE_AGENT, agents, pbx->first_number) &&
           open_pool(pbx, DEVICE_QUEUE, PBX_QUEUES, pbx->first_number - 1 + PBX_FIRST_QUEUE) &&
           open_pool(pbx, DEVICE_ROUTE_POINT, PBX_ROUTE_POINTS,
                     pbx->first_number - 1 + PBX_FIRST_ROUTE_POINT) &&
           open_pool(pbx, DEVICE_OUTSIDE, outside,
                     UINT64_C(498900000000) + pbx->number * UINT64_C(10000000));
}

void
pbx_close(struct pbx *pbx)
{
    for (int kind = 0; kind < DEVICE_KINDS; kind++) {
        free(pbx->pools[kind].devices);
        free(pbx->pools[kind].free);
    }
    free(pbx->calls);
    pbx->calls = NULL;
}

static bool
is_shared(enum device_kind kind)
{
    return kind == DEVICE_QUEUE || kind == DEVICE_ROUTE_POINT;
}

struct pbx_device *
pbx_cast(struct pbx *pbx, enum device_kind kind)
{
    struct device_pool *pool = &pbx->pools[kind];
    if (pool->free_count == 0)
        return NULL;
    uint32_t place = random_below(&pbx->random, pool->free_count);
    struct pbx_device *device = &pool->devices[pool->free[place]];
    if (is_shared(kind))
        return device;
    uint32_t last = pool->free[--pool->free_count];
    pool->free[place] = last;
    pool->devices[last].free = place;
    device->free = UINT32_MAX;
    return device;
}

void
pbx_give_back(struct pbx *pbx, struct pbx_device *device)
{
    struct device_pool *pool = &pbx->pools[device->kind];
    if (is_shared(device->kind) || device->free != UINT32_MAX)
        return;
    device->free = pool->free_count;
    pool->free[pool->free_count++] = device->at;
}

static struct pbx_device *
device_at(struct pbx *pbx, enum device_kind kind, uint64_t number, uint64_t first)
{
    struct device_pool *pool = &pbx->pools[kind];
    return number >= first && number - first < pool->count ? &pool->devices[number - first] : NULL;
}

/* Digits as they stand; N<...>, tel: and what follows ; : or ! are the forms profiles write. */
struct pbx_device *
pbx_find(struct pbx *pbx, const char *number, size_t length)
{
    uint64_t value = 0;
    uint32_t digits = 0;
    uint64_t first = pbx->first_number;
    if (length > 2 && number[0] == 'N' && number[1] == '<') {
        number += 2;
        length -= 2;
    } else if (length > 4 && memcmp(number, "tel:", 4) == 0) {
        number += 4;
        length -= 4;
    }
    while (digits < length && digits < 18 && number[digits] >= '0' && number[digits] <= '9')
        value = value * 10 + (uint64_t)(number[digits++] - '0');
    if (digits == 0 || (digits < length && strchr(">;:!", number[digits]) == NULL))
        return NULL;
    struct pbx_device *device = device_at(pbx, DEVICE_AGENT, value, first);
    if (device == NULL)
        device = device_at(pbx, DEVICE_QUEUE, value, first - 1 + PBX_FIRST_QUEUE);
    if (device == NULL)
        device = device_at(pbx, DEVICE_ROUTE_POINT, value, first - 1 + PBX_FIRST_ROUTE_POINT);
    return device;
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct call *
pbx_call(struct pbx *pbx, uint64_t serial)
{
    struct call *call = &pbx->calls[serial % pbx->call_capacity];
    return call->serial == serial && serial != 0 ? call : NULL;
}

struct call *
pbx_new_call(struct pbx *pbx, struct scene *scene)
{
    if (pbx->live >= pbx->call_capacity / 2)
        return NULL;
    while (pbx->calls[pbx->next_serial % pbx->call_capacity].serial != 0)
        pbx->next_serial++;
    struct call *call = &pbx->calls[pbx->next_serial % pbx->call_capacity];
    *call = (struct call){.pbx = pbx, .serial = pbx->next_serial++, .scene = scene};
    pbx->live++;
    return call;
}

void
pbx_call_text(const struct pbx *pbx, uint64_t serial, char text[CALL_TEXT_SIZE])
{
    if (pbx->encoding == ENCODING_XML)
        snprintf(text, CALL_TEXT_SIZE, "%" PRIu64, serial);
    else
        snprintf(text, CALL_TEXT_SIZE, "%08" PRIX32, (uint32_t)serial);
}

struct call *
pbx_find_call(struct pbx *pbx, struct text id)
{
    char text[CALL_TEXT_SIZE], *end;
    if (id.length == 0 || id.length >= sizeof text)
        return NULL;
    memcpy(text, id.at, id.length);
    text[id.length] = '\0';
    uint64_t serial = strtoull(text, &end, pbx->encoding == ENCODING_XML ? 10 : 16);
    return *end == '\0' ? pbx_call(pbx, serial) : NULL;
}

struct pbx_party *
pbx_party_of(struct call *call, const struct pbx_device *device)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].device == device)
            return &call->parties[i];
    return NULL;
}

struct pbx_party *
pbx_enter(struct call *call, struct pbx_device *device, enum connection_state state)
{
    struct pbx_party *party = pbx_party_of(call, device);
    if (party == NULL) {
        if (call->party_count == PBX_PARTIES_MAX)
            return NULL;
        party = &call->parties[call->party_count++];
        party->device = device;
    }
    party->state = state;
    return party;
}

uint32_t
pbx_live_parties(const struct call *call)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < call->party_count; i++)
        live += call->parties[i].state != STATE_NULL;
    return live;
}
