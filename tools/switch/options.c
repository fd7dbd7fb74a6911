#include "tools/switch/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/switch/truth.h"

enum option_kind { KIND_NUMBER, KIND_RANGE, KIND_TEXT, KIND_FLAG };

static const struct {
    const char *name;
    enum option_kind kind;
    size_t place;
    uint64_t usual, least, most;
    const char *word, *help;
} known[] = {
#define PLACE(field) offsetof(struct switch_options, field)
#define OPTION_NUMBER(field, name, usual, least, most, help)                                       \
    {name, KIND_NUMBER, PLACE(field), usual, least, most, "N", help},
#define OPTION_RANGE(field, name, low, high, help)                                                 \
    {name, KIND_RANGE, PLACE(field##_ms), low, 0, high, "LOW..HIGH", help},
#define OPTION_TEXT(field, name, word, help) {name, KIND_TEXT, PLACE(field), 0, 0, 0, word, help},
#define OPTION_FLAG(field, name, help)       {name, KIND_FLAG, PLACE(field), 0, 0, 0, "", help},
#include "tools/switch/options.def"
#undef OPTION_NUMBER
#undef OPTION_RANGE
#undef OPTION_TEXT
#undef OPTION_FLAG
};

enum {
    KNOWN = sizeof known / sizeof *known,
    FIRST_KNOWN = 512,
    OPTION_LISTEN = 256,
    OPTION_JUDGE,
    OPTION_JSON,
    OPTION_STEPS,
    OPTION_MIX,
    OWN = 6,
};

void
options_default(struct switch_options *options)
{
    memset(options, 0, sizeof *options);
    for (int i = 0; i < KNOWN; i++) {
        char *place = (char *)options + known[i].place;
        if (known[i].kind == KIND_NUMBER)
            memcpy(place, &known[i].usual, sizeof known[i].usual);
        else if (known[i].kind == KIND_RANGE)
            *(struct range_ms *)(void *)place =
                (struct range_ms){(uint32_t)known[i].usual, (uint32_t)known[i].most};
    }
}

static void
print_help(FILE *out)
{
    fputs(
        "  onhook switch --listen 127.0.0.1:1040 --rate 20 --truth truth.jsonl\n"
        "  onhook switch --listen 127.0.0.1:0,name=a --listen 127.0.0.1:0,name=b,encoding=ber2 \\\n"
        "      --agents 500 --rate 200 --cut-every 60 --ini onhook.ini --truth truth.jsonl\n"
        "  onhook switch --judge truth.jsonl outcomes.jsonl\n"
        "\n"
        "A CSTA switch to try things on: calls of agents, queues and customers that never were,\n"
        "told to whoever connects. It knows who really hung up, and --judge scores what onhook\n"
        "made of it.\n"
        "\n"
        "  --listen HOST:PORT[,encoding=E][,profile=P][,name=NAME][,first=NUMBER][,tls]\n"
        "                      one switch of its own; port 0: one is chosen and printed.\n"
        "                      E: xml, xml-ed3 to xml-ed6, ber1, ber2, ber3.\n"
        "                      P: generic, openscape, oxe, avaya-dmcc, panasonic, broadworks,\n"
        "                      unitel. first: the first agent's number\n"
        "  --judge TRUTH OUTCOMES\n"
        "                      exit 0 if nothing is false, missing, doubled, or unknown though\n"
        "                      visible\n"
        "  --json              with --judge: one JSON object a line\n"
        "  --steps             the steps a scenario file can have\n"
        "  --mix               the usual scenarios, as such a file\n",
        out);
    for (int i = 0; i < KNOWN; i++) {
        char left[64], usual[48] = "";
        snprintf(left, sizeof left, "--%s %s", known[i].name, known[i].word);
        if (known[i].kind == KIND_NUMBER)
            snprintf(usual, sizeof usual, " (%llu)", (unsigned long long)known[i].usual);
        else if (known[i].kind == KIND_RANGE)
            snprintf(usual, sizeof usual, " (%llu..%llu)", (unsigned long long)known[i].usual,
                     (unsigned long long)known[i].most);
        fprintf(out, "  %-26s %s%s\n", left, known[i].help, usual);
    }
    fputs("  -h, --help                 this help\n"
          "\n"
          "Lines on standard input, while it runs: cut, restart, lost, mute, wrong-length, trunk,\n"
          "stop-monitors, abort, each with a listener's name or for all; rate N; silent PERCENT; "
          "drain; quit.\n",
          out);
}

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
read_listen(struct simulator *simulator, const char *text)
{
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
read_value(struct switch_options *options, int which, const char *text)
{
    char *place = (char *)options + known[which].place;
    uint64_t low, high;
    char first[24];
    switch (known[which].kind) {
    case KIND_FLAG:
        *(bool *)(void *)place = true;
        return NULL;
    case KIND_TEXT:
        *(const char **)(void *)place = text;
        return NULL;
    case KIND_NUMBER:
        if (!read_number(&low, text, known[which].least, known[which].most))
            return "is a number out of range, or none";
        memcpy(place, &low, sizeof low);
        return NULL;
    case KIND_RANGE:
        break;
    }
    const char *dots = strstr(text, "..");
    size_t length = dots == NULL ? strlen(text) : (size_t)(dots - text);
    if (length >= sizeof first)
        return "is written LOW..HIGH, in milliseconds";
    memcpy(first, text, length);
    first[length] = '\0';
    if (!read_number(&low, first, 0, 86400000) ||
        !read_number(&high, dots == NULL ? first : dots + 2, low, 86400000))
        return "is written LOW..HIGH, in milliseconds";
    *(struct range_ms *)(void *)place = (struct range_ms){(uint32_t)low, (uint32_t)high};
    return NULL;
}

static void
list_options(struct option options[KNOWN + OWN + 1])
{
    static const struct option own[OWN] = {{"listen", required_argument, NULL, OPTION_LISTEN},
                                           {"judge", no_argument, NULL, OPTION_JUDGE},
                                           {"json", no_argument, NULL, OPTION_JSON},
                                           {"steps", no_argument, NULL, OPTION_STEPS},
                                           {"mix", no_argument, NULL, OPTION_MIX},
                                           {"help", no_argument, NULL, 'h'}};
    memcpy(options, own, sizeof own);
    for (int i = 0; i < KNOWN; i++)
        options[OWN + i] = (struct option){
            known[i].name, known[i].kind == KIND_FLAG ? no_argument : required_argument, NULL,
            FIRST_KNOWN + i};
    options[KNOWN + OWN] = (struct option){0};
}

static int
wrong(const char *name, const char *why)
{
    log_say("--%s: %s; see `onhook switch --help`", name, why);
    return EXIT_WRONG_USAGE;
}

static int
finish(struct simulator *simulator, struct judge_files *judge, bool judges, int argc, char **argv)
{
    const char *start = simulator->options.start;
    if (judges) {
        if (argc - optind != 2)
            return wrong("judge", "needs the file of the truth and that of the outcomes");
        judge->truth = argv[optind];
        judge->outcomes = argv[optind + 1];
        return -1;
    }
    if (optind != argc)
        return wrong("listen", "there are words behind the options that mean nothing");
    if (simulator->listener_count == 0)
        return wrong("listen", "a switch needs a listener, such as 127.0.0.1:1040");
    if (start != NULL && strcmp(start, "monitored") != 0 && strcmp(start, "connected") != 0 &&
        strcmp(start, "now") != 0)
        return wrong("start", "is monitored, connected or now");
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        simulator->listeners[i].pbx.random.state = simulator->options.seed * 1000003 + i;
    return -1;
}

int
options_read(struct simulator *simulator, struct judge_files *judge, int argc, char **argv)
{
    struct option options[KNOWN + OWN + 1];
    bool judges = false;
    int option;
    list_options(options);
    options_default(&simulator->options);
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        const char *why = NULL, *name = "listen";
        if (option >= FIRST_KNOWN) {
            name = known[option - FIRST_KNOWN].name;
            why = read_value(&simulator->options, option - FIRST_KNOWN, optarg);
        } else if (option == OPTION_LISTEN) {
            why = read_listen(simulator, optarg);
        } else if (option == OPTION_JUDGE) {
            judges = true;
        } else if (option == OPTION_JSON) {
            judge->json = true;
        } else if (option == OPTION_STEPS || option == OPTION_MIX) {
            if (option == OPTION_STEPS)
                scenario_print_steps(stdout);
            for (int i = 0; option == OPTION_MIX && scenario_mix[i] != NULL; i++)
                fputs(scenario_mix[i], stdout);
            return EXIT_DONE;
        } else if (option == 'h') {
            print_help(stdout);
            return EXIT_DONE;
        } else {
            log_say("`onhook switch --help` shows the options");
            return EXIT_WRONG_USAGE;
        }
        if (why != NULL)
            return wrong(name, why);
    }
    return finish(simulator, judge, judges, argc, argv);
}
