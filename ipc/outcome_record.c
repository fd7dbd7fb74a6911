#include "ipc/outcome_record.h"

#include "base/check.h"
#include "base/hash.h"

static_assert(offsetof(struct shm_outcome, text) == 104, "bump SHM_LAYOUT_VERSION");

/* Whether the lengths are what outcome_add_text() could have left. */
static bool
texts_are_sound(const struct shm_outcome *outcome)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < sizeof(outcome->text_length); i++) {
        uint8_t length = outcome->text_length[i];
        if (length > (i < OUTCOME_TEXT_COUNT ? EVENT_TEXT_LENGTH : 0))
            return false;
        sum += length;
    }
    return sum == outcome->text_bytes;
}

bool
outcome_is_sound(const struct shm_outcome *outcome)
{
    const unsigned known_flags = OUTCOME_HAS_TIME | OUTCOME_HAS_SINCE_START |
                                 OUTCOME_HAS_SINCE_ANSWER | OUTCOME_HAS_NEW_CONN_ID;
    return outcome->event < OUTCOME_EVENT_COUNT && outcome->releasing <= RELEASING_UNKNOWN &&
           outcome->reason < REASON_COUNT && outcome->evidence < EVIDENCE_COUNT &&
           outcome->rule < RULE_COUNT && outcome->scope < RULE_COUNT &&
           outcome->cause < CAUSE_COUNT && outcome->call_type <= CALL_TYPE_CONSULT &&
           (outcome->flags & ~known_flags) == 0 && texts_are_sound(outcome);
}

struct text
outcome_text(const struct shm_outcome *outcome, enum outcome_text which)
{
    CHECK(which < OUTCOME_TEXT_COUNT);

    uint32_t length = outcome->text_length[which];
    if (length == 0)
        return TEXT_NONE;
    uint32_t start = 0;
    for (uint32_t i = 0; i < (uint32_t)which; i++)
        start += outcome->text_length[i];
    DCHECK(start + length <= outcome->text_bytes);
    return (struct text){outcome->text + start, length};
}

static int
compare(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

int
outcome_order_compare(const struct outcome_order *left, const struct outcome_order *right)
{
    int order = compare(left->decided_order, right->decided_order);
    if (order == 0)
        order = compare(left->decided_tick, right->decided_tick);
    if (order == 0)
        order = compare(left->call_order, right->call_order);
    if (order == 0)
        order = compare(left->conn_id, right->conn_id);
    if (order == 0)
        order = compare(left->position, right->position);
    return order;
}

int
outcome_compare(const struct shm_outcome *left, const struct shm_outcome *right)
{
    struct outcome_order first = outcome_order_of(left);
    struct outcome_order second = outcome_order_of(right);
    return outcome_order_compare(&first, &second);
}

const char *
outcome_event_name(uint8_t event)
{
    static const char *const names[] = {
        [OUTCOME_RELEASED] = "EventReleased",
        [OUTCOME_ABANDONED] = "EventAbandoned",
        [OUTCOME_PARTY_DELETED] = "EventCallPartyDeleted",
        [OUTCOME_CALL_DELETED] = "EventCallDeleted",
    };
    return event < OUTCOME_EVENT_COUNT ? names[event] : "?";
}

const char *
reason_name(uint8_t reason)
{
    static const char *const names[] = {
#define REASON(name, printed) [REASON_##name] = printed,
#include "ipc/reason.def"
#undef REASON
    };
    return reason < REASON_COUNT ? names[reason] : "?";
}

const char *
evidence_name(uint8_t evidence)
{
    static const char *const names[] = {
#define EVIDENCE(name, printed) [EVIDENCE_##name] = printed,
#include "ipc/evidence.def"
#undef EVIDENCE
    };
    return evidence < EVIDENCE_COUNT ? names[evidence] : "?";
}

const char *
cause_name(uint8_t cause)
{
    static const char *const names[CAUSE_COUNT] = {
        [CAUSE_ABSENT] = "",
#define CAUSE(number, name, printed) [number] = printed,
#include "ipc/cause.def"
#undef CAUSE
    };
    return cause < CAUSE_COUNT && names[cause] != NULL ? names[cause] : "?";
}

const char *
releasing_party_name(uint8_t releasing)
{
    static const char *const names[] = {
        [RELEASING_NONE] = "",
        [RELEASING_LOCAL] = "1 Local",
        [RELEASING_REMOTE] = "2 Remote",
        [RELEASING_UNKNOWN] = "3 Unknown",
    };
    return releasing <= RELEASING_UNKNOWN ? names[releasing] : "?";
}

uint64_t
outcome_checksum(const struct shm_outcome *outcome)
{
    uint32_t size = outcome_size(outcome); /* bounded here: the reader must not trust it */
    if (size > sizeof *outcome)
        return 0;
    uint64_t sum = HASH_START;
    const uint8_t *bytes = (const uint8_t *)outcome;
    uint32_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return hash_finish(hash_bytes(sum, bytes + at, size - at));
}
