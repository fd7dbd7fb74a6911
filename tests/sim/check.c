/*
 * tests/sim/check.c - `sim_check TRUTH OUTCOMES.jsonl`: what the program said against what was
 * true and what could be known (README.md). Exit 0: nothing wrong; 1: violations; 2: usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "tools/switch/outcome_line.h"
#include "tests/sim/truth_file.h"

enum violation {
    VIOLATION_MALFORMED,
    VIOLATION_UNKNOWN_CALL,
    VIOLATION_FALSE_ATTRIBUTION,
    VIOLATION_MISSED_EVIDENCE,
    VIOLATION_BEYOND_EVIDENCE,
    VIOLATION_MISSING,
    VIOLATION_DOUBLED,
    VIOLATION_WRONG_EVENT,
    VIOLATION_WRONG_DETAIL,
    VIOLATION_CONTRADICTION,
    VIOLATION_COUNT,
};

static const char *const violation_names[VIOLATION_COUNT] = {
    [VIOLATION_MALFORMED] = "malformed line",
    [VIOLATION_UNKNOWN_CALL] = "call that never was",
    [VIOLATION_FALSE_ATTRIBUTION] = "false attribution",
    [VIOLATION_MISSED_EVIDENCE] = "evidence was there, said unknown",
    [VIOLATION_BEYOND_EVIDENCE] = "named without evidence",
    [VIOLATION_MISSING] = "missing event",
    [VIOLATION_DOUBLED] = "doubled or uncalled-for event",
    [VIOLATION_WRONG_EVENT] = "wrong event or ReleasingParty",
    [VIOLATION_WRONG_DETAIL] = "wrong Reason, CallState or key",
    [VIOLATION_CONTRADICTION] = "always-true line broken",
};

enum {
    PRINTED_MAX = 20,
};

struct checker {
    struct truth_file truth;
    uint64_t lines;
    uint64_t violations[VIOLATION_COUNT];
    uint64_t printed;
    uint64_t events[4]; /* by enum outcome_kind */
    uint64_t unknown;   /* of those, honest 3 Unknown or no CtrlParty */
    /* The DN event whose EventCallPartyDeleted must be the next line. */
    bool owes_party;
    struct outcome_line dn;
    char dn_bytes[8192];
};

static struct text
or_dash(struct text text)
{
    return text_is_none(text) ? TEXT("-") : text;
}

#define SHOW(text) (int)or_dash(text).length, or_dash(text).at

static void
complain(struct checker *checker, enum violation violation, const struct truth_call *call,
         const struct outcome_line *line, const char *why)
{
    checker->violations[violation]++;
    if (checker->printed++ >= PRINTED_MAX)
        return;
    printf("%s: %s\n", violation_names[violation], why);
    if (line != NULL)
        printf("    line %" PRIu64 ": %.*s link %.*s CallID %.*s ConnID %.*s Seq %" PRIu64
               " party %.*s ReleasingParty %.*s CtrlParty %.*s Reason %.*s\n",
               checker->lines, SHOW(line->event), SHOW(line->link), SHOW(line->call_id),
               SHOW(line->connection_id), line->seq,
               SHOW(outcome_is_dn(line) ? line->this_dn : line->party), SHOW(line->releasing_party),
               SHOW(line->ctrl_party), SHOW(line->reason));
    if (call != NULL)
        printf("    truth: link %.*s CallID %.*s ConnID %016" PRIx64 " story %.*s\n",
               SHOW(call->link), SHOW(call->ids), call->key, SHOW(call->scene));
}

/* ---- who ------------------------------------------------------------------------------------ */

static void
check_initiator(struct checker *checker, const struct truth_call *call,
                const struct outcome_line *line, struct text truth, bool visible)
{
    if (text_is_none(line->ctrl_party)) {
        checker->unknown++;
        if (visible)
            complain(checker, VIOLATION_MISSED_EVIDENCE, call, line, "CtrlParty is absent");
    } else if (!truth_has_name(truth, '|', line->ctrl_party)) {
        complain(checker, VIOLATION_FALSE_ATTRIBUTION, call, line, "CtrlParty did not do it");
    } else if (!visible) {
        complain(checker, VIOLATION_BEYOND_EVIDENCE, call, line, "CtrlParty was not told");
    }
}

