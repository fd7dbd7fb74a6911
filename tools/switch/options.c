#include "tools/switch/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/switch/truth.h"

/* ---- listeners ------------------------------------------------------------------------------ */

static bool
read_encoding(struct pbx *pbx, const char *word)
{
    static const enum csta_encoding phases[] = {ENCODING_BER1, ENCODING_BER2, ENCODING_BER3};
    if (strncmp(word, "ber", 3) == 0 && word[3] >= '1' && word[3] <= '3' && word[4] == '\0') {
        pbx->encoding = phases[word[3] - '1'];
        return true;
    }
    bool edition = strncmp(word, "xml-ed", 6) == 0 && word[6] >= '3' && word[6] <= '6';
    if (strcmp(word, "xml") != 0 && (!edition || word[7] != '\0'))
        return false;
    pbx->encoding = ENCODING_XML;
    pbx->edition = edition ? (uint32_t)(word[6] - '0') : 4;
    return true;
}

static bool
read_profile(struct pbx *pbx, const char *word)
{
    for (int i = 0; i < PBX_PROFILES; i++) {
        if (strcmp(profile_word((enum pbx_profile)i), word) != 0)
            continue;
        pbx->profile = (enum pbx_profile)i;
        return true;
    }
    return false;
}

static const char *
read_listen_key(struct listener *listener, char *key)
{
    char *value = strchr(key, '=');
    if (value != NULL)
        *value++ = '\0';
    if (strcmp(key, "tls") == 0 && value == NULL) {
        listener->tls = true;
        return NULL;
    }
    if (value == NULL)
        return "a key of --listen needs a value";
    if (strcmp(key, "encoding") == 0)
        return read_encoding(&listener->pbx, value) ? NULL : "there is no such encoding";
    if (strcmp(key, "profile") == 0)
        return read_profile(&listener->pbx, value) ? NULL : "there is no such profile";
    if (strcmp(key, "first") == 0) {
        listener->pbx.first_number = strtoull(value, NULL, 10);
        return listener->pbx.first_number > 0 && listener->pbx.first_number < 1000000000
                   ? NULL
                   : "first is a number from 1 to 999999999";
    }
    if (strcmp(key, "name") != 0)
        return "--listen knows encoding, profile, name, first and tls";
    if (value[0] == '\0' || strlen(value) >= PBX_NAME_SIZE ||
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
            strlen(value))
        return "a name has letters, digits, - _ and .";
    memcpy(listener->pbx.name, value, strlen(value) + 1);
    return NULL;
}

