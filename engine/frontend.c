#include "engine/frontend.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/complaint.h"
#include "engine/session.h"
#include "ipc/process_state.h"

enum {
    BATCH = 32,   /* messages that become visible together */
    NAP_MS = 250, /* longest sleep over a silent pipe; then workers' reports are taken */
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
};

struct frontend {
    struct session *session;
    struct shm_counters *counters;
    uint64_t bytes; /* of the current input, already counted */
    uint32_t batched;
};

static bool
is_regular(const char *path)
{
    struct stat about;
    return strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
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

/*
 * A link ends after its last input, so what later inputs speak of must be known. A pipe cannot
 * be read twice: whatever was spoken of before it may go on in it.
 */
static void
expect_inputs(struct frontend *frontend, const struct frontend_input *input)
{
    struct link_table *links = &frontend->session->links;
    for (uint32_t i = 0; i < input->file_count; i++) {
        struct source source;
        if (!is_regular(input->files[i])) {
            for (uint32_t link = 0; link < links->count; link++)
                session_expect(frontend->session, text_of(links->links[link]->name), i + 1);
        } else if (source_open(&source, input->files[i])) {
            source_set_options(&source, &input->options);
            expect_source(frontend, &source, i + 1);
            source_close(&source);
        }
    }
}

static void
publish(struct frontend *frontend, const struct source *source, bool pause)
{
    counter_add(frontend->counters, COUNTER_BYTES, source_bytes(source) - frontend->bytes);
    frontend->bytes = source_bytes(source);
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

static void
take(struct frontend *frontend, const struct source_message *message, uint32_t number,
     struct complaints *complaints)
{
    const char *why = NULL;
    size_t where = 0;
    if (session_take(frontend->session, message, number, &why, &where) == SESSION_UNREADABLE)
        complaint_say(complaints, message, why, where);
}

static bool
read_source(struct frontend *frontend, struct source *source, const char *path, uint32_t number)
{
    struct complaints complaints = {.file = path};
    struct source_message message;
    enum source_result result;
    while ((result = source_next(source, &message)) == SOURCE_OK || result == SOURCE_WAIT) {
        if (result == SOURCE_WAIT) {
            wait_for_input(frontend, source);
            continue;
        }
        take(frontend, &message, number, &complaints);
        if (++frontend->batched >= BATCH)
            publish(frontend, source, false);
    }
    complaint_end(&complaints);
    if (result == SOURCE_FAILED)
        log_at(path, 0, "%s", strerror(source_error(source)));
    publish(frontend, source, false);
    return result == SOURCE_END;
}

static bool
read_input(struct frontend *frontend, const char *path, uint32_t number,
           const struct source_options *options)
{
    struct source source;
    if (!source_open(&source, path)) {
        log_at(path, 0, "%s", strerror(errno));
        return false;
    }
    source_set_options(&source, options);
    frontend->bytes = 0;
    bool ok = read_source(frontend, &source, path, number);
    source_close(&source);
    return ok;
}

int
frontend_run(struct shared_engine *engine, struct settings *settings,
             const struct frontend_input *input)
{
    struct frontend frontend = {
        .session = session_open(engine, settings),
        .counters = &engine->frontend->counters,
    };
    if (frontend.session == NULL) {
        log_say("not enough memory for the front-end");
        return EXIT_FAILED;
    }
    if (input->file_count > 1)
        expect_inputs(&frontend, input);
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < input->file_count; i++) {
        if (!read_input(&frontend, input->files[i], i + 1, &input->options))
            code = EXIT_FAILED;
        session_end_links(frontend.session, i + 1);
        session_publish(frontend.session, true); /* the next input may be long in coming */
    }
    session_finish(frontend.session);
    session_close(frontend.session);
    if (code == EXIT_DONE)
        process_done_set(engine->frontend);
    return code;
}