/* Two lists of names stand for one device when they share their first name. */
static bool
did_it_itself(const struct truth_end *end)
{
    return text_is_equal(end->names, end->truth);
}

static void
check_releasing(struct checker *checker, const struct truth_call *call,
                const struct outcome_line *line, const struct truth_end *end)
{
    char value = line->releasing_party.at[0];
    bool nobody = text_is_equal(end->truth, TEXT("nobody"));
    if ((value == '1' && !did_it_itself(end)) || (value == '2' && (nobody || did_it_itself(end))))
        complain(checker, VIOLATION_FALSE_ATTRIBUTION, call, line,
                 "ReleasingParty contradicts the truth");
    else if (value == '3' && end->value != '3')
        complain(checker, VIOLATION_MISSED_EVIDENCE, call, line, "ReleasingParty is 3 Unknown");
    else if (value != '3' && end->value == '3')
        complain(checker, VIOLATION_BEYOND_EVIDENCE, call, line, "ReleasingParty was not told");
    else if (value != end->value)
        complain(checker, VIOLATION_WRONG_EVENT, call, line, "ReleasingParty differs");
    checker->unknown += value == '3';
}

/* ---- lines against the truth ---------------------------------------------------------------- */

static bool
is_owed(const struct truth_end *end, const struct truth_seen *seen, uint32_t place, bool dn)
{
    uint32_t met = dn ? seen->dn_events : seen->party_events;
    if ((met & UINT32_C(1) << place) != 0)
        return false;
    return dn ? end->value != '-' : end->kind != 'X';
}

/* The first end of that device that still owes such an event; TRUTH_ENDS_MAX: none. */
static uint32_t
find_end(const struct truth_call *call, const struct truth_seen *seen, struct text device, bool dn)
{
    for (uint32_t i = 0; i < call->end_count; i++)
        if (truth_has_name(call->ends[i].names, '|', device) &&
            is_owed(&call->ends[i], seen, i, dn))
            return i;
    return TRUTH_ENDS_MAX;
}

static void
check_reason(struct checker *checker, const struct truth_call *call,
             const struct outcome_line *line, struct text reasons)
{
    if (!truth_has_name(reasons, '|', line->reason)) {
        char why[128];
        snprintf(why, sizeof why, "the reason is %.*s", SHOW(reasons));
        complain(checker, VIOLATION_WRONG_DETAIL, call, line, why);
    }
}

static void
check_dn(struct checker *checker, const struct truth_call *call, struct truth_seen *seen,
         const struct outcome_line *line)
{
    uint32_t place = find_end(call, seen, line->this_dn, true);
    if (place == TRUTH_ENDS_MAX) {
        complain(checker, VIOLATION_DOUBLED, call, line, "no such end of a monitored party");
        return;
    }
    const struct truth_end *end = &call->ends[place];
    seen->dn_events |= UINT32_C(1) << place;
    if ((line->kind == OUTCOME_ABANDONED) != (end->kind == 'A'))
        complain(checker, VIOLATION_WRONG_EVENT, call, line, "released and abandoned mixed up");
    check_releasing(checker, call, line, end);
    check_reason(checker, call, line, end->reasons);
    if (line->call_state != end->call_state)
        complain(checker, VIOLATION_WRONG_DETAIL, call, line, "CallState differs");
    if (line->releasing_party.at[0] != '1')
        return;
    if ((seen->local_acts & UINT32_C(1) << end->act) != 0)
        complain(checker, VIOLATION_CONTRADICTION, call, line, "two 1 Local in one act");
    seen->local_acts |= UINT32_C(1) << end->act;
}

static void
check_party(struct checker *checker, const struct truth_call *call, struct truth_seen *seen,
            const struct outcome_line *line)
{
    uint32_t place = find_end(call, seen, line->party, false);
    if (place == TRUTH_ENDS_MAX) {
        complain(checker, VIOLATION_DOUBLED, call, line, "no such end of a party");
        return;
    }
    const struct truth_end *end = &call->ends[place];
    seen->party_events |= UINT32_C(1) << place;
    check_initiator(checker, call, line, end->truth, end->visible);
    check_reason(checker, call, line, end->reasons);
}

