#include "tools/switch/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "tools/switch/event.h"

enum { WORDS_MAX = 6 };

static const struct {
    const char *word;
    uint32_t calls, devices;
    bool cause;
    const char *what;
} ops[] = {
#define SCENARIO_OP(name, word, calls, devices, cause, what) {word, calls, devices, cause, what},
#include "tools/switch/scenario_op.def"
#undef SCENARIO_OP
};

static const char *const wait_words[] = {"ring", "talk", "queue", "tone", "think"};
static const char *const kind_words[] = {"agent", "queue", "routepoint", "outside"};

static uint32_t
find_word(const char *const *words, uint32_t count, const char *word)
{
    uint32_t at = 0;
    while (at < count && strcmp(words[at], word) != 0)
        at++;
    return at;
}

static const char *
read_head(struct scenario_book *book, char **words, uint32_t count)
{
    if (count < 3 || count > 4 || (count == 4 && strcmp(words[3], "related") != 0))
        return "a scenario begins with: scenario NAME WEIGHT [related]";
    if (book->count == SCENARIOS_MAX)
        return "there are too many scenarios";
    if (strlen(words[1]) >= SCENARIO_NAME_SIZE)
        return "the name is too long";
    char *end;
    unsigned long weight = strtoul(words[2], &end, 10);
    if (*end != '\0' || weight > 1000000)
        return "the weight is a number up to 1000000";
    struct scenario *scenario = &book->scenarios[book->count++];
    *scenario = (struct scenario){.weight = (uint32_t)weight, .is_related = count == 4};
    memcpy(scenario->name, words[1], strlen(words[1]) + 1);
    book->weight[scenario->is_related] += scenario->weight;
    return NULL;
}

static const char *
read_cast(struct scenario *scenario, char **words, uint32_t count)
{
    uint32_t kind = count == 3 ? find_word(kind_words, DEVICE_KINDS, words[2]) : DEVICE_KINDS;
    if (kind == DEVICE_KINDS)
        return "a device is cast so: cast A agent|queue|routepoint|outside";
    if (scenario->cast_count == SCENARIO_CAST_MAX ||
        words[1][0] != (char)('A' + scenario->cast_count) || words[1][1] != '\0')
        return "devices are cast in the order A, B, C, to H";
    scenario->cast[scenario->cast_count++] = (enum device_kind)kind;
    return NULL;
}

static bool
read_devices(const struct scenario *scenario, const char *word, uint8_t *set)
{
    *set = 0;
    for (const char *at = word; *at != '\0'; at += at[1] == '|' ? 2 : 1) {
        uint32_t device = (uint32_t)(*at - 'A');
        if (*at < 'A' || device >= scenario->cast_count || (at[1] != '\0' && at[1] != '|') ||
            (at[1] == '|' && at[2] == '\0'))
            return false;
        *set |= (uint8_t)(1U << device);
    }
    return *set != 0;
}

static const char *
read_wait(struct scenario_step *step, char **words, uint32_t count)
{
    if (count != 2)
        return "wait for what? ring, talk, queue, tone, think, or milliseconds: 500, 100..900";
    uint32_t which = find_word(wait_words, WAIT_EXACT, words[1]);
    step->op = OP_WAIT;
    step->wait = (enum scenario_wait)which;
    if (which < WAIT_EXACT)
        return NULL;
    char *end;
    unsigned long low = strtoul(words[1], &end, 10), high = low;
    if (end == words[1])
        return "wait for what? ring, talk, queue, tone, think, or milliseconds: 500, 100..900";
    if (strncmp(end, "..", 2) == 0)
        high = strtoul(end + 2, &end, 10);
    if (*end != '\0' || low > high || high > 86400000)
        return "milliseconds are written 500 or 100..900, a day at most";
    step->low_ms = (uint32_t)low;
    step->high_ms = (uint32_t)high;
    return NULL;
}

static bool
read_call(const char *word, uint8_t *call)
{
    *call = (uint8_t)(word[0] - '1');
    return word[0] >= '1' && word[0] <= '4' && word[1] == '\0';
}

