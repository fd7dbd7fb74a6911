#include "engine/live/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/config_key.h"

enum {
    KEPT_MAX = 1 << 18,     /* bytes kept; what is beyond is written before its transaction */
    VALUE_MAX = 4096,       /* bytes of one declared list */
    DECLARED_MAX = 1 << 10, /* bytes of the short settings of a link, all in one line */
};

static const char title[] = "# onhook-trace 1\n";

struct record {
    int descriptor;
    bool failed;     /* said; nothing more is recorded */
    int error;       /* why */
    uint64_t end;    /* of what is in the file */
    uint64_t length; /* as last given out */
    size_t kept;
    char bytes[KEPT_MAX]; /* behind `end` */
};

static void
fail(struct record *record, int error)
{
    record->failed = true;
    record->error = error;
    record->kept = 0;
    log_warn("the recording ends here: %s", strerror(error));
    /* Half a line would be one more thing to complain of. */
    if (ftruncate(record->descriptor, (off_t)record->length) != 0)
        log_warn("the recording may end with half a line: %s", strerror(errno));
}

static void
write_kept(struct record *record)
{
    size_t done = 0;
    while (done < record->kept && !record->failed) {
        ssize_t wrote = pwrite(record->descriptor, record->bytes + done, record->kept - done,
                               (off_t)(record->end + done));
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            fail(record, errno);
    }
    record->end += done;
    record->kept = 0;
}

static void
put(struct record *record, struct text text)
{
    while (text.length > 0 && !record->failed) {
        if (record->kept == KEPT_MAX)
            write_kept(record);
        size_t room = KEPT_MAX - record->kept;
        uint32_t count = text.length < room ? text.length : (uint32_t)room;
        if (record->failed)
            return;
        memcpy(record->bytes + record->kept, text.at, count);
        record->kept += count;
        text = text_skip(text, count);
    }
}

static void
put_string(struct record *record, const char *string)
{
    put(record, text_of(string));
}

static void
put_hex(struct record *record, struct text bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < bytes.length; i++) {
        uint8_t byte = (uint8_t)bytes.at[i];
        char pair[2] = {digits[byte >> 4], digits[byte & 15]};
        put(record, (struct text){pair, 2});
    }
}

static bool
open_file(struct record *record, const char *path, uint64_t committed)
{
    struct stat status;
    int make = committed == 0 ? O_CREAT : 0;
    record->descriptor = open(path, O_RDWR | make | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (record->descriptor < 0 || fstat(record->descriptor, &status) != 0)
        return false;
    errno = ESPIPE;
    if (!S_ISREG(status.st_mode))
        return false;
    errno = ENODATA;
    if ((uint64_t)status.st_size < committed)
        return false;
    return ftruncate(record->descriptor, (off_t)committed) == 0;
}

struct record *
record_open(const char *path, uint64_t committed)
{
    struct record *record = malloc(sizeof *record);
    if (record == NULL)
        return NULL;
    record->failed = false;
    record->error = 0;
    record->kept = 0;
    record->end = record->length = committed;
    if (open_file(record, path, committed)) {
        if (committed == 0)
            put_string(record, title);
        return record;
    }
    int error = errno;
    record_close(record);
    errno = error;
    return NULL;
}

bool
record_is_one(const char *path)
{
    char first[sizeof title - 1];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return false;
    bool is_one = read(file, first, sizeof first) == (ssize_t)sizeof first &&
                  memcmp(first, title, sizeof first) == 0;
    close(file);
    return is_one;
}

void
record_close(struct record *record)
{
    if (record->descriptor >= 0)
        close(record->descriptor);
    free(record);
}

/* Every key a recording may declare that is no list, with a space before each. */
static void
put_short_settings(struct record *record, const struct link_settings *settings)
{
    char line[DECLARED_MAX];
    size_t used = 0;
    const struct config_key *key;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
        char value[64];
        if (key->section != SECTION_LINK || key->live || key->type == CONFIG_DEVICES)
            continue;
        bool said = config_key_value(key, settings, value, sizeof value);
        CHECK(said);
        int length = snprintf(line + used, sizeof line - used, " %s=%s", key->name, value);
        CHECK(length > 0 && (size_t)length < sizeof line - used);
        used += (size_t)length;
    }
    put(record, (struct text){line, (uint32_t)used});
}

static void
begin_link_line(struct record *record, struct text link)
{
    put_string(record, "# link ");
    put(record, link);
}

static void
put_list(struct record *record, struct text link, const char *key, const struct device_list *list,
         bool given)
{
    uint32_t next = 0;
    while (given || next < list->count) {
        given = false;
        begin_link_line(record, link);
        put_string(record, " ");
        put_string(record, key);
        put_string(record, "=");
        uint32_t first = next;
        for (size_t used = 0; next < list->count && used < VALUE_MAX; next++) {
            struct text number = text_of(list->numbers[next]);
            if (next > first)
                put_string(record, ",");
            put(record, number);
            used += number.length + 1;
        }
        put_string(record, "\n");
    }
}

