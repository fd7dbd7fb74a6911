/*
 * view_flip FOLDER NAME FLIPS SEED - bits of saved segments are turned over, one after the other,
 * and every tool that reads the segment must come to its end each time.
 *
 * Most flips hit what is read first: headers, cursors, tables of offsets. Every 16th look is at
 * three flips at once, every 64th at a file that was cut short. A crash, a broken promise or ten
 * seconds of work without an answer end the run; the flip is named.
 *
 * Exit: 0 all looks came to their end; 1 one did not; 2 wrong usage.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "tests/inspect_all.h"
#include "base/random.h"

enum {
    FILES_MAX = 64,
    STRETCHES_MAX = 4096,
    FLIPS_AT_ONCE = 3,
    PAGE = 4096,
    WORK_S = 10,
};

/* Where a file holds data; holes are left alone. */
struct stretch {
    uint64_t from;
    uint64_t bytes;
};

struct file {
    char path[512];
    char suffix[32];
    int descriptor;
    uint64_t size;
    uint8_t *bytes;
    uint32_t stretch_count;
    uint64_t data; /* bytes in all stretches */
    struct stretch stretches[STRETCHES_MAX];
};

static struct file files[FILES_MAX];
static uint32_t file_count;
static char doing[256]; /* what is said when it goes wrong */
static int said_to;     /* standard error as it was */

static void
report(int number)
{
    const char *how = number == SIGPROF ? "no answer" : "a crash";
    if (write(said_to, doing, strlen(doing)) < 0 || write(said_to, how, strlen(how)) < 0 ||
        write(said_to, "\n", 1) < 0)
        _exit(2);
    _exit(1);
}

static void
note_stretches(struct file *file)
{
    off_t at = 0;
    while (file->stretch_count < STRETCHES_MAX) {
        off_t from = lseek(file->descriptor, at, SEEK_DATA);
        if (from < 0)
            return;
        at = lseek(file->descriptor, from, SEEK_HOLE);
        if (at <= from)
            return;
        struct stretch stretch = {(uint64_t)from, (uint64_t)(at - from)};
        file->stretches[file->stretch_count++] = stretch;
        file->data += stretch.bytes;
    }
}

static bool
open_file(struct file *file)
{
    struct stat about;
    file->descriptor = open(file->path, O_RDWR | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, &about) != 0 || about.st_size <= 0)
        return false;
    file->size = (uint64_t)about.st_size;
    void *at = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, file->descriptor, 0);
    if (at == MAP_FAILED)
        return false;
    file->bytes = at;
    note_stretches(file);
    return file->stretch_count > 0;
}

static bool
open_files(const char *folder, const char *name)
{
    char prefix[128];
    int length = snprintf(prefix, sizeof prefix, "onhook-%s.", name);
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return false;
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL && file_count < FILES_MAX) {
        struct file *file = &files[file_count];
        if (strncmp(entry->d_name, prefix, (size_t)length) != 0)
            continue;
        snprintf(file->path, sizeof file->path, "%s/%s", folder, entry->d_name);
        snprintf(file->suffix, sizeof file->suffix, "%.31s", entry->d_name + length);
        if (!open_file(file))
            return false;
        file_count++;
    }
    closedir(entries);
    return file_count > 0;
}

static uint64_t
place_in(const struct file *file, uint64_t data)
{
    for (uint32_t i = 0; i < file->stretch_count; i++) {
        if (data < file->stretches[i].bytes)
            return file->stretches[i].from + data;
        data -= file->stretches[i].bytes;
    }
    return file->stretches[0].from;
}

/* Half of them in the first four pages of data. */
static uint64_t
choose_place(const struct file *file, struct random *random)
{
    uint64_t most = file->data;
    if (random_below(random, 2) == 0 && most > 4 * PAGE)
        most = 4 * PAGE;
    uint64_t place = place_in(file, random_next(random) % most);
    return place < file->size ? place : file->size - 1;
}

/* 0 s: no longer. Of its own time: how loaded the machine is, or whether it stands still, does not
 * count. */
static void
bound(int work_s)
{
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = work_s}, NULL);
}

static void
look(const struct file *file, const char *folder, const char *name, uint64_t number)
{
    bound(WORK_S);
    inspect_segment(folder, name, file->suffix, number % 2 == 1);
    bound(0);
}

static void
look_at_flips(struct file *file, const char *folder, const char *name, uint64_t number,
              struct random *random)
{
    uint64_t places[FLIPS_AT_ONCE];
    uint8_t bits[FLIPS_AT_ONCE];
    uint32_t count = number % 16 == 0 ? FLIPS_AT_ONCE : 1;
    int used = snprintf(doing, sizeof doing, "%s:", file->suffix);
    for (uint32_t i = 0; i < count; i++) {
        places[i] = choose_place(file, random);
        bits[i] = (uint8_t)(1 << random_below(random, 8));
        file->bytes[places[i]] ^= bits[i];
        used += snprintf(doing + used, sizeof doing - (size_t)used, " byte %llu bit mask %u,",
                         (unsigned long long)places[i], bits[i]);
    }
    snprintf(doing + used, sizeof doing - (size_t)used, " flip %llu: ", (unsigned long long)number);
    look(file, folder, name, number);
    for (uint32_t i = count; i-- > 0;)
        file->bytes[places[i]] ^= bits[i];
}

/* Cut, looked at, and made whole again. Only files without holes: small ones. */
static void
look_at_cut(struct file *file, const char *folder, const char *name, uint64_t number,
            struct random *random)
{
    static uint8_t whole[8 << 20];
    uint64_t cut = random_next(random) % file->size;
    if (file->size > sizeof whole)
        return;
    memcpy(whole, file->bytes, file->size);
    snprintf(doing, sizeof doing, "%s cut to %llu bytes: ", file->suffix, (unsigned long long)cut);
    if (ftruncate(file->descriptor, (off_t)cut) == 0)
        look(file, folder, name, number);
    if (ftruncate(file->descriptor, (off_t)file->size) != 0 ||
        pwrite(file->descriptor, whole, file->size, 0) != (ssize_t)file->size)
        abort();
}

int
main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    uint64_t flips = strtoull(argv[3], NULL, 10);
    struct random random = {strtoull(argv[4], NULL, 10)};
    if (!open_files(argv[1], argv[2])) {
        fprintf(stderr, "view_flip: the segments of %s in %s: %s\n", argv[2], argv[1],
                strerror(errno));
        return 2;
    }
    said_to = dup(STDERR_FILENO);
    int results_to = dup(STDOUT_FILENO);
    inspect_quiet();
    static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], report);
    snprintf(doing, sizeof doing, "undamaged: ");
    bound(WORK_S);
    inspect_everything(argv[1], argv[2]);
    for (uint64_t i = 0; i < flips; i++) {
        struct file *file = &files[i % file_count];
        if (i % 64 == 63)
            look_at_cut(file, argv[1], argv[2], i, &random);
        else
            look_at_flips(file, argv[1], argv[2], i, &random);
    }
    dprintf(results_to, "%llu looks at damaged segments, %u files: none crashed, none hung\n",
            (unsigned long long)flips, (unsigned)file_count);
    return 0;
}
