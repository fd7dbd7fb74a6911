/*
 * twin FILE - the same pipeline as one would build it in a week: who hung up, from framed CSTA XML.
 *
 *   reader and parser (libexpat) --pipe--> calls (uthash) --pipe--> writer (stdio)
 *
 * A process a stage, records of fixed size through large stdio buffers, the parser reset and not
 * made anew for each message, a call a struct from malloc. It knows the plain case only: parties of
 * a call, releasingDevice. No second look at copies, joins, requests, times; nothing survives a
 * crash. So it does less than onhook, and is measured as if it did the same (bench_twin.sh).
 * Prints outcomes on standard output, and how many messages there were on standard error.
 */
#include <expat.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

#include "base/check.h"

enum {
    TEXT_SIZE = 64,
    PARTIES_MAX = 8,
    BUFFER_BYTES = 1 << 16,
    FRAME_MAX = 1 << 16,
    HASH_SALT = 1,
};

enum kind {
    KIND_OTHER,
    KIND_IN,      /* somebody is in the call */
    KIND_CLEARED, /* somebody left */
};

struct record {
    uint32_t kind;
    char call[TEXT_SIZE];
    char device[TEXT_SIZE];
    char releasing[TEXT_SIZE];
    char cause[TEXT_SIZE];
};

struct outcome {
    char call[TEXT_SIZE];
    char party[TEXT_SIZE];
    char by[TEXT_SIZE];
    char cause[TEXT_SIZE];
    bool is_local;
};

/* ---- parsing -------------------------------------------------------------------------------- */

struct parse {
    struct record record;
    bool has_root;
    bool in_releasing;
    char *into; /* the text of this element is wanted; NULL: it is not */
    size_t length;
};

static enum kind
kind_of(const char *root)
{
    if (strcmp(root, "ConnectionClearedEvent") == 0)
        return KIND_CLEARED;
    static const char *const in[] = {"DeliveredEvent", "EstablishedEvent", "OriginatedEvent",
                                     "ServiceInitiatedEvent", "QueuedEvent"};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        if (strcmp(root, in[i]) == 0)
            return KIND_IN;
    return KIND_OTHER;
}

static void
start_element(void *context, const char *name, const char **attributes)
{
    struct parse *parse = context;
    (void)attributes;
    if (!parse->has_root) {
        parse->record.kind = kind_of(name);
        parse->has_root = true;
    }
    parse->into = NULL;
    parse->length = 0;
    if (strcmp(name, "callID") == 0)
        parse->into = parse->record.call;
    else if (strcmp(name, "deviceID") == 0)
        parse->into = parse->record.device;
    else if (strcmp(name, "cause") == 0)
        parse->into = parse->record.cause;
    else if (strcmp(name, "releasingDevice") == 0)
        parse->in_releasing = true;
    else if (strcmp(name, "deviceIdentifier") == 0 && parse->in_releasing)
        parse->into = parse->record.releasing;
}

static void
end_element(void *context, const char *name)
{
    struct parse *parse = context;
    parse->into = NULL;
    if (strcmp(name, "releasingDevice") == 0)
        parse->in_releasing = false;
}

static void
take_text(void *context, const char *text, int length)
{
    struct parse *parse = context;
    size_t room = TEXT_SIZE - 1 - parse->length, most = (size_t)length;
    if (parse->into == NULL)
        return;
    if (most > room)
        most = room;
    memcpy(parse->into + parse->length, text, most);
    parse->length += most;
}