static const char *
read_listen(void *place, const char *text)
{
    static_assert(offsetof(struct simulator, options) == 0, "its row's place is the simulator");
    struct simulator *simulator = place;
    char copy[256], *rest = copy;
    if (simulator->listener_count == LISTENERS_MAX || strlen(text) >= sizeof copy)
        return "there are too many listeners, or one is too long";
    memcpy(copy, text, strlen(text) + 1);
    uint32_t number = simulator->listener_count;
    struct listener *listener = &simulator->listeners[number];
    listener->pbx.number = number;
    listener->pbx.simulator = simulator;
    listener->pbx.first_number = (number + 1) * UINT64_C(100000) + 1;
    read_encoding(&listener->pbx, "xml");
    snprintf(listener->pbx.name, sizeof listener->pbx.name, "pbx%u", number + 1);
    char *address = strtok_r(rest, ",", &rest);
    char *colon = address == NULL ? NULL : strrchr(address, ':'), *end = NULL;
    unsigned long port = colon == NULL ? 65536 : strtoul(colon + 1, &end, 10);
    if (port > 65535 || *end != '\0' || colon - address >= LISTEN_TEXT_SIZE || colon == address)
        return "--listen wants HOST:PORT, such as 127.0.0.1:1040";
    memcpy(listener->host, address, (size_t)(colon - address));
    listener->port = (uint16_t)port;
    for (char *key; (key = strtok_r(rest, ",", &rest)) != NULL;) {
        const char *why = read_listen_key(listener, key);
        if (why != NULL)
            return why;
    }
    simulator->listener_count++;
    return NULL;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool
read_number(uint64_t *value, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    *value = strtoull(text, &end, 10);
    return end != text && *end == '\0' && text[0] != '-' && *value >= least && *value <= most;
}

static const char *
read_range(void *place, const char *text)
{
    static const char why[] = "is written LOW..HIGH, in milliseconds";
    uint64_t low, high;
    char first[24];
    const char *dots = strstr(text, "..");
    size_t length = dots == NULL ? strlen(text) : (size_t)(dots - text);
    if (length >= sizeof first)
        return why;
    memcpy(first, text, length);
    first[length] = '\0';
    if (!read_number(&low, first, 0, 86400000) ||
        !read_number(&high, dots == NULL ? first : dots + 2, low, 86400000))
        return why;
    *(struct range_ms *)place = (struct range_ms){(uint32_t)low, (uint32_t)high};
    return NULL;
}

/* ---- the command line ---------------------------------------------------------------------- */

static const struct option_row rows[] = {
    ROW_OTHER(0, "listen", struct simulator, options,
              "HOST:PORT[,encoding=E][,profile=P][,name=NAME][,first=NUMBER][,tls]",
              "one switch of its own; port 0: one is chosen and printed. E: xml, xml-ed3 to "
              "xml-ed6, ber1, ber2, ber3. P: generic, openscape, oxe, avaya-dmcc, panasonic, "
              "broadworks, unitel. first: the first agent's number",
              NULL, read_listen),
#define OPTION_NUMBER(field, name, usual, least, most, help)                                       \
    ROW_NUMBER(0, name, struct simulator, options.field, "N", help, #usual, least, most, NULL),
#define OPTION_RANGE(field, name, low, high, help)                                                 \
    ROW_OTHER(0, name, struct simulator, options.field##_ms, "LOW..HIGH", help, #low ".." #high,   \
              read_range),
#define OPTION_TEXT(field, name, word, help)                                                       \
    ROW_TEXT(0, name, struct simulator, options.field, word, help, NULL),
#define OPTION_FLAG(field, name, help) ROW_FLAG(0, name, struct simulator, options.field, help),
#include "tools/switch/options.def"
#undef OPTION_NUMBER
#undef OPTION_RANGE
#undef OPTION_TEXT
#undef OPTION_FLAG
};

static const struct option_table table = {
    .command = "switch",
    .above =
        "  onhook switch --listen 127.0.0.1:1040 --rate 20 --truth truth.jsonl\n"
        "  onhook switch --listen 127.0.0.1:0,name=a --listen 127.0.0.1:0,name=b,encoding=ber2 \\\n"
        "      --agents 500 --rate 200 --cut-every 60 --ini onhook.ini --truth truth.jsonl\n"
        "  onhook switch --judge truth.jsonl outcomes.jsonl\n"
        "\n"
        "A CSTA switch to try things on: calls of agents, queues and customers that never were,\n"
        "told to whoever connects. It knows who really hung up, and --judge scores what onhook\n"
        "made of it.\n"
        "\n"
        "usage: onhook switch --listen WHERE [options]\n"
        "       onhook switch --judge [--json] TRUTH OUTCOMES\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "Lines on standard input, while it runs: cut, restart, lost, mute, wrong-length, "
             "trunk,\n"
             "stop-monitors, abort, each with a listener's name or for all; rate N; silent "
             "PERCENT;\n"
             "drain; quit.\n",
    .takes_words = true,
};

void
switch_options_usual(struct simulator *simulator)
{
    memset(&simulator->options, 0, sizeof simulator->options);
    options_usual(&table, simulator);
}

static int
check_line(struct simulator *simulator, const struct option_rest *rest)
{
    const char *start = simulator->options.start;
    if (simulator->options.judge)
        return rest->count == 2
                   ? EXIT_DONE
                   : options_wrong(&table, "--judge needs the file of the truth and that of the "
                                           "outcomes");
    if (rest->count > 0)
        return options_wrong(&table, "\"%s\": nothing but options is wanted without --judge",
                             rest->words[0]);
    if (simulator->listener_count == 0)
        return options_wrong(&table, "--listen: a switch needs one, such as 127.0.0.1:1040");
    if (start != NULL && strcmp(start, "monitored") != 0 && strcmp(start, "connected") != 0 &&
        strcmp(start, "now") != 0)
        return options_refuse(&table, "start", start, "monitored, connected or now is wanted");
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        simulator->listeners[i].pbx.random.state = simulator->options.seed * 1000003 + i;
    return EXIT_DONE;
}

struct option_rest
switch_options_read(struct simulator *simulator, int argc, char **argv)
{
    struct option_rest rest = options_read(&table, simulator, argc, argv);
    const struct switch_options *options = &simulator->options;
    if (rest.is_over || options->steps || options->mix)
        return rest;
    rest.code = check_line(simulator, &rest);
    rest.is_over = rest.code != EXIT_DONE;
    return rest;
}
