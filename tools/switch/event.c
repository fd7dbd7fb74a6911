#include "tools/switch/event.h"

#include <string.h>

#include "base/check.h"

const struct event_shape event_shapes[SAID_NAMES] = {
#define SWITCH_EVENT(name, root, connection, subject, one, two, three)                             \
    {root, connection, subject, {one, two, three}},
#include "tools/switch/event.def"
#undef SWITCH_EVENT
};

static const struct {
    const char *word;
    uint8_t number;
} causes[] = {
#define CAUSE_WORD(word, number) {word, number},
#include "tools/switch/cause_word.def"
#undef CAUSE_WORD
};

enum { CAUSE_WORDS = sizeof causes / sizeof *causes };

const char *
cause_word(const char *word)
{
    for (int i = 0; i < CAUSE_WORDS; i++)
        if (strcmp(causes[i].word, word) == 0)
            return causes[i].word;
    return NULL;
}

uint8_t
cause_number(const char *word)
{
    for (int i = 0; i < CAUSE_WORDS; i++)
        if (strcmp(causes[i].word, word) == 0)
            return causes[i].number;
    CHECK_NEVER("only words of the list are told");
}