static void
check_deleted(struct checker *checker, const struct truth_call *call, struct truth_seen *seen,
              const struct outcome_line *line)
{
    if (!call->deleted || seen->deleted) {
        complain(checker, VIOLATION_DOUBLED, call, line, "the call did not end then");
        return;
    }
    seen->deleted = true;
    check_initiator(checker, call, line, call->truth, call->visible);
    check_reason(checker, call, line, call->reasons);
    if (!text_is_equal(or_dash(line->new_connection_id), call->joined_to))
        complain(checker, VIOLATION_WRONG_DETAIL, call, line, "NewConnID differs");
}

static void
check_truth(struct checker *checker, const struct outcome_line *line)
{
    struct truth_call call;
    struct truth_seen *seen = truth_file_find(&checker->truth, line->key);
    if (seen == NULL) {
        complain(checker, VIOLATION_UNKNOWN_CALL, NULL, line, "its ConnID is not in the truth");
        return;
    }
    CHECK(truth_call_read(&call, &checker->truth, seen->offset));
    if (!text_is_equal(call.link, line->link) || !truth_has_name(call.ids, '+', line->call_id))
        complain(checker, VIOLATION_WRONG_DETAIL, &call, line, "Link or CallID differs");
    if (seen->deleted && line->kind != OUTCOME_CALL_DELETED)
        complain(checker, VIOLATION_CONTRADICTION, &call, line, "after EventCallDeleted");
    if (outcome_is_dn(line))
        check_dn(checker, &call, seen, line);
    else if (line->kind == OUTCOME_PARTY_DELETED)
        check_party(checker, &call, seen, line);
    else
        check_deleted(checker, &call, seen, line);
}

/* ---- lines against each other --------------------------------------------------------------- */

/* A redirection is reported to the DN alone. */
static bool
is_redirect(const struct outcome_line *line)
{
    return line->call_state == 22 || (line->call_state == 7 && line->kind == OUTCOME_RELEASED);
}

/* Views of the last DN event must outlive the line they came from. */
static void
keep_dn(struct checker *checker, const struct outcome_line *line, struct text text)
{
    struct text *views[] = {
        &checker->dn.time,   &checker->dn.this_dn,  &checker->dn.releasing_party,
        &checker->dn.reason, &checker->dn.evidence, &checker->dn.cause};
    if (text.length > sizeof checker->dn_bytes)
        return;
    memcpy(checker->dn_bytes, text.at, text.length);
    checker->dn = *line;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (!text_is_none(*views[i]))
            views[i]->at = checker->dn_bytes + (views[i]->at - text.at);
    checker->owes_party = !is_redirect(line);
}

static void
check_pair(struct checker *checker, const struct outcome_line *line)
{
    const struct outcome_line *dn = &checker->dn;
    char value = dn->releasing_party.at[0];
    bool itself = text_is_equal(line->ctrl_party, dn->this_dn);
    if (line->key != dn->key || line->kind != OUTCOME_PARTY_DELETED ||
        !text_is_equal(line->party, dn->this_dn) || line->seq != dn->seq)
        complain(checker, VIOLATION_CONTRADICTION, NULL, line,
                 "a DN event is not followed by its EventCallPartyDeleted");
    else if (value == '1' && !itself)
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "1 Local, but CtrlParty is another");
    else if (value == '2' && (itself || text_is_none(line->ctrl_party)))
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "2 Remote, but no other CtrlParty");
    else if (value == '3' && !text_is_none(line->ctrl_party))
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "3 Unknown, but a CtrlParty");
    else if (!text_is_equal(line->reason, dn->reason) || !text_is_equal(line->cause, dn->cause) ||
             !text_is_equal(line->evidence, dn->evidence) || !text_is_equal(line->time, dn->time))
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "two events of one end differ");
}

static void
check_alone(struct checker *checker, const struct outcome_line *line)
{
    static const char *const values[] = {"1 Local", "2 Remote", "3 Unknown"};
    bool known = false;
    for (int i = 0; i < 3; i++)
        known |= text_is_equal(line->releasing_party, text_of(values[i]));
    if (outcome_is_dn(line) && !known)
        complain(checker, VIOLATION_MALFORMED, NULL, line, "no value of ReleasingParty");
    if (line->kind == OUTCOME_ABANDONED && text_is_equal(line->releasing_party, TEXT("1 Local")))
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "EventAbandoned with 1 Local");
    if (!text_is_none(line->ctrl_party) && text_is_equal(line->evidence, TEXT("none")))
        complain(checker, VIOLATION_CONTRADICTION, NULL, line, "a CtrlParty without evidence");
}

