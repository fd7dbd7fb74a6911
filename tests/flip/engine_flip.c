/*
 * engine_flip - a stopped engine, a bit of its memory turned over, and the same command again.
 *
 *   engine_flip ONHOOK FOLDER FLIPS SEED WORKERS FRONTENDS INPUT...
 *
 * `onhook replay --name ... --out FOLDER/got INPUT...` is killed on its way, all of it, and its
 * segments are kept. For each flip they are put back, one bit of one of them is turned over, and
 * the same command is given again. It may finish, refuse in words, or fail in words; it may not
 * hang, die of itself, or have a role end by a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL). An exit
 * code of success with other bytes in the output is *silent*: where outcomes are under a checksum
 * (outboxes, result ring) that is wrong too; elsewhere it is counted and told.
 *
 * The first of sixteen flips turns nothing over, and must finish with the same bytes. Each segment
 * by turns; half the flips hit what is read first. The seed decides every choice; when the run is
 * killed is up to the machine. Of what went wrong what was said stays in FOLDER.
 * Exit: 0 nothing wrong, 1 not, 2 wrong usage.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "ipc/segment.h"
#include "ipc/shared_engine.h"
#include "tests/torture/links.h"
#include "tests/torture/victim.h"

enum {
    FILES_MAX = 64,
    FLIPS_OF_A_BASE = 16, /* then the run is killed somewhere else */
    PATH_SIZE = 512,
    WORDS_MAX = 80,
    LOOK_US = 500,
    LIMIT_US = 20000000, /* a run that takes longer hangs */
    FIRST_BYTES = 16384,
    SAID_MAX = 16384,
};

/* Bytes of a file that are there; holes are not. */
struct piece {
    uint64_t at;
    uint64_t length;
    struct piece *next;
    uint8_t bytes[];
};

struct file {
    char path[PATH_SIZE];
    char suffix[32];
    uint64_t size;
    uint64_t data;        /* bytes in all pieces */
    struct piece *pieces; /* in their order */
};

enum verdict { FINISHED, REFUSED, ALARMED, SILENT, WRONG, VERDICTS };

static const char *const verdict_names[VERDICTS] = {"the same", "refused", "failed in words",
                                                    "silent", "wrong"};

struct tally {
    char kind[32];
    uint64_t counts[VERDICTS];
};

struct flip {
    struct victim victim;
    struct random random;
    char name[32];
    char want[PATH_SIZE];
    char got[PATH_SIZE];
    char said[PATH_SIZE];
    uint64_t want_bytes;
    int exit_code; /* of the undisturbed run */
    uint32_t frontends;
    struct file files[FILES_MAX];
    uint32_t file_count;
    struct file output; /* as it was when the run was killed */
    struct tally tallies[FILES_MAX];
    uint32_t tally_count;
    uint64_t flips;
    uint64_t wrong;
};

static struct flip flip;

static uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
pause_us(uint32_t us)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

/* ---- files --------------------------------------------------------------------------------- */

static void
file_forget(struct file *file)
{
    while (file->pieces != NULL) {
        struct piece *piece = file->pieces;
        file->pieces = piece->next;
        free(piece);
    }
    *file = (struct file){0};
}

static struct piece **
take_piece(struct file *file, struct piece **link, int descriptor, off_t from, off_t to)
{
    uint64_t length = (uint64_t)(to - from);
    struct piece *piece = malloc(sizeof *piece + length);
    CHECK(piece != NULL);
    *piece = (struct piece){(uint64_t)from, length, NULL};
    CHECK(pread(descriptor, piece->bytes, length, from) == (ssize_t)length);
    *link = piece;
    file->data += length;
    return &piece->next;
}

static void
file_take(struct file *file, const char *path)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(descriptor >= 0);
    CHECK(fstat(descriptor, &status) == 0);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->size = (uint64_t)status.st_size;
    struct piece **link = &file->pieces;
    off_t to = 0;
    off_t from;
    while ((from = lseek(descriptor, to, SEEK_DATA)) >= 0) {
        to = lseek(descriptor, from, SEEK_HOLE);
        link = take_piece(file, link, descriptor, from, to);
    }
    close(descriptor);
}

