#include "tools/switch/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/log.h"
#include "tools/command.h"
#include "tools/switch/judge_truth.h"
#include "tools/switch/outcome_line.h"

enum score {
#define SCORE(name, key, fails, what) SCORE_##name,
#include "tools/switch/score.def"
#undef SCORE
    SCORES,
};

static const struct {
    const char *key;
    bool fails;
    const char *what;
} scores[SCORES] = {
#define SCORE(name, key, fails, what) {key, fails, what},
#include "tools/switch/score.def"
#undef SCORE
};

enum { SHOWN_MAX = 20 };

struct judge {
    struct judge_truth truth;
    uint64_t scores[JUDGE_LINKS_MAX + 1][SCORES]; /* the last: of no link that is known */
    uint32_t shown;
    unsigned long line;
};

static void
add(struct judge *judge, uint32_t link, enum score score)
{
    judge->scores[link][score]++;
}

/* The first defects are shown, on standard error. */
static void
show(struct judge *judge, enum score score, const struct judge_call *call,
     const struct outcome_line *line)
{
    char text[CALL_TEXT_SIZE];
    if (!scores[score].fails || judge->shown++ >= SHOWN_MAX)
        return;
    const struct judge_link *link = call == NULL ? NULL : &judge->truth.links[call->link];
    snprintf(text, sizeof text, link != NULL && link->is_hex ? "%08" PRIX64 : "%" PRIu64,
             call == NULL ? 0 : call->serial);
    if (line == NULL)
        log_say("%s: link %s CallID %s", scores[score].key, link == NULL ? "-" : link->name, text);
    else
        log_say("%s: line %lu: %.*s link %.*s CallID %.*s", scores[score].key, judge->line,
                (int)line->event.length, line->event.at, (int)line->link.length, line->link.at,
                (int)line->call_id.length, line->call_id.at);
}

static void
score(struct judge *judge, enum score score, const struct judge_call *call,
      const struct outcome_line *line)
{
    add(judge, call == NULL ? JUDGE_LINKS_MAX : call->link, score);
    show(judge, score, call, line);
}

/* From when on the call is not surely known to its reader; 0: never. */
static bool
is_touched(const struct judge_call *call, int64_t at_us)
{
    return call->touched_us != 0 && at_us >= call->touched_us;
}

/* ---- who ------------------------------------------------------------------------------------ */

/* What one outcome says of who did it. */
struct verdict {
    bool is_known;
    bool fits; /* it is who really did it */
    bool by_request;
};

/* The number of the party that goes by this name, if it is a dynamic ID; else the name. */
static uint64_t
number_of_name(const struct judge *judge, const struct judge_call *call, struct text text)
{
    uint64_t name = text_is_none(text) ? 0 : judge_name(text);
    for (uint32_t i = 0; name != 0 && i < call->end_count; i++)
        if (judge->truth.ends[call->first_end + i].also == name)
            return judge->truth.ends[call->first_end + i].party;
    return name;
}

static bool
is_party(const struct judge *judge, const struct judge_call *call, uint64_t name)
{
    for (uint32_t i = 0; i < call->end_count; i++)
        if (judge->truth.ends[call->first_end + i].party == name)
            return true;
    return false;
}

static struct verdict
verdict_of(const struct judge *judge, const struct judge_call *call,
           const struct outcome_line *line, uint64_t by)
{
    struct verdict verdict = {.by_request = text_is_equal(line->evidence, TEXT("request"))};
    if (outcome_is_dn(line)) {
        char value = line->releasing_party.at[0];
        bool itself = number_of_name(judge, call, line->this_dn) == by;
        verdict.is_known = value != '3';
        verdict.fits = value == '1' ? itself : by != 0 && !itself;
        return verdict;
    }
    uint64_t name = number_of_name(judge, call, line->ctrl_party);
    verdict.is_known = name != 0;
    verdict.fits = name == by && by != 0;
    /* On whose behalf the client asked is its own affair, as long as that one was in the call. */
    verdict.by_request &= name == 0 || is_party(judge, call, name);
    return verdict;
}

static enum score
judge_who(struct verdict verdict, uint8_t told, bool touched, bool unwatched)
{
    bool asked = told == TOLD_REQUEST || told == TOLD_MAYBE;
    if (verdict.is_known && !verdict.fits)
        return verdict.by_request && asked ? SCORE_RIGHT : touched ? SCORE_MISLED : SCORE_FALSE;
    if (verdict.is_known)
        return told == TOLD_NOTHING ? SCORE_GUESSED : SCORE_RIGHT;
    if (told == TOLD_NOTHING || told == TOLD_MAYBE)
        return SCORE_RIGHT;
    if (touched)
        return SCORE_UNSEEN;
    return unwatched ? SCORE_UNWATCHED : SCORE_UNKNOWN;
}

