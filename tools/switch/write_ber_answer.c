#include <string.h>

#include "tools/switch/ber.h"

static void
put_device_item(struct ber *ber, const struct snapshot_item *item)
{
    size_t begin = ber_open(ber, 0x30);
    if (ber->phase < 3)
        ber_put_device(ber, 3, item->device->number);
    ber_put_connection(ber, item->serial, item->device);
    size_t state = ber->phase == 3 ? ber_open(ber, 0xa0) : 0;
    ber_put_number(ber, 0x4e, item->state);
    if (ber->phase == 3)
        ber_close(ber, state);
    ber_close(ber, begin);
}

static void
put_call_item(struct ber *ber, const struct snapshot_item *item)
{
    size_t begin = ber_open(ber, 0x30);
    ber_put_device(ber, 3, item->device->number);
    ber_put_connection(ber, item->serial, item->device);
    ber_put_number(ber, 0x4e, item->state);
    ber_close(ber, begin);
}

static void
put_snapshot(struct ber *ber, const struct answer *answer)
{
    size_t outer = ber->phase == 3 ? ber_open(ber, 0x30) : 0;
    if (answer->is_segmented) {
        ber_put_four(ber, 0x5f, answer->cross_ref);
    } else {
        size_t list = ber_open(ber, answer->by_call ? 0x77 : 0x76);
        for (uint32_t i = 0; i < answer->item_count; i++) {
            if (answer->by_call)
                put_call_item(ber, &answer->items[i]);
            else
                put_device_item(ber, &answer->items[i]);
        }
        ber_close(ber, list);
    }
    if (ber->phase == 3)
        ber_close(ber, outer);
}

static uint32_t
status_number(enum system_status status)
{
    static const uint8_t numbers[] = {
        [STATUS_ABSENT] = 2,          [STATUS_INITIALIZING] = 0,  [STATUS_ENABLED] = 1,
        [STATUS_NORMAL] = 2,          [STATUS_MESSAGES_LOST] = 3, [STATUS_DISABLED] = 4,
        [STATUS_PARTIAL_OVERLOAD] = 6};
    return numbers[status];
}

static void
put_status(struct ber *ber, enum system_status status)
{
    size_t begin = ber->phase == 3 ? ber_open(ber, 0x30) : 0;
    ber_put_number(ber, 0x0a, status_number(status));
    if (ber->phase == 3)
        ber_close(ber, begin);
}

static size_t
put_head(struct ber *ber, unsigned tag, uint32_t invoke)
{
    size_t begin = ber_open(ber, tag);
    ber_put_number(ber, 0x02, invoke);
    return begin;
}

/* universalFailure; in phases I and II the tags count from one more, and there is no security. */
static size_t
write_refusal(struct ber *ber, const struct answer *answer)
{
    static const struct {
        uint8_t early, three, value;
    } codes[] = {
        [REFUSAL_OBJECT] = {0x81, 0xa0, 12},    [REFUSAL_CALL] = {0x81, 0xa0, 11},
        [REFUSAL_CONNECTION] = {0x82, 0xa2, 7}, [REFUSAL_STATE] = {0x82, 0xa2, 1},
        [REFUSAL_LIMIT] = {0x84, 0xa4, 2},      [REFUSAL_BUSY] = {0x83, 0xa3, 2},
        [REFUSAL_SECURITY] = {0x81, 0xa1, 1},
    };
    size_t pdu = put_head(ber, 0xa3, answer->invoke);
    ber_put_number(ber, 0x02, 1);
    if (ber->phase == 3) {
        size_t choice = ber_open(ber, codes[answer->refusal].three);
        ber_put_number(ber, 0x0a, codes[answer->refusal].value);
        ber_close(ber, choice);
    } else {
        ber_put_number(ber, codes[answer->refusal].early, codes[answer->refusal].value);
    }
    ber_close(ber, pdu);
    return (size_t)(ber->at - ber->start);
}

/* AARE: the application context of CSTA, the result, the version of the phase that is spoken. */
static size_t
write_association(struct ber *ber, bool accepts)
{
    static const uint8_t context[] = {0x06, 0x05, 0x2b, 0x0c, 0x00, 0x81, 0x34};
    static const uint8_t information[] = {0x06, 0x07, 0x2b, 0x0c, 0x00, 0x81, 0x5a, 0x81, 0x48};
    static const uint8_t versions[3][2] = {{0x07, 0x80}, {0x06, 0x40}, {0x05, 0x20}};
    static const uint8_t protocol[] = {0x07, 0x80};
    size_t pdu = ber_open(ber, 0x61);
    ber_put_octets(ber, 0x80, protocol, sizeof protocol);
    ber_put_octets(ber, 0xa1, context, sizeof context);
    size_t begin = ber_open(ber, 0xa2);
    ber_put_number(ber, 0x02, !accepts);
    ber_close(ber, begin);
    begin = ber_open(ber, 0xa3);
    size_t inner = ber_open(ber, 0xa1);
    ber_put_number(ber, 0x02, !accepts);
    ber_close(ber, inner);
    ber_close(ber, begin);
    begin = ber_open(ber, 0xbe);
    inner = ber_open(ber, 0x28);
    memcpy(ber->at, information, sizeof information);
    ber->at += sizeof information;
    size_t single = ber_open(ber, 0xa0), list = ber_open(ber, 0x30);
    ber_put_octets(ber, 0x03, versions[ber->phase - 1], 2);
    ber_close(ber, list);
    ber_close(ber, single);
    ber_close(ber, inner);
    ber_close(ber, begin);
    ber_close(ber, pdu);
    return (size_t)(ber->at - ber->start);
}

