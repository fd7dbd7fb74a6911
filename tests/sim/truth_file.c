#include "tests/sim/truth_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

/* ---- words ---------------------------------------------------------------------------------- */

/* What stands before the next separator; *rest goes on after it. */
static struct text
next_word(struct text *rest, char separator)
{
    const char *end = rest->length == 0 ? NULL : memchr(rest->at, separator, rest->length);
    struct text word = *rest;
    if (end != NULL)
        word.length = (uint32_t)(end - rest->at);
    *rest = text_skip(*rest, word.length + (end != NULL));
    return word;
}

bool
truth_has_name(struct text names, char separator, struct text name)
{
    if (text_is_none(name))
        name = TEXT("-");
    while (!text_is_none(names))
        if (text_is_equal(next_word(&names, separator), name))
            return true;
    return false;
}

static bool
read_hex(struct text word, uint64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < word.length; i++) {
        char digit = word.at[i];
        bool decimal = digit >= '0' && digit <= '9';
        if (!decimal && (digit < 'a' || digit > 'f'))
            return false;
        *value = *value << 4 | (uint64_t)(decimal ? digit - '0' : digit - 'a' + 10);
    }
    return word.length == 16;
}

static bool
read_decimal(struct text word, int64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < word.length; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
        *value = *value * 10 + (word.at[i] - '0');
    }
    return word.length > 0 && word.length < 10;
}

static bool
read_visible(struct text word, bool *visible)
{
    *visible = text_is_equal(word, TEXT("visible"));
    return *visible || text_is_equal(word, TEXT("hidden"));
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool
read_end(struct truth_end *end, struct text words)
{
    int64_t act;
    end->names = next_word(&words, ' ');
    end->truth = next_word(&words, ' ');
    bool good = read_visible(next_word(&words, ' '), &end->visible);
    struct text kind = next_word(&words, ' '), value = next_word(&words, ' ');
    end->reasons = next_word(&words, ' ');
    good = good && read_decimal(next_word(&words, ' '), &end->call_state);
    good = good && read_decimal(next_word(&words, ' '), &act) && act < TRUTH_ENDS_MAX;
    if (!good || kind.length != 1 || value.length != 1 || !text_is_none(words))
        return false;
    end->kind = kind.at[0];
    end->value = value.at[0];
    end->act = (uint32_t)act;
    return strchr("RAX", end->kind) != NULL && strchr("123-", end->value) != NULL;
}

static bool
read_deleted(struct truth_call *call, struct text words)
{
    call->deleted = !text_is_equal(words, TEXT("open"));
    if (!call->deleted)
        return true;
    call->truth = next_word(&words, ' ');
    bool good = read_visible(next_word(&words, ' '), &call->visible);
    call->reasons = next_word(&words, ' ');
    call->joined_to = next_word(&words, ' ');
    return good && !text_is_none(call->joined_to) && text_is_none(words);
}

static struct text
line_at(const struct truth_file *file, uint64_t offset)
{
    size_t left = file->length - offset;
    const char *end = memchr(file->bytes + offset, '\n', left);
    if (end == NULL)
        return TEXT_NONE;
    return (struct text){file->bytes + offset, (uint32_t)(end - (file->bytes + offset))};
}

bool
truth_call_read(struct truth_call *call, const struct truth_file *file, uint64_t offset)
{
    struct text line = line_at(file, offset);
    *call = (struct truth_call){.end_count = 0};
    call->link = next_word(&line, '\t');
    call->ids = next_word(&line, '\t');
    next_word(&line, '\t'); /* the generation is for people */
    bool good = read_hex(next_word(&line, '\t'), &call->key);
    call->scene = next_word(&line, '\t');
    good = good && read_deleted(call, next_word(&line, '\t'));
    while (good && !text_is_none(line)) {
        if (call->end_count == TRUTH_ENDS_MAX)
            return false;
        good = read_end(&call->ends[call->end_count++], next_word(&line, '\t'));
    }
    return good;
}

/* ---- the index ------------------------------------------------------------------------------ */

static struct truth_seen *
place_of(struct truth_file *file, uint64_t key)
{
    uint64_t at = key & (file->capacity - 1);
    while (file->seen[at].key != 0 && file->seen[at].key != key)
        at = (at + 1) & (file->capacity - 1);
    return &file->seen[at];
}

struct truth_seen *
truth_file_find(struct truth_file *file, uint64_t key)
{
    struct truth_seen *seen = place_of(file, key);
    return key != 0 && seen->key == key ? seen : NULL;
}

static const char *
index_lines(struct truth_file *file)
{
    struct truth_call call;
    uint64_t lines = 0;
    for (size_t i = 0; i < file->length; i++)
        lines += file->bytes[i] == '\n';
    for (file->capacity = 16; file->capacity < lines * 2;)
        file->capacity *= 2;
    file->seen = calloc(file->capacity, sizeof *file->seen);
    if (file->seen == NULL)
        return "no memory for so many calls";
    for (uint64_t offset = 0; offset < file->length;) {
        if (!truth_call_read(&call, file, offset))
            return "a line that is no truth line";
        struct truth_seen *seen = place_of(file, call.key);
        if (call.key == 0 || seen->key != 0)
            return "two calls with one ConnID";
        *seen = (struct truth_seen){.key = call.key, .offset = offset};
        offset += line_at(file, offset).length + 1;
        file->count++;
    }
    return NULL;
}

const char *
truth_file_open(struct truth_file *file, const char *name)
{
    struct stat status;
    int descriptor = open(name, O_RDONLY | O_CLOEXEC);
    *file = (struct truth_file){.bytes = NULL};
    if (descriptor < 0)
        return strerror(errno);
    if (fstat(descriptor, &status) != 0 || status.st_size == 0) {
        close(descriptor);
        return "an empty truth proves nothing";
    }
    file->length = (size_t)status.st_size;
    void *bytes = mmap(NULL, file->length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (bytes == MAP_FAILED)
        return strerror(errno);
    file->bytes = bytes;
    const char *why = index_lines(file);
    if (why != NULL)
        truth_file_close(file);
    return why;
}

void
truth_file_close(struct truth_file *file)
{
    if (file->bytes != NULL)
        munmap((void *)(uintptr_t)file->bytes, file->length);
    free(file->seen);
    *file = (struct truth_file){.bytes = NULL};
}