/* With two others, since the link was away, nothing shows that he without a monitor is there. */
static bool
is_unshown(const struct judge *judge, const struct judge_call *call, const struct judge_end *end)
{
    return !end->is_monitored && call->end_count >= 3 && judge_was_down(&judge->truth, call);
}

static void
judge_end_line(struct judge *judge, struct judge_call *call, struct judge_end *end,
               const struct outcome_line *line)
{
    bool dn = outcome_is_dn(line);
    if (dn)
        end->dn_said = true;
    else
        end->party_said = true;
    enum score who = judge_who(verdict_of(judge, call, line, end->by), end->told,
                               is_touched(call, end->at_us), call->is_unwatched);
    if (who == SCORE_UNKNOWN && is_unshown(judge, call, end))
        who = SCORE_UNSEEN;
    if (dn && end->is_abandoned != (line->kind == OUTCOME_ABANDONED) &&
        !is_touched(call, end->at_us) && !call->is_unwatched)
        add(judge, call->link, SCORE_MIXED);
    score(judge, who, call, line);
}

/*
 * An end nobody told of may be reported as lost while the party really talks on elsewhere: where
 * something was lost, what names nobody is no second report.
 */
static void
judge_uncalled(struct judge *judge, const struct judge_call *call, const struct outcome_line *line)
{
    bool unknown =
        outcome_is_dn(line) ? line->releasing_party.at[0] == '3' : text_is_none(line->ctrl_party);
    if (call->touched_us != 0)
        score(judge, unknown ? SCORE_UNSEEN : SCORE_MISLED, call, line);
    else if (unknown && call->is_unwatched)
        score(judge, SCORE_UNWATCHED, call, line);
    else
        score(judge, SCORE_DOUBLED, call, line);
}

static bool
is_lost(const struct judge_call *call, const struct outcome_line *line)
{
    return call->touched_us != 0 && text_is_equal(line->reason, TEXT("lost"));
}

/* Lost with the one by whom alone he could be seen: his end itself is still to be said. */
static bool
is_lost_early(const struct judge_call *call, const struct outcome_line *line, int64_t end_us)
{
    return is_lost(call, line) && outcome_time_us(line) < end_us;
}

static void
judge_party(struct judge *judge, struct judge_call *call, const struct outcome_line *line)
{
    bool dn = outcome_is_dn(line);
    uint64_t name = number_of_name(judge, call, dn ? line->this_dn : line->party);
    for (uint32_t i = 0; i < call->end_count; i++) {
        struct judge_end *end = &judge->truth.ends[call->first_end + i];
        /* Of a device whose monitor is not granted yet an outcome may speak, and then truly. */
        bool is_told_of = end->is_monitored || call->is_unwatched;
        bool owed = dn ? is_told_of && !end->dn_said : !end->party_said;
        if (end->party != name || !owed)
            continue;
        if (is_lost(call, line) && !is_touched(call, end->at_us))
            continue; /* what was lost is found out late: this is another end */
        if (is_lost_early(call, line, end->at_us) && !end->is_monitored)
            continue;
        judge_end_line(judge, call, end, line);
        return;
    }
    judge_uncalled(judge, call, line);
}

static void
judge_deleted(struct judge *judge, struct judge_call *call, const struct outcome_line *line)
{
    if (call->deleted_said || call->is_open || is_lost_early(call, line, call->to_us)) {
        judge_uncalled(judge, call, line);
        return;
    }
    call->deleted_said = true;
    score(judge,
          judge_who(verdict_of(judge, call, line, call->deleted_by), call->deleted_told,
                    is_touched(call, call->to_us), call->is_unwatched),
          call, line);
}

static void
judge_line(struct judge *judge, struct text text)
{
    struct outcome_line line;
    judge->line++;
    const char *why = outcome_line_read(&line, text);
    if (why != NULL) {
        if (judge->shown++ < SHOWN_MAX)
            log_say("line %lu: %s", judge->line, why);
        add(judge, JUDGE_LINKS_MAX, SCORE_UNREADABLE);
        return;
    }
    struct judge_call *call = judge_find(&judge->truth, line.link, line.call_id);
    if (call == NULL)
        score(judge, SCORE_DOUBLED, NULL, &line);
    else if (line.kind == OUTCOME_CALL_DELETED)
        judge_deleted(judge, call, &line);
    else
        judge_party(judge, call, &line);
}