/* The same file as before: another one of that name is no output to go on with. */
static void
file_put_back(const struct file *file)
{
    int descriptor = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(descriptor >= 0);
    CHECK(ftruncate(descriptor, (off_t)file->size) == 0);
    for (const struct piece *piece = file->pieces; piece != NULL; piece = piece->next)
        CHECK(pwrite(descriptor, piece->bytes, piece->length, (off_t)piece->at) ==
              (ssize_t)piece->length);
    close(descriptor);
}

/* Half of them in what is read first. */
static uint64_t
choose_place(const struct file *file)
{
    uint64_t number = random_next(&flip.random) % file->data;
    if (random_below(&flip.random, 2) == 0)
        number %= FIRST_BYTES;
    number %= file->data;
    for (const struct piece *piece = file->pieces; piece != NULL; piece = piece->next) {
        if (number < piece->length)
            return piece->at + number;
        number -= piece->length;
    }
    return 0;
}

static void
turn_over(const struct file *file, uint64_t place, uint8_t mask)
{
    uint8_t byte;
    int descriptor = open(file->path, O_RDWR | O_CLOEXEC);
    CHECK(descriptor >= 0);
    CHECK(pread(descriptor, &byte, 1, (off_t)place) == 1);
    byte ^= mask;
    CHECK(pwrite(descriptor, &byte, 1, (off_t)place) == 1);
    close(descriptor);
}

static void
take_segments(void)
{
    char prefix[64];
    int length = snprintf(prefix, sizeof prefix, "onhook-%s.", flip.name);
    DIR *entries = opendir("/dev/shm");
    CHECK(entries != NULL);
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL && flip.file_count < FILES_MAX) {
        char path[PATH_SIZE];
        struct file *file = &flip.files[flip.file_count];
        if (strncmp(entry->d_name, prefix, (size_t)length) != 0)
            continue;
        snprintf(path, sizeof path, "/dev/shm/%s", entry->d_name);
        file_take(file, path);
        snprintf(file->suffix, sizeof file->suffix, "%.31s", entry->d_name + length);
        flip.file_count += file->data > 0;
    }
    closedir(entries);
}

static void
forget_segments(void)
{
    for (uint32_t i = 0; i < flip.file_count; i++)
        file_forget(&flip.files[i]);
    file_forget(&flip.output);
    flip.file_count = 0;
}

/* ---- runs ---------------------------------------------------------------------------------- */

static uint64_t
size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* A run that is killed at some place on its way; false when it was over before. */
static bool
make_base(void)
{
    int status;
    uint64_t least = flip.want_bytes / 16 * (1 + random_below(&flip.random, 13));
    unlink(flip.got);
    forget_segments();
    if (!victim_start(&flip.victim, flip.victim.command))
        return false;
    while (size_of(flip.got) < least)
        if (waitpid(flip.victim.supervisor, &status, WNOHANG) != 0)
            return false;
        else
            pause_us(LOOK_US);
    kill(flip.victim.supervisor, SIGKILL);
    waitpid(flip.victim.supervisor, &status, 0);
    shared_engine_await(flip.name);
    take_segments();
    file_take(&flip.output, flip.got);
    return flip.file_count > 0;
}

/* How the command given again ended; *hangs: it did not. */
static int
go_on(bool *hangs)
{
    int status = 0;
    uint64_t began = now_us();
    unlink(flip.said);
    *hangs = !victim_start(&flip.victim, flip.victim.again);
    while (!*hangs && waitpid(flip.victim.supervisor, &status, WNOHANG) == 0) {
        pause_us(LOOK_US);
        *hangs = now_us() - began > LIMIT_US;
    }
    if (*hangs) {
        kill(flip.victim.supervisor, SIGKILL);
        waitpid(flip.victim.supervisor, &status, 0);
    }
    shared_engine_await(flip.name);
    return status;
}