static void
check_line(struct checker *checker, struct text text)
{
    struct outcome_line line;
    checker->lines++;
    const char *why = outcome_line_read(&line, text);
    if (why != NULL) {
        complain(checker, VIOLATION_MALFORMED, NULL, NULL, why);
        printf("    line %" PRIu64 "\n", checker->lines);
        return;
    }
    checker->events[line.kind]++;
    check_alone(checker, &line);
    if (checker->owes_party)
        check_pair(checker, &line);
    checker->owes_party = false;
    check_truth(checker, &line);
    if (outcome_is_dn(&line))
        keep_dn(checker, &line, text);
}

/* ---- what never came ------------------------------------------------------------------------ */

static void
check_missing(struct checker *checker, const struct truth_seen *seen)
{
    struct truth_call call;
    char why[128];
    CHECK(truth_call_read(&call, &checker->truth, seen->offset));
    for (uint32_t i = 0; i < call.end_count; i++) {
        if (is_owed(&call.ends[i], seen, i, true)) {
            snprintf(why, sizeof why, "no DN event of %.*s", SHOW(call.ends[i].names));
            complain(checker, VIOLATION_MISSING, &call, NULL, why);
        }
        if (is_owed(&call.ends[i], seen, i, false)) {
            snprintf(why, sizeof why, "no EventCallPartyDeleted of %.*s", SHOW(call.ends[i].names));
            complain(checker, VIOLATION_MISSING, &call, NULL, why);
        }
    }
    if (call.deleted && !seen->deleted)
        complain(checker, VIOLATION_MISSING, &call, NULL, "no EventCallDeleted");
}

static void
check_end(struct checker *checker)
{
    if (checker->owes_party)
        complain(checker, VIOLATION_CONTRADICTION, NULL, &checker->dn,
                 "a DN event is not followed by its EventCallPartyDeleted");
    for (uint64_t i = 0; i < checker->truth.capacity; i++)
        if (checker->truth.seen[i].key != 0)
            check_missing(checker, &checker->truth.seen[i]);
}

static uint64_t
summarize(const struct checker *checker)
{
    uint64_t total = 0;
    printf("%" PRIu64 " calls, %" PRIu64 " lines: %" PRIu64 " released, %" PRIu64
           " abandoned, %" PRIu64 " parties, %" PRIu64 " calls deleted; %" PRIu64
           " times honestly unknown\n",
           checker->truth.count, checker->lines, checker->events[OUTCOME_RELEASED],
           checker->events[OUTCOME_ABANDONED], checker->events[OUTCOME_PARTY_DELETED],
           checker->events[OUTCOME_CALL_DELETED], checker->unknown);
    for (int i = 0; i < VIOLATION_COUNT; i++) {
        printf("%8" PRIu64 " %s\n", checker->violations[i], violation_names[i]);
        total += checker->violations[i];
    }
    return total;
}

int
main(int argc, char **argv)
{
    static struct checker checker;
    char *bytes = NULL;
    size_t capacity = 0;
    ssize_t length;
    if (argc != 3) {
        fputs("sim_check TRUTH OUTCOMES.jsonl\n", stderr);
        return 2;
    }
    const char *why = truth_file_open(&checker.truth, argv[1]);
    FILE *outcomes = fopen(argv[2], "r");
    if (why != NULL || outcomes == NULL) {
        fprintf(stderr, "sim_check: %s: %s\n", why != NULL ? argv[1] : argv[2],
                why != NULL ? why : strerror(errno));
        return 2;
    }
    while ((length = getline(&bytes, &capacity, outcomes)) > 0) {
        bool ended = bytes[length - 1] == '\n';
        check_line(&checker, (struct text){bytes, (uint32_t)length - ended});
    }
    check_end(&checker);
    uint64_t violations = summarize(&checker);
    truth_file_close(&checker.truth);
    free(bytes);
    fclose(outcomes);
    return violations == 0 ? 0 : 1;
}