/* ---- what was not said ---------------------------------------------------------------------- */

static void
judge_unsaid(struct judge *judge, const struct judge_call *call, int64_t at_us, bool was_down)
{
    if (is_touched(call, at_us) && was_down)
        score(judge, SCORE_UNSEEN, call, NULL);
    else if (call->is_unwatched)
        score(judge, SCORE_UNWATCHED, call, NULL);
    else
        score(judge, SCORE_MISSING, call, NULL);
}

static void
judge_call_end(struct judge *judge, const struct judge_call *call)
{
    bool was_down = judge_was_down(&judge->truth, call);
    uint64_t owed = 0;
    for (uint32_t i = 0; i < call->end_count; i++) {
        const struct judge_end *end = &judge->truth.ends[call->first_end + i];
        owed += 1 + end->is_monitored;
        if (end->is_monitored && !end->dn_said)
            judge_unsaid(judge, call, end->at_us, was_down);
        if (!end->party_said)
            judge_unsaid(judge, call, end->at_us, was_down);
    }
    owed += !call->is_open;
    if (!call->is_open && !call->deleted_said)
        judge_unsaid(judge, call, call->to_us, was_down);
    if (was_down)
        judge->scores[call->link][SCORE_BOUND] += owed;
}

/* ---- the result ----------------------------------------------------------------------------- */

static void
print_json(const char *link, const uint64_t counted[SCORES])
{
    char line[1024];
    struct json_writer json;
    json_begin(&json, line, sizeof line);
    json_open(&json, '{');
    json_string(&json, "Link", link);
    for (int i = 0; i < SCORES; i++)
        json_unsigned(&json, scores[i].key, counted[i]);
    json_close(&json, '}');
    printf("%.*s\n", (int)json_end(&json), line);
}

static void
print_text(const char *link, const uint64_t counted[SCORES])
{
    printf("%-12s", link);
    for (int i = 0; i < SCORES; i++)
        printf(" %10" PRIu64, counted[i]);
    putchar('\n');
}

static bool
print_scores(const struct judge *judge, bool json)
{
    uint64_t total[SCORES] = {0};
    void (*print)(const char *, const uint64_t *) = json ? print_json : print_text;
    if (!json) {
        printf("%-12s", "link");
        for (int i = 0; i < SCORES; i++)
            printf(" %10s", scores[i].key);
        putchar('\n');
    }
    for (uint32_t link = 0; link <= JUDGE_LINKS_MAX; link++) {
        const uint64_t *counted = judge->scores[link];
        bool is_known = link < judge->truth.link_count, is_empty = true;
        for (int i = 0; i < SCORES; i++) {
            total[i] += counted[i];
            is_empty &= counted[i] == 0;
        }
        if (is_known)
            print(judge->truth.links[link].name, counted);
        else if (!is_empty)
            print("no call", counted);
    }
    print("total", total);
    for (int i = 0; i < SCORES; i++)
        if (scores[i].fails && total[i] != 0)
            return false;
    return true;
}

int
judge_run(const char *truth, const char *outcomes, bool json)
{
    static struct judge judge;
    char *bytes = NULL;
    size_t room = 0;
    ssize_t length;
    unsigned long line;
    const char *why = judge_truth_read(&judge.truth, truth, &line);
    if (why != NULL) {
        log_at(truth, line, "%s", why);
        judge_truth_free(&judge.truth);
        return EXIT_WRONG_USAGE;
    }
    FILE *file = fopen(outcomes, "r");
    if (file == NULL) {
        log_at(outcomes, 0, "%s", strerror(errno));
        judge_truth_free(&judge.truth);
        return EXIT_WRONG_USAGE;
    }
    while ((length = getline(&bytes, &room, file)) > 0)
        judge_line(&judge, (struct text){bytes, (uint32_t)length - (bytes[length - 1] == '\n')});
    for (uint64_t i = 0; i < judge.truth.capacity; i++)
        if (judge.truth.calls[i].serial != 0)
            judge_call_end(&judge, &judge.truth.calls[i]);
    bool good = print_scores(&judge, json);
    free(bytes);
    fclose(file);
    judge_truth_free(&judge.truth);
    return good ? EXIT_DONE : EXIT_FAILED;
}