/* ---- judging ------------------------------------------------------------------------------- */

static const char *
words_said(void)
{
    static char said[SAID_MAX];
    FILE *file = fopen(flip.said, "r");
    size_t length = file != NULL ? fread(said, 1, sizeof said - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    said[length] = '\0';
    return said;
}

static bool
tells_of_fault(const char *said)
{
    static const char *const faults[] = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "Sanitizer"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strstr(said, faults[i]) != NULL)
            return true;
    return false;
}

/* An outcome's bytes are under a checksum there. */
static bool
is_checked(const char *suffix)
{
    return strncmp(suffix, "outbox", 6) == 0 || strncmp(suffix, "result", 6) == 0;
}

static bool
output_is_right(void)
{
    return links_are_same(flip.want, flip.got);
}

static enum verdict
judge(const struct file *file, int status, bool hangs, const char **how)
{
    const char *said = words_said();
    *how = hangs                  ? "hangs"
           : !WIFEXITED(status)   ? "the supervisor died of itself"
           : tells_of_fault(said) ? "a role ended by a fault"
                                  : NULL;
    if (*how != NULL)
        return WRONG;
    int code = WEXITSTATUS(status);
    if (code == 0 || code == flip.exit_code) {
        if (output_is_right())
            return FINISHED;
        *how = "another output, and not a word";
        return is_checked(file->suffix) ? WRONG : SILENT;
    }
    if (strstr(said, "onhook: ") == NULL) {
        *how = "failed without a word";
        return WRONG;
    }
    return strstr(said, "cannot go on") != NULL ? REFUSED : ALARMED;
}

/* "ring-0" and "ring-1" are counted as one. */
static struct tally *
tally_of(const char *suffix)
{
    char kind[32];
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(suffix, "-"), suffix);
    for (uint32_t i = 0; i < flip.tally_count; i++)
        if (strcmp(flip.tallies[i].kind, kind) == 0)
            return &flip.tallies[i];
    struct tally *tally = &flip.tallies[flip.tally_count++];
    memcpy(tally->kind, kind, sizeof kind);
    return tally;
}

static void
tell(const struct file *file, uint64_t place, uint8_t mask, enum verdict verdict, const char *how)
{
    char kept[PATH_SIZE + 32];
    printf("flip %llu: %s, byte %llu, mask %u: %s\n", (unsigned long long)flip.flips, file->suffix,
           (unsigned long long)place, mask, how);
    fflush(stdout);
    if (verdict != WRONG)
        return;
    snprintf(kept, sizeof kept, "%s.wrong-%llu", flip.said, (unsigned long long)flip.flips);
    rename(flip.said, kept);
    snprintf(kept, sizeof kept, "%s.wrong-%llu", flip.got, (unsigned long long)flip.flips);
    rename(flip.got, kept);
}

static void
try_flip(void)
{
    bool hangs;
    const char *how;
    struct file *file = &flip.files[flip.flips % flip.file_count];
    uint64_t place = choose_place(file);
    bool intact = flip.flips % FLIPS_OF_A_BASE == 0; /* or no flip would tell anything */
    uint8_t mask = (uint8_t)(intact ? 0 : 1 << random_below(&flip.random, 8));
    for (uint32_t i = 0; i < flip.file_count; i++)
        file_put_back(&flip.files[i]);
    file_put_back(&flip.output);
    turn_over(file, place, mask);
    int status = go_on(&hangs);
    enum verdict verdict = judge(file, status, hangs, &how);
    if (intact && verdict != FINISHED) {
        verdict = WRONG;
        how = "nothing was turned over, and it was not gone on with";
    }
    tally_of(file->suffix)->counts[verdict]++;
    flip.wrong += verdict == WRONG;
    flip.flips++;
    if (how != NULL)
        tell(file, place, mask, verdict, how);
}

