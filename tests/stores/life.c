/*
 * tests/stores/life.c - the calls that are taken have the linker's names (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming)
 */
#include "tests/stores/life.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/directory.h"
#include "engine/session.h"
#include "ipc/doorbell.h"
#include "tests/stores/stores.h"

enum {
    STACK_BYTES = 1 << 20,
    HELD_MAX = 512, /* pieces of memory of one life */
    OUTPUT_PIECE = 64,
    LARGE_BYTES = 1 << 20,
};

struct life {
    ucontext_t context;
    void *stack;
    bool runs;
    int code;
    int (*play)(struct shared_engine *engine, uint8_t part);
    struct shared_engine engine;
    struct directory *directory;
    uint64_t looked_at; /* stores there were when it last looked for news */
    void *held[HELD_MAX];
    uint32_t held_count;
};

static struct life lives[PARTS_MAX];
static ucontext_t scheduler;
static enum life_result why;
static int first_descriptor;
static uint64_t clock_now_ns;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void __real_free(void *at);
struct directory *__real_directory_open(struct front *front, uint32_t capacity);
void __real_directory_close(struct directory *directory);
void __real_session_publish(struct session *session, bool pause);
uint64_t __real_watermark_get(const struct shared_engine *engine, uint32_t frontend);
ssize_t __real_pwrite(int descriptor, const void *bytes, size_t count, off_t offset);
int __real_ftruncate(int descriptor, off_t length);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void __wrap_free(void *at);
struct directory *__wrap_directory_open(struct front *front, uint32_t capacity);
void __wrap_directory_close(struct directory *directory);
void __wrap_session_publish(struct session *session, bool pause);
uint64_t __wrap_watermark_get(const struct shared_engine *engine, uint32_t frontend);
void __wrap_doorbell_sleep(struct shm_doorbell *bell, uint32_t token);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_clock_gettime(clockid_t which, struct timespec *now);
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t count, off_t offset);
int __wrap_ftruncate(int descriptor, off_t length);

/* ---- coming and going ------------------------------------------------------------------------ */

static struct life *
living(void)
{
    return stores.part == STORES_NEVER ? NULL : &lives[stores.part];
}

static void
leave(enum life_result result)
{
    why = result;
    setcontext(&scheduler);
    CHECK_NEVER("the scheduler takes over");
}

static void
leave_at_cut(void)
{
    leave(LIFE_CUT);
}

static void
leave_endless(void)
{
    leave(LIFE_ENDLESS);
}

static void
wait_for_turn(void)
{
    struct life *life = living();
    if (life == NULL)
        return;
    why = LIFE_WAITS;
    CHECK(swapcontext(&life->context, &scheduler) == 0);
}

static void
live(void)
{
    struct life *life = living();
    life->code = life->play(&life->engine, stores.part);
    leave(LIFE_DONE);
}

void
life_prepare(void)
{
    for (uint8_t part = 0; part < PARTS_MAX; part++) {
        lives[part].stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(lives[part].stack != MAP_FAILED);
    }
    first_descriptor = dup(STDERR_FILENO);
    CHECK(first_descriptor >= 0);
    close(first_descriptor);
    /* Tables of which little is used stay cheap, and what is given back is soon wanted again. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, 64 * LARGE_BYTES);
    stores.end = leave_at_cut;
    stores.endless = leave_endless;
}

void
life_start(uint8_t part, const struct shared_engine *engine,
           int (*play)(struct shared_engine *engine, uint8_t part))
{
    struct life *life = &lives[part];
    CHECK(!life->runs && life->held_count == 0 && life->directory == NULL);
    life->runs = true;
    life->play = play;
    life->looked_at = UINT64_MAX;
    memcpy(&life->engine, engine, sizeof life->engine);
    CHECK(getcontext(&life->context) == 0);
    life->context.uc_stack.ss_sp = life->stack;
    life->context.uc_stack.ss_size = STACK_BYTES;
    life->context.uc_link = NULL;
    makecontext(&life->context, live, 0);
}

enum life_result
life_resume(uint8_t part)
{
    stores.part = part;
    CHECK(swapcontext(&scheduler, &lives[part].context) == 0);
    stores.part = STORES_NEVER;
    return why;
}

int
life_code(uint8_t part)
{
    return lives[part].code;
}

void
life_discard(uint8_t part)
{
    struct life *life = &lives[part];
    stores.part = part; /* what is freed is its own */
    if (life->directory != NULL)
        __real_directory_close(life->directory);
    stores.part = STORES_NEVER;
    life->directory = NULL;
    for (uint32_t i = 0; i < life->held_count; i++)
        __real_free(life->held[i]);
    life->held_count = 0;
    life->runs = false;
    if (part == PART_FRONTEND)
        close_range((unsigned)first_descriptor, ~0U, 0);
}