void
record_declare(struct record *record, struct text link, const struct link_settings *settings)
{
    CHECK(source_is_link_name(link));
    begin_link_line(record, link);
    put_string(record, " anew=yes");
    put_short_settings(record, settings);
    put_string(record, "\n");
    put_list(record, link, "monitored", &settings->monitored, settings->monitored_given);
    put_list(record, link, "observers", &settings->observers, false);
    put_list(record, link, "treatments", &settings->treatments, false);
    put_list(record, link, "route-points", &settings->route_points, false);
}

void
record_aliases(struct record *record, const struct settings *settings)
{
    put_string(record, "# alias\n");
    size_t used = 0;
    for (uint32_t i = 0; i < settings->alias_count; i++) {
        const struct alias *alias = &settings->aliases[i];
        if (used == 0)
            put_string(record, "# alias");
        put_string(record, " ");
        put_string(record, alias->from);
        put_string(record, "=");
        put_string(record, alias->to);
        used += strlen(alias->from) + strlen(alias->to) + 2;
        if (used >= VALUE_MAX || i + 1 == settings->alias_count) {
            put_string(record, "\n");
            used = 0;
        }
    }
}

/* "SECONDS NAME MARK "; without a time it is no readable line, as in the input. */
static void
begin_entry(struct record *record, const struct source_message *message, const char *mark)
{
    char seconds[32] = "-";
    uint64_t time_us = message->time_us < 0 ? 0 : (uint64_t)message->time_us;
    if (message->has_time)
        snprintf(seconds, sizeof seconds, "%" PRIu64 ".%06" PRIu64, time_us / 1000000,
                 time_us % 1000000);
    put_string(record, seconds);
    put_string(record, " ");
    put(record, message->link);
    put_string(record, mark);
}

static bool
is_digits(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return true;
}

static void
put_invoke(struct record *record, struct text invoke)
{
    CHECK(text_is_none(invoke) || invoke.length == 4);
    if (text_is_none(invoke)) {
        put_string(record, "-");
    } else if (is_digits(invoke)) {
        put(record, invoke);
    } else {
        put_string(record, "x");
        put_hex(record, invoke);
    }
}

/* Can the payload stand in a line as it is, and be read as it was? */
static bool
is_plain(struct text payload)
{
    if (text_is_none(payload) || payload.at[0] != '<' || payload.at[payload.length - 1] == ' ')
        return false;
    for (uint32_t i = 0; i < payload.length; i++)
        if ((uint8_t)payload.at[i] < ' ' || payload.at[i] == '\x7f')
            return false;
    return true;
}

static void
put_message(struct record *record, const struct source_message *message)
{
    CHECK(message->direction != SOURCE_EITHER);
    begin_entry(record, message, message->direction == SOURCE_FROM_SWITCH ? " < " : " > ");
    put_invoke(record, message->invoke);
    if (!text_is_none(message->by)) {
        CHECK(memchr(message->by.at, ' ', message->by.length) == NULL);
        put_string(record, " by=");
        put(record, message->by);
    }
    put_string(record, " ");
    if (is_plain(message->payload)) {
        put(record, message->payload);
    } else if (!text_is_none(message->payload) && message->payload.length <= RECORD_PAYLOAD_MAX) {
        put_string(record, "hex:");
        put_hex(record, message->payload);
    }
    put_string(record, "\n");
}

static void
put_notice(struct record *record, const struct source_message *message, const char *word)
{
    begin_entry(record, message, " ! ");
    put_string(record, word);
    put_string(record, "\n");
}

static void
put_declaration(struct record *record, const struct source_message *message)
{
    if (text_is_none(message->link))
        put_string(record, "# alias");
    else
        begin_link_line(record, message->link);
    if (!text_is_none(message->key)) {
        put_string(record, " ");
        put(record, message->key);
        put_string(record, "=");
        put(record, message->value);
    }
    put_string(record, "\n");
}

void
record_take(struct record *record, const struct source_message *message)
{
    switch (message->kind) {
    case SOURCE_MESSAGE:
        put_message(record, message);
        break;
    case SOURCE_DECLARE:
        put_declaration(record, message);
        break;
    case SOURCE_UP:
        put_notice(record, message, "up");
        break;
    case SOURCE_DOWN:
        put_notice(record, message, "down");
        break;
    case SOURCE_TICK:
        put_notice(record, message, "tick");
        break;
    case SOURCE_SET:
        put_notice(record, message, "set");
        break;
    case SOURCE_BAD:
        /* A message without a payload is as unreadable, and has a Seq as well. */
        begin_entry(record, message, " < -\n");
        break;
    case SOURCE_BROKEN:
        put_string(record, "# broken: ");
        put_string(record, message->why);
        put_string(record, "\n");
        break;
    }
}

bool
record_flush(struct record *record, uint64_t *length)
{
    if (!record->failed && record->kept > 0)
        write_kept(record);
    if (!record->failed)
        record->length = record->end;
    *length = record->length;
    errno = record->error;
    return !record->failed;
}
