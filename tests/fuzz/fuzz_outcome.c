/*
 * Arbitrary bytes as an outcome: refused, or the merge and both sinks take it, keep to their
 * bounds, and the JSON line is one JSON object.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "engine/merge.h"
#include "engine/sink/sink.h"
#include "tests/unit/json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Raw fuzz bytes rarely add up: from here on lengths and enums are made to fit, one bit of the
 * input deciding which, so that what lies behind outcome_is_sound() is reached as well. */
static void
make_plausible(struct shm_outcome *outcome)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < sizeof outcome->text_length; i++) {
        outcome->text_length[i] %= EVENT_TEXT_LENGTH + 1;
        if (i >= OUTCOME_TEXT_COUNT)
            outcome->text_length[i] = 0;
        sum += outcome->text_length[i];
    }
    outcome->text_bytes = (uint16_t)sum;
    outcome->event %= OUTCOME_EVENT_COUNT;
    outcome->releasing %= RELEASING_UNKNOWN + 1;
    outcome->reason %= REASON_COUNT;
    outcome->evidence %= EVIDENCE_COUNT;
    outcome->cause %= CAUSE_COUNT;
    outcome->call_type %= CALL_TYPE_CONSULT + 1;
    outcome->flags &= 15;
}

static void
check_line(const struct shm_outcome *outcome)
{
    static char line[SINK_BYTES_MAX];
    uint32_t length = jsonl_line(line, outcome);
    CHECK(length <= SINK_BYTES_MAX);
    CHECK(json_check_line(line, length));
}

static void
check_table(const struct shm_outcome *outcome, uint32_t columns)
{
    static struct sink sink;
    static char rows[SINK_BYTES_MAX];
    static struct shm_sink_state state;
    memset(&state, 0, sizeof state);
    sink_init(&sink, FORMAT_TEXT, &(struct sink_look){.columns = columns}, &state);
    CHECK(sink_begin(&sink, rows) <= SINK_BYTES_MAX);
    uint32_t length = sink_row(&sink, rows, outcome, 0);
    length += sink_end(&sink, rows + length, 0);
    CHECK(length <= SINK_BYTES_MAX);
    for (uint32_t i = 0; i < length; i++)
        CHECK(rows[i] == '\n' || ((uint8_t)rows[i] >= 0x20 && rows[i] != 0x7f));
}

static void
check_merge(const struct shm_outcome *outcome)
{
    static struct merge merge;
    uint32_t worker;
    static struct shm_outbox_slot slots[2];
    struct ring_spsc outbox = {.slots = (uint8_t *)slots, .mask = 1, .slot_size = sizeof slots[0]};
    slots[0].outcome = slots[1].outcome = *outcome;
    merge_init(&merge, 2);
    merge_open(&merge, 0, &outbox, 0, 0);
    merge_open(&merge, 1, &outbox, 0, 1);
    merge_add(&merge, 1);
    merge_prove(&merge, 0, UINT64_MAX);
    for (int i = 0; i < 2; i++, merge_pop(&merge)) {
        const struct shm_outcome *next = merge_next(&merge, &worker);
        CHECK(next != NULL);
        CHECK(memcmp(next, outcome, outcome_size(outcome)) == 0);
    }
    CHECK(merge_is_empty(&merge));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shm_outcome outcome;
    if (size < 1)
        return 0;
    size_t length = size - 1 < sizeof outcome ? size - 1 : sizeof outcome;
    memset(&outcome, 0, sizeof outcome);
    memcpy(&outcome, data + 1, length);
    if (data[0] & 1)
        make_plausible(&outcome);
    if (!outcome_is_sound(&outcome))
        return 0;
    check_line(&outcome);
    check_table(&outcome, data[0]);
    check_merge(&outcome);
    return 0;
}