/* ---- waiting, and time ----------------------------------------------------------------------- */

void
__wrap_doorbell_sleep(struct shm_doorbell *bell, uint32_t token)
{
    (void)bell;
    (void)token;
    wait_for_turn();
}

int
__wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted;
    (void)left;
    wait_for_turn();
    return 0;
}

/* Who looks again, having stored nothing since, has nothing to do. */
uint64_t
__wrap_watermark_get(const struct shared_engine *engine, uint32_t frontend)
{
    struct life *life = living();
    if (life != NULL && life->looked_at == stores.count)
        wait_for_turn();
    if (life != NULL)
        life->looked_at = stores.count;
    return __real_watermark_get(engine, frontend);
}

void
__wrap_session_publish(struct session *session, bool pause)
{
    __real_session_publish(session, pause);
    wait_for_turn();
}

void
life_reset_clock(void)
{
    clock_now_ns = UINT64_C(1000000000000);
}

int
__wrap_clock_gettime(clockid_t which, struct timespec *now)
{
    (void)which;
    clock_now_ns += 1000;
    now->tv_sec = (time_t)(clock_now_ns / 1000000000);
    now->tv_nsec = (long)(clock_now_ns % 1000000000);
    return 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void *
hold(void *at)
{
    struct life *life = living();
    if (life != NULL && at != NULL) {
        CHECK(life->held_count < HELD_MAX);
        life->held[life->held_count++] = at;
    }
    return at;
}

static void
let_go(const void *at)
{
    struct life *life = living();
    for (uint32_t i = 0; life != NULL && at != NULL && i < life->held_count; i++)
        if (life->held[i] == at)
            life->held[i] = life->held[--life->held_count];
}

void *
__wrap_malloc(size_t size)
{
    return hold(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return hold(__real_calloc(count, size));
}

void *
__wrap_realloc(void *at, size_t size)
{
    let_go(at);
    return hold(__real_realloc(at, size));
}

void
__wrap_free(void *at)
{
    let_go(at);
    __real_free(at);
}

struct directory *
__wrap_directory_open(struct front *front, uint32_t capacity)
{
    struct directory *directory = __real_directory_open(front, capacity);
    if (living() != NULL)
        living()->directory = directory;
    return directory;
}

void
__wrap_directory_close(struct directory *directory)
{
    if (living() != NULL)
        living()->directory = NULL;
    __real_directory_close(directory);
}

/* ---- the output ------------------------------------------------------------------------------ */

/* Only the publisher writes. A death in the middle leaves the beginning. */
ssize_t
__wrap_pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    if (living() == NULL)
        return __real_pwrite(descriptor, bytes, count, offset);
    for (size_t done = 0; done < count;) {
        size_t piece = count - done < OUTPUT_PIECE ? count - done : OUTPUT_PIECE;
        stores_output();
        if (__real_pwrite(descriptor, (const char *)bytes + done, piece, offset + (off_t)done) !=
            (ssize_t)piece)
            return -1;
        done += piece;
    }
    return (ssize_t)count;
}

int
__wrap_ftruncate(int descriptor, off_t length)
{
    if (living() != NULL)
        stores_output();
    return __real_ftruncate(descriptor, length);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
