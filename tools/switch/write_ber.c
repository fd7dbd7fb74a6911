#include "tools/switch/ber.h"

static const char *
number_of(const struct pbx_device *device)
{
    return device == NULL ? NULL : device->number;
}

/* ---- events --------------------------------------------------------------------------------- */

static void
put_sides(struct ber *ber, const struct telling *telling)
{
    ber_put_device(ber, 1, number_of(telling->call->caller));
    ber_put_device(ber, 2, telling->call->called);
    ber_put_device(ber, 4, number_of(telling->redirected));
}

static void
put_item(struct ber *ber, const struct telling *telling, const struct joined *joined)
{
    if (ber->phase == 1) {
        ber_put_connection(ber, telling->result, joined->device);
        return;
    }
    if (ber->phase == 2) {
        size_t choice = ber_open(ber, 0xa3), both = ber_open(ber, 0x30);
        ber_put_connection(ber, telling->result, joined->device);
        ber_put_device_id(ber, joined->device->number);
        ber_close(ber, both);
        ber_close(ber, choice);
        return;
    }
    size_t item = ber_open(ber, 0x30), part = ber_open(ber, 0xa0);
    ber_put_connection(ber, telling->result, joined->device);
    ber_close(ber, part);
    part = ber_open(ber, 0xa1);
    ber_put_connection(ber, joined->old_serial, joined->device);
    ber_close(ber, part);
    part = ber_open(ber, 0xa2);
    ber_put_device_id(ber, joined->device->number);
    ber_close(ber, part);
    ber_close(ber, item);
}

/* Transferred of phase III has its old call and its list under tags of their own. */
static void
put_join(struct ber *ber, const struct telling *telling)
{
    bool is_tagged = ber->phase == 3 && telling->event == SAID_TRANSFERRED;
    ber_put_connection(ber, telling->primary, telling->subject);
    if (telling->secondary != 0) {
        uint8_t *at = ber->at;
        ber_put_connection(ber, telling->secondary, telling->subject);
        if (is_tagged)
            *at = 0xa0;
    }
    ber_put_device(ber, 3, number_of(telling->subject));
    ber_put_device(ber, 3, number_of(telling->target));
    size_t list = ber_open(ber, ber->phase == 1 ? 0x6c : is_tagged ? 0xa1 : 0x30);
    for (uint32_t i = 0; i < telling->joined_count; i++)
        put_item(ber, telling, &telling->joined[i]);
    ber_close(ber, list);
}

static void
put_body(struct ber *ber, const struct telling *telling)
{
    const char *subject = number_of(telling->subject);
    switch (telling->event) {
    case SAID_INITIATED:
        if (ber->phase == 3)
            ber_put_device(ber, 3, subject);
        break;
    case SAID_ORIGINATED:
        ber_put_device(ber, ber->phase == 2 ? 1 : 3, subject);
        ber_put_device(ber, 2, telling->call->called);
        break;
    case SAID_DELIVERED:
    case SAID_ESTABLISHED:
    case SAID_QUEUED:
        ber_put_device(ber, 3, subject);
        put_sides(ber, telling);
        break;
    case SAID_HELD:
    case SAID_RETRIEVED:
        ber_put_device(ber, 3, subject);
        break;
    case SAID_DIVERTED:
        ber_put_device(ber, 3, subject);
        ber_put_device(ber, ber->phase == 1 ? 2 : 3, number_of(telling->target));
        if (ber->phase == 3)
            ber_put_device(ber, 4, NULL);
        break;
    case SAID_FAILED:
    case SAID_REACHED:
        ber_put_device(ber, 3, telling->event == SAID_FAILED ? subject : NULL);
        if (ber->phase == 3)
            put_sides(ber, telling);
        else
            ber_put_device(ber, 2, telling->call->called);
        break;
    case SAID_CLEARED:
        ber_put_device(ber, 3, number_of(telling->named));
        break;
    case SAID_CONFERENCED:
    case SAID_TRANSFERRED:
    case SAID_CALL_CLEARED:
    case SAID_NAMES:
        break;
    }
}

static void
put_event(struct ber *ber, const struct event_copy *copy)
{
    const struct telling *telling = copy->telling;
    if (telling->event == SAID_CONFERENCED || telling->event == SAID_TRANSFERRED) {
        put_join(ber, telling);
    } else {
        ber_put_connection(ber, telling->call->serial,
                           telling->event == SAID_CALL_CLEARED ? NULL : telling->subject);
        put_body(ber, telling);
    }
    if (copy->state_name != NULL)
        ber_put_number(ber, 0x4e, copy->state);
    if (telling->cause != NULL)
        ber_put_number(ber, 0x0a, cause_number(telling->cause));
}

size_t
write_ber_event(char out[WRITE_MAX], const struct pbx *pbx, const struct event_copy *copy,
                uint32_t invoke)
{
    struct ber ber = ber_begin(out, pbx);
    uint32_t number = event_shapes[copy->telling->event].number[ber.phase - 1];
    size_t pdu = ber_open(&ber, 0xa1);
    ber_put_number(&ber, 0x02, invoke);
    ber_put_number(&ber, 0x02, 21);
    size_t report = ber_open(&ber, 0x30);
    ber_put_four(&ber, 0x55, copy->cross_ref);
    size_t outer = 0, event;
    if (ber.phase == 1) {
        ber_put_number(&ber, 0x80, number);
        event = ber_open(&ber, 0x30);
    } else {
        outer = ber_open(&ber, 0xa0);
        event = ber_open(&ber, 0xa0 + number);
    }
    size_t inner = ber.phase == 2 ? ber_open(&ber, 0x30) : 0;
    put_event(&ber, copy);
    if (ber.phase == 2)
        ber_close(&ber, inner);
    ber_close(&ber, event);
    if (ber.phase != 1)
        ber_close(&ber, outer);
    ber_close(&ber, report);
    ber_close(&ber, pdu);
    return (size_t)(ber.at - ber.start);
}
