#include "engine/frontend.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/complaint.h"
#include "engine/session.h"
#include "ipc/process_state.h"

enum {
    BATCH = 32,   /* messages, unless told */
    NAP_MS = 250, /* longest sleep over a silent pipe; then workers' reports are taken */
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
};

struct frontend {
    struct session *session;
    const struct frontend_input *input;
    struct shm_counters *counters;
    struct shm_front_input *at; /* session->front.input: all before it is done */
    uint32_t batched;
    uint32_t batch;
};

static bool
is_regular(const char *path)
{
    struct stat about;
    bool standard_input = strcmp(path, "-") == 0;
    return (standard_input ? fstat(STDIN_FILENO, &about) : stat(path, &about)) == 0 &&
           S_ISREG(about.st_mode);
}

bool
frontend_can_restart(const struct shared_engine *engine, uint32_t index,
                     const struct frontend_input *input, const char **why)
{
    bool standard_input = false;
    for (uint32_t i = 0; i < input->file_count; i++) {
        bool again = standard_input && strcmp(input->files[i], "-") == 0;
        standard_input |= strcmp(input->files[i], "-") == 0;
        if (is_regular(input->files[i]) && !again)
            continue;
        *why = "its input cannot be read again";
        return false;
    }
    *why = "its input declares more of links than is kept";
    return front_is_complete(engine, index);
}

static void
expect_source(struct frontend *frontend, struct source *source, uint32_t number)
{
    struct source_message message;
    while (source_next(source, &message) == SOURCE_OK) {
        if (message.kind == SOURCE_BROKEN && !source_names_links(source))
            return;
        if (!text_is_none(message.link))
            session_expect(frontend->session, message.link, number);
        /* A stream has one link. */
        if (!source_names_links(source))
            return;
    }
}

static void
set_options(struct frontend *frontend, struct source *source, const char *path,
            const struct source_options *options)
{
    struct source_options known = dialect_options(options, frontend->session->settings, path);
    source_set_options(source, &known);
}

/*
 * A link ends after its last input, so what later inputs speak of must be known. A pipe cannot
 * be read twice: whatever was spoken of before it may go on in it.
 */
static void
expect_input(struct frontend *frontend, const char *path, uint32_t number,
             const struct source_options *options)
{
    const struct front *front = &frontend->session->front;
    struct source source;
    if (strcmp(path, "-") == 0 || !is_regular(path)) {
        for (uint32_t link = 0; link < front->now->links.count; link++)
            session_expect(frontend->session, text_of(front_link(front, link)->name), number);
    } else if (source_open(&source, path)) {
        set_options(frontend, &source, path, options);
        expect_source(frontend, &source, number);
        source_close(&source);
    }
}

/* Whoever is killed meanwhile has a successor that looks through the same file again. */
static void
expect_inputs(struct frontend *frontend, const struct frontend_input *input)
{
    for (uint32_t i = 0; i < input->file_count && input->file_count > 1; i++)
        expect_input(frontend, input->files[i], i + 1, &input->options);
    session_begin(frontend->session);
    *frontend->at = (struct shm_front_input){.file = 1, .phase = INPUT_READING};
    session_publish(frontend->session, false);
}

static void
publish(struct frontend *frontend, const struct source *source, bool pause)
{
    uint64_t bytes = source_bytes(source);
    session_begin(frontend->session);
    if (bytes > frontend->at->bytes) {
        counter_add(frontend->counters, COUNTER_BYTES, bytes - frontend->at->bytes);
        frontend->at->bytes = bytes;
    }
    frontend->batched = 0;
    session_publish(frontend->session, pause);
}

static void
wait_for_input(struct frontend *frontend, const struct source *source)
{
    publish(frontend, source, true);
    session_sleep(frontend->session);
    source_wait(source, NAP_MS);
    session_wake(frontend->session);
}

/* What was taken stands behind us. */
static void
move_on(struct frontend *frontend, const struct source *source, uint64_t complaints)
{
    struct source_position position = source_position(source);
    struct shm_front_input *at = frontend->at;
    at->offset = position.offset;
    at->line = position.line;
    at->given = position.given;
    at->format = position.format;
    at->over = position.over;
    at->skipping = position.skipping;
    at->complaints = complaints;
}

