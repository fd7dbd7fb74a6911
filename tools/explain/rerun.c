#include "tools/explain/rerun.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "tools/command.h"
#include "tools/explain/bench.h"

/* A run in hand. */
struct running {
    struct rerun *rerun;
    struct shared_engine engine;
    struct bench bench;
    struct event event;
    pid_t reader;
    bool finished;
    int raw; /* descriptor of a file without a name, or -1 */
};

/* ---- the reader ---------------------------------------------------------------------------- */

/* In front of each message's bytes in the file. */
struct raw_header {
    uint64_t order;
    uint64_t length;
};

static bool
is_asked_for(const struct rerun *rerun, uint64_t order)
{
    uint32_t low = 0;
    uint32_t high = rerun->order_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rerun->orders[middle] < order)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rerun->order_count && rerun->orders[low] == order;
}

static void
keep_raw(void *context, const struct source_message *message, uint64_t order)
{
    const struct running *running = context;
    if (message->kind != SOURCE_MESSAGE || !is_asked_for(running->rerun, order))
        return;
    struct raw_header header = {order, message->payload.length};
    bool ok = write(running->raw, &header, sizeof header) == (ssize_t)sizeof header &&
              write(running->raw, message->payload.at, header.length) == (ssize_t)header.length;
    if (!ok)
        _exit(EXIT_FAILED);
}

static _Noreturn void
read_inputs(struct running *running)
{
    struct rerun *rerun = running->rerun;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (rerun->silent) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere >= 0)
            dup2(nowhere, STDERR_FILENO);
    }
    lseek(STDIN_FILENO, 0, SEEK_SET);
    if (running->raw >= 0) {
        rerun->input.taken = keep_raw;
        rerun->input.context = running;
    }
    struct settings settings = *rerun->settings; /* our copy: this process adds links to it */
    shared_engine_become(&running->engine, ROLE_FRONTEND, 0);
    _exit(frontend_run(&running->engine, 0, &settings, &rerun->input));
}

/* ---- the worker's part --------------------------------------------------------------------- */

/* False: a record that nobody can have sent. */
static bool
handle_records(struct running *running, struct ring_spsc *ring, uint32_t ready)
{
    uint64_t end = ring->position + ready;
    while (ring->position != end && !running->finished) {
        uint32_t left = (uint32_t)(end - ring->position);
        uint32_t slots = event_unpack(&running->event, ring_spsc_slot(ring, ring->position), left);
        if (slots == 0)
            return false;
        if (running->event.kind == EVENT_FINISH)
            running->finished = true;
        else if (!bench_step(&running->bench, &running->event))
            return false;
        ring_spsc_take(ring, slots);
    }
    ring_spsc_release(ring, 0);
    doorbell_ring(&running->engine.frontends[0].doorbell);
    return true;
}

static void
sleep_for_records(struct shared_engine *engine, struct ring_spsc *ring)
{
    struct shm_doorbell *doorbell = &engine->workers[0].doorbell;
    uint32_t token = doorbell_prepare(doorbell);
    if (ring_spsc_poll(ring, 1) == 0)
        doorbell_sleep(doorbell, token);
    doorbell_finish(doorbell);
}

/* Until everything is read. The reader's exit code, as waitpid() has it. */
static int
work(struct running *running)
{
    struct shared_engine worker = running->engine; /* a view of the same, as its worker */
    shared_engine_attach(&worker, ROLE_WORKER, 0);
    struct ring_spsc *ring = &worker.rings[0];
    int status = 0;
    bool over = false;
    while (!running->finished) {
        uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
        if (ready == 0 && over)
            return status;
        if (ready != 0 && !handle_records(running, ring, ready))
            return -1;
        if (ready == 0 && waitpid(running->reader, &status, WNOHANG) == running->reader)
            over = true; /* what it published before is looked for once more */
        else if (ready == 0)
            sleep_for_records(&worker, ring);
    }
    if (!over)
        waitpid(running->reader, &status, 0);
    return status;
}

/* ---- a run --------------------------------------------------------------------------------- */

/* Its names are gone before anybody reads: whatever happens to us, nothing stays behind. */
static bool
make_engine(struct running *running)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "explain-%d", (int)getpid());
    const struct engine_shape shape = {
        .workers = 1,
        .frontends = 1,
        .ring_slots = running->rerun->settings->ring_slots,
        .result_slots = 64,
        .outbox_slots = OUTBOX_SLOTS_MIN,
        .calls_bytes = SHM_PAGE,
        .frontend_bytes = front_state_bytes(),
    };
    if (!shared_engine_create(&running->engine, name, &shape, why)) {
        log_say("cannot make the shared memory: %s", why);
        return false;
    }
    shared_engine_unlink(&running->engine);
    return true;
}

static void
give_raw(const struct running *running)
{
    const struct rerun *rerun = running->rerun;
    struct raw_header header;
    static char bytes[CSTA_MESSAGE_MAX];
    lseek(running->raw, 0, SEEK_SET);
    while (read(running->raw, &header, sizeof header) == (ssize_t)sizeof header &&
           header.length <= sizeof bytes &&
           read(running->raw, bytes, header.length) == (ssize_t)header.length)
        rerun->take_raw(rerun->context, header.order, bytes, (uint32_t)header.length);
}

static int
run(struct running *running)
{
    running->reader = fork();
    if (running->reader == 0)
        read_inputs(running);
    if (running->reader < 0) {
        log_say("cannot start a process: %s", strerror(errno));
        return EXIT_FAILED;
    }
    int status = work(running);
    if (status < 0) {
        kill(running->reader, SIGKILL);
        waitpid(running->reader, NULL, 0);
    }
    struct shm_counters *counters = &running->engine.frontends[0].counters;
    running->rerun->unreadable =
        counter_read(counters, COUNTER_UNREADABLE) + counter_read(counters, COUNTER_FRAMING_ERRORS);
    if (!running->finished || !WIFEXITED(status)) {
        log_say("the input could not be read to its end");
        return EXIT_FAILED;
    }
    if (running->raw >= 0 && WEXITSTATUS(status) == EXIT_DONE)
        give_raw(running);
    return WEXITSTATUS(status);
}

static int
unnamed_file(void)
{
    const char *folder = getenv("TMPDIR");
    return open(folder != NULL ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int
rerun(struct rerun *rerun)
{
    static struct running running; /* large */
    running = (struct running){.rerun = rerun, .raw = -1};
    if (rerun->take_raw != NULL && (running.raw = unnamed_file()) < 0) {
        log_say("cannot keep the messages: %s", strerror(errno));
        return EXIT_FAILED;
    }
    int code = EXIT_FAILED;
    if (!bench_open(&running.bench, rerun->settings->max_calls, rerun->take, rerun->context)) {
        log_say("no memory for the calls");
    } else if (make_engine(&running)) {
        code = run(&running);
        shared_engine_destroy(&running.engine);
    }
    bench_close(&running.bench);
    if (running.raw >= 0)
        close(running.raw);
    return code;
}

bool
rerun_keep_standard_input(void)
{
    struct stat status;
    if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode))
        return true;
    int file = unnamed_file();
    if (file < 0)
        return false;
    char bytes[8192];
    ssize_t length;
    while ((length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0) {
        if (write(file, bytes, (size_t)length) != length) {
            close(file);
            return false;
        }
    }
    bool ok = length == 0 && dup2(file, STDIN_FILENO) >= 0;
    close(file);
    return ok;
}