static void
report(uint64_t seconds)
{
    printf("%-10s", "segment");
    for (int i = 0; i < VERDICTS; i++)
        printf("  %15s", verdict_names[i]);
    printf("\n");
    for (uint32_t i = 0; i < flip.tally_count; i++) {
        printf("%-10s", flip.tallies[i].kind);
        for (int j = 0; j < VERDICTS; j++)
            printf("  %15llu", (unsigned long long)flip.tallies[i].counts[j]);
        printf("\n");
    }
    printf("%llu flips, %llu wrong, %llu s\n", (unsigned long long)flip.flips,
           (unsigned long long)flip.wrong, (unsigned long long)seconds);
}

/* ---- the program --------------------------------------------------------------------------- */

static bool
run_undisturbed(const char *const *command)
{
    int status;
    flip.victim = (struct victim){.command = command, .said = flip.said};
    if (!victim_start(&flip.victim, command) ||
        waitpid(flip.victim.supervisor, &status, 0) != flip.victim.supervisor)
        return false;
    flip.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    flip.want_bytes = size_of(flip.want);
    return (flip.exit_code == 0 || flip.exit_code == 3) && flip.want_bytes > 0;
}

static void
put_words(const char *words[WORDS_MAX], const char *const *fixed, char **inputs, const char *last)
{
    uint32_t count = 0;
    for (; *fixed != NULL; fixed++)
        words[count++] = *fixed;
    for (; *inputs != NULL && count < WORDS_MAX - 2; inputs++)
        words[count++] = *inputs;
    words[count++] = last;
    words[count] = NULL;
}

int
main(int argc, char **argv)
{
    if (argc < 8) {
        fprintf(stderr, "usage: engine_flip ONHOOK FOLDER FLIPS SEED WORKERS FRONTENDS INPUT...\n");
        return 2;
    }
    const char *folder = argv[2];
    uint64_t wanted = strtoull(argv[3], NULL, 10);
    flip.random.state = strtoull(argv[4], NULL, 10);
    flip.frontends = (uint32_t)strtoul(argv[6], NULL, 10);
    snprintf(flip.name, sizeof flip.name, "engine-flip-%d", (int)getpid());
    snprintf(flip.want, sizeof flip.want, "%s/want", folder);
    snprintf(flip.got, sizeof flip.got, "%s/got", folder);
    snprintf(flip.said, sizeof flip.said, "%s/said", folder);
    char ini[PATH_SIZE];
    snprintf(ini, sizeof ini, "%s/flip.ini", folder);
    const char *const once[] = {argv[1],     "replay", "-q",    "-c",      ini,
                                "--workers", argv[5],  "--out", flip.want, NULL};
    const char *const named[] = {argv[1],  "replay",  "-q",        "-c",    ini,
                                 "--name", flip.name, "--workers", argv[5], "--front-ends",
                                 argv[6],  "--out",   flip.got,    NULL};
    const char *undisturbed[WORDS_MAX];
    const char *command[WORDS_MAX];
    const char *again[WORDS_MAX];
    put_words(undisturbed, once, argv + 7, NULL);
    put_words(command, named, argv + 7, "--fresh");
    put_words(again, named, argv + 7, NULL);
    if (!run_undisturbed(undisturbed)) {
        fprintf(stderr, "engine_flip: the undisturbed run failed: %s\n", words_said());
        return 1;
    }
    uint64_t began = now_us();
    flip.victim =
        (struct victim){.command = command, .again = again, .name = flip.name, .said = flip.said};
    while (flip.flips < wanted && flip.wrong < 20) {
        if (flip.flips % FLIPS_OF_A_BASE == 0)
            while (!make_base())
                continue;
        try_flip();
    }
    segment_remove_dead(flip.name, WORKERS_MAX);
    forget_segments();
    report((now_us() - began) / 1000000);
    return flip.wrong > 0;
}