static void
parse_file(const char *path, FILE *out)
{
    static unsigned char frame[FRAME_MAX];
    FILE *in = fopen(path, "r");
    XML_Parser parser = XML_ParserCreate(NULL);
    struct parse parse;
    uint64_t messages = 0;
    CHECK(in != NULL && parser != NULL && setvbuf(in, NULL, _IOFBF, BUFFER_BYTES) == 0);
    while (fread(frame, 1, 8, in) == 8) {
        size_t length = (size_t)(frame[2] << 8 | frame[3]) - 8;
        CHECK(fread(frame, 1, length, in) == length);
        memset(&parse, 0, sizeof parse);
        XML_ParserReset(parser, NULL);
        XML_SetHashSalt(parser, HASH_SALT);
        XML_SetUserData(parser, &parse);
        XML_SetElementHandler(parser, start_element, end_element);
        XML_SetCharacterDataHandler(parser, take_text);
        CHECK(XML_Parse(parser, (const char *)frame, (int)length, 1) == XML_STATUS_OK);
        CHECK(fwrite(&parse.record, sizeof parse.record, 1, out) == 1);
        messages++;
    }
    fprintf(stderr, "{\"messages\":%llu}\n", (unsigned long long)messages);
    XML_ParserFree(parser);
    fclose(in);
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct call {
    char id[TEXT_SIZE];
    char parties[PARTIES_MAX][TEXT_SIZE];
    uint32_t count;
    UT_hash_handle hh;
};

static uint32_t
party_of(const struct call *call, const char *device)
{
    uint32_t at = 0;
    while (at < call->count && strcmp(call->parties[at], device) != 0)
        at++;
    return at;
}

static void
clear_party(struct call *call, const struct record *record, FILE *out)
{
    struct outcome outcome = {.is_local = strcmp(record->releasing, record->device) == 0};
    uint32_t at = party_of(call, record->device);
    if (at == call->count)
        return;
    memcpy(outcome.call, call->id, TEXT_SIZE);
    memcpy(outcome.party, record->device, TEXT_SIZE);
    memcpy(outcome.by, record->releasing, TEXT_SIZE);
    memcpy(outcome.cause, record->cause, TEXT_SIZE);
    CHECK(fwrite(&outcome, sizeof outcome, 1, out) == 1);
    call->count--;
    memmove(call->parties[at], call->parties[call->count], TEXT_SIZE);
}

static void
judge_records(FILE *in, FILE *out)
{
    struct call *calls = NULL;
    struct record record;
    while (fread(&record, sizeof record, 1, in) == 1) {
        struct call *call = NULL;
        HASH_FIND_STR(calls, record.call, call);
        if (record.kind == KIND_IN && call == NULL) {
            call = calloc(1, sizeof *call);
            CHECK(call != NULL);
            memcpy(call->id, record.call, TEXT_SIZE);
            HASH_ADD_STR(calls, id, call);
        }
        if (record.kind == KIND_IN && call->count < PARTIES_MAX &&
            party_of(call, record.device) == call->count)
            memcpy(call->parties[call->count++], record.device, TEXT_SIZE);
        if (record.kind != KIND_CLEARED || call == NULL)
            continue;
        clear_party(call, &record, out);
        if (call->count == 0) {
            HASH_DEL(calls, call);
            free(call);
        }
    }
    HASH_CLEAR(hh, calls);
}

static void
write_outcomes(FILE *in)
{
    struct outcome outcome;
    while (fread(&outcome, sizeof outcome, 1, in) == 1)
        printf("{\"Event\":\"EventReleased\",\"CallID\":\"%s\",\"ThisDN\":\"%s\","
               "\"ReleasingParty\":\"%s\",\"By\":\"%s\",\"Cause\":\"%s\"}\n",
               outcome.call, outcome.party, outcome.is_local ? "1 Local" : "2 Remote", outcome.by,
               outcome.cause);
}

static FILE *
open_end(int descriptor, const char *mode)
{
    FILE *file = fdopen(descriptor, mode);
    CHECK(file != NULL && setvbuf(file, NULL, _IOFBF, BUFFER_BYTES) == 0);
    return file;
}

int
main(int argc, char **argv)
{
    int records[2], outcomes[2];
    if (argc != 2) {
        fputs("usage: twin FILE\n", stderr);
        return 2;
    }
    CHECK(pipe(records) == 0 && pipe(outcomes) == 0);
    pid_t parser = fork();
    if (parser == 0) {
        FILE *out = open_end(records[1], "w");
        parse_file(argv[1], out);
        return fclose(out) != 0;
    }
    close(records[1]);
    pid_t judge = fork();
    if (judge == 0) {
        FILE *out = open_end(outcomes[1], "w");
        judge_records(open_end(records[0], "r"), out);
        return fclose(out) != 0;
    }
    close(outcomes[1]);
    close(records[0]);
    write_outcomes(open_end(outcomes[0], "r"));
    int of_parser = 1, of_judge = 1;
    CHECK(waitpid(parser, &of_parser, 0) == parser && waitpid(judge, &of_judge, 0) == judge);
    return of_parser != 0 || of_judge != 0;
}