static const char *
read_step(const struct scenario *scenario, struct scenario_step *step, char **words, uint32_t count)
{
    uint32_t op = 0, at = 1;
    while (op < OP_WAIT && strcmp(ops[op].word, words[0]) != 0)
        op++;
    if (op == OP_WAIT)
        return "there is no such step; `onhook switch --steps` lists them";
    uint32_t needed = 1 + ops[op].calls + ops[op].devices;
    if (count < needed || count > needed + ops[op].cause)
        return "the step has other words; `onhook switch --steps` shows them";
    step->op = (enum scenario_op)op;
    if (!read_call(words[at++], &step->call) ||
        (ops[op].calls == 2 && !read_call(words[at++], &step->second)))
        return "calls are 1, 2, 3 and 4";
    if ((ops[op].devices > 0 && !read_devices(scenario, words[at++], &step->who)) ||
        (ops[op].devices > 1 && !read_devices(scenario, words[at++], &step->whom)))
        return "the step names a device that is not cast";
    if (at < count && (step->cause = cause_word(words[at])) == NULL)
        return "the switch knows no such cause";
    return NULL;
}

static const char *
read_line(struct scenario_book *book, char *line)
{
    char *words[WORDS_MAX], *rest = line;
    uint32_t count = 0;
    for (uint32_t i = 0; i < WORDS_MAX; i++)
        words[i] = line;
    line[strcspn(line, "#")] = '\0';
    for (char *word; (word = strtok_r(rest, " \t\r", &rest)) != NULL;) {
        if (count == WORDS_MAX)
            return "the line has too many words";
        words[count++] = word;
    }
    if (count == 0)
        return NULL;
    if (strcmp(words[0], "scenario") == 0)
        return read_head(book, words, count);
    if (book->count == 0)
        return "a scenario begins with: scenario NAME WEIGHT [related]";
    struct scenario *scenario = &book->scenarios[book->count - 1];
    if (strcmp(words[0], "cast") == 0)
        return read_cast(scenario, words, count);
    if (scenario->step_count == SCENARIO_STEPS_MAX)
        return "the scenario has too many steps";
    struct scenario_step *step = &scenario->steps[scenario->step_count++];
    return strcmp(words[0], "wait") == 0 ? read_wait(step, words, count)
                                         : read_step(scenario, step, words, count);
}

bool
scenario_read(struct scenario_book *book, const char *text, unsigned *line, const char **why)
{
    char copy[SCENARIO_LINE_MAX];
    bool begins = true;
    *line = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n;");
        *line += begins;
        begins = text[length] != ';';
        *why = "the line is too long";
        if (length >= sizeof copy)
            return false;
        memcpy(copy, text, length);
        copy[length] = '\0';
        text += length + (text[length] != '\0');
        if ((*why = read_line(book, copy)) != NULL)
            return false;
    }
    *why = book->count > 0 ? NULL : "there is no scenario in it";
    return *why == NULL;
}

const struct scenario *
scenario_choose(const struct scenario_book *book, bool related, struct random *random)
{
    if (book->weight[related] == 0)
        return NULL;
    uint32_t left = random_below(random, book->weight[related]);
    for (uint32_t i = 0; i < book->count; i++) {
        const struct scenario *scenario = &book->scenarios[i];
        if (scenario->is_related != related)
            continue;
        if (left < scenario->weight)
            return scenario;
        left -= scenario->weight;
    }
    return NULL;
}

void
scenario_print_steps(FILE *out)
{
    for (uint32_t i = 0; i < OP_WAIT; i++)
        fprintf(out, "  %-9s CALL%s%s%s%s  %s\n", ops[i].word, ops[i].calls > 1 ? " CALL" : "",
                ops[i].devices > 0 ? " DEVICE" : "", ops[i].devices > 1 ? " DEVICE" : "",
                ops[i].cause ? " [CAUSE]" : "", ops[i].what);
    fputs("  wait      ring|talk|queue|tone|think|MS|MS..MS  time passes\n", out);
}