static void
take(struct frontend *frontend, const struct source_message *message, const struct source *source,
     struct complaints *complaints)
{
    const char *why = NULL;
    size_t where = 0;
    session_received(frontend->session, source_received_ns(source));
    if (session_take(frontend->session, message, frontend->at->file, &why, &where) ==
        SESSION_UNREADABLE)
        complaint_say(complaints, message, why, where);
    if (frontend->input->taken != NULL)
        frontend->input->taken(frontend->input->context, message, session_order(frontend->session));
    move_on(frontend, source, complaints->count);
    if (++frontend->batched >= frontend->batch)
        publish(frontend, source, false);
}

static bool
read_source(struct frontend *frontend, struct source *source, const char *path)
{
    struct complaints complaints = {.file = path, .count = frontend->at->complaints};
    struct source_message message;
    enum source_result result;
    while ((result = source_next(source, &message)) == SOURCE_OK || result == SOURCE_WAIT) {
        if (result == SOURCE_WAIT)
            wait_for_input(frontend, source);
        else
            take(frontend, &message, source, &complaints);
    }
    complaint_end(&complaints);
    if (result == SOURCE_FAILED)
        log_at(path, 0, "%s", strerror(source_error(source)));
    return result == SOURCE_END;
}

static bool
is_same_file(struct shm_front_input *at, const struct source *source)
{
    uint64_t device;
    uint64_t inode;
    if (!reader_identity(&source->reader, &device, &inode))
        return false;
    if (at->inode == 0 && at->device == 0) {
        at->device = device;
        at->inode = inode;
    }
    return at->device == device && at->inode == inode;
}

/* Goes on where the front-end before us was in this input, if it was. */
static bool
resume(struct frontend *frontend, struct source *source, const char *path)
{
    struct shm_front_input *at = frontend->at;
    const struct source_position position = {
        .offset = at->offset,
        .line = at->line,
        .given = at->given,
        .format = at->format,
        .over = at->over != 0,
        .skipping = at->skipping != 0,
    };
    bool begun = at->inode != 0 || at->device != 0;
    if (is_same_file(at, source) ? source_resume(source, &position) : !begun)
        return true;
    log_at(path, 0, "cannot go on reading it: it was replaced");
    return false;
}

/* Reads an input to its end. Closed when that is certain: a successor may have to open it again. */
static void
read_input(struct frontend *frontend, const char *path, const struct source_options *options)
{
    struct source source;
    bool opened = source_open(&source, path);
    if (opened)
        set_options(frontend, &source, path, options);
    bool ok = opened && resume(frontend, &source, path);
    if (!opened)
        log_at(path, 0, "%s", strerror(errno));
    if (ok)
        ok = read_source(frontend, &source, path);
    session_begin(frontend->session);
    frontend->at->failed |= !ok;
    frontend->at->phase = INPUT_ENDING;
    if (!opened)
        return;
    publish(frontend, &source, false);
    source_close(&source);
}

/* From wherever the input in hand is to the beginning of the next. */
static void
take_input(struct frontend *frontend, const char *path, const struct source_options *options)
{
    struct shm_front_input *at = frontend->at;
    if (at->phase == INPUT_READING)
        read_input(frontend, path, options);
    session_end_links(frontend->session, at->file);
    session_begin(frontend->session);
    *at = (struct shm_front_input){
        .file = at->file + 1, .phase = INPUT_READING, .failed = at->failed};
    session_publish(frontend->session, true); /* the next input may be long in coming */
}

int
frontend_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
             const struct frontend_input *input)
{
    struct frontend frontend = {
        .session = session_open(engine, index, settings),
        .input = input,
        .counters = &engine->frontends[index].counters,
        .batch = input->batch != 0 ? input->batch : BATCH,
    };
    if (frontend.session == NULL) {
        log_say("no memory for the front-end, or what one before it left is damaged");
        return PROCESS_EXIT_DAMAGED;
    }
    frontend.at = &frontend.session->front.input;
    if (frontend.at->phase == INPUT_EXPECTING)
        expect_inputs(&frontend, input);
    while (frontend.at->phase != INPUT_FINISHED && frontend.at->file <= input->file_count)
        take_input(&frontend, input->files[frontend.at->file - 1], &input->options);
    if (frontend.at->phase != INPUT_FINISHED)
        session_finish(frontend.session);
    int code = frontend.at->failed != 0 ? EXIT_FAILED : EXIT_DONE;
    session_close(frontend.session);
    if (code == EXIT_DONE)
        process_done_set(&engine->frontends[index]);
    return code;
}