/* Operation value of what is answered; 0: BER has no such answer. */
static uint32_t
operation_of(const struct ber *ber, enum answer_kind kind)
{
    static const uint8_t operations[] = {
        [ANSWER_MONITOR_START] = 71,    [ANSWER_MONITOR_STOP] = 73,
        [ANSWER_CLEAR_CONNECTION] = 5,  [ANSWER_CLEAR_CALL] = 4,
        [ANSWER_SNAPSHOT_DEVICE] = 74,  [ANSWER_SNAPSHOT_CALL] = 75,
        [ANSWER_SYSTEM_STATUS] = 211,   [ANSWER_REQUEST_SYSTEM_STATUS] = 210,
        [ANSWER_SYSTEM_REGISTER] = 207, [ASK_SYSTEM_STATUS] = 211,
        [ASK_MONITOR_STOP] = 73,        [ACSE_ABORT] = 0};
    return operations[kind] == 211 && ber->phase < 3 ? 52 : operations[kind];
}

static void
put_cross_ref(struct ber *ber, uint32_t cross_ref, bool in_sequence)
{
    size_t begin = in_sequence ? ber_open(ber, 0x30) : 0;
    ber_put_four(ber, 0x55, cross_ref);
    if (in_sequence)
        ber_close(ber, begin);
}

static void
put_result(struct ber *ber, const struct answer *answer)
{
    size_t begin;
    switch ((int)answer->kind) {
    case ANSWER_MONITOR_START:
        begin = ber_open(ber, 0x30);
        ber_put_four(ber, 0x55, answer->cross_ref);
        if (ber->phase == 3 && !answer->existing)
            ber_put_octets(ber, 0x01, "", 1);
        ber_close(ber, begin);
        break;
    case ANSWER_SNAPSHOT_DEVICE:
    case ANSWER_SNAPSHOT_CALL:
        put_snapshot(ber, answer);
        break;
    case ANSWER_REQUEST_SYSTEM_STATUS:
        put_status(ber, answer->status);
        break;
    case ANSWER_SYSTEM_REGISTER:
        begin = ber_open(ber, 0x30);
        ber_put_four(ber, 0x04, answer->cross_ref);
        ber_close(ber, begin);
        break;
    default:
        ber_put_empty(ber, 0x05);
        break;
    }
}

static size_t
write_operation(struct ber *ber, const struct answer *answer, uint32_t operation)
{
    bool asks = answer->kind == ASK_SYSTEM_STATUS || answer->kind == ASK_MONITOR_STOP;
    size_t pdu = put_head(ber, asks ? 0xa1 : 0xa2, answer->invoke);
    size_t body = asks ? 0 : ber_open(ber, 0x30);
    ber_put_number(ber, 0x02, operation);
    if (answer->kind == ASK_SYSTEM_STATUS)
        put_status(ber, answer->status);
    else if (answer->kind == ASK_MONITOR_STOP)
        put_cross_ref(ber, answer->cross_ref, ber->phase == 3);
    else
        put_result(ber, answer);
    if (!asks)
        ber_close(ber, body);
    ber_close(ber, pdu);
    return (size_t)(ber->at - ber->start);
}

size_t
write_ber_answer(char out[WRITE_MAX], const struct pbx *pbx, const struct answer *answer)
{
    struct ber ber = ber_begin(out, pbx);
    if (answer->kind == ANSWER_REFUSAL)
        return write_refusal(&ber, answer);
    if (answer->kind == ACSE_ACCEPT || answer->kind == ACSE_REFUSE)
        return write_association(&ber, answer->kind == ACSE_ACCEPT);
    if (answer->kind == ACSE_RELEASED || answer->kind == ACSE_ABORT) {
        size_t pdu = ber_open(&ber, answer->kind == ACSE_RELEASED ? 0x63 : 0x64);
        ber_put_number(&ber, 0x80, answer->kind == ACSE_ABORT);
        ber_close(&ber, pdu);
        return (size_t)(ber.at - ber.start);
    }
    uint32_t operation = operation_of(&ber, answer->kind);
    return operation == 0 ? 0 : write_operation(&ber, answer, operation);
}
