#include "engine/dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/engine_inspect.h"

enum {
    LINE_SIZE = 1024,
    SHOWN_SIZE = 200, /* of one text, escaped */
    WHOSE_SIZE = 32,
};

/* Does the record concern one call, and nobody but its worker? */
static bool
is_of_one_call(uint8_t kind)
{
    return kind != EVENT_NONE && kind <= EVENT_SNAPSHOT_CALL;
}

static bool
append(const char *path, const char *line, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return false;
    struct stat status;
    bool has_room =
        fstat(descriptor, &status) == 0 && status.st_size <= (off_t)(DEAD_LETTER_FILE_MAX - length);
    ssize_t written = has_room ? write(descriptor, line, length) : 0;
    int reason = !has_room ? EFBIG : written < 0 ? errno : ENOSPC;
    bool closed = close(descriptor) == 0;
    if (written == (ssize_t)length && closed)
        return true;
    errno = written == (ssize_t)length ? errno : reason;
    return false;
}

/* `whose`: " of front-end 1", or nothing. */
static size_t
print_letter(char line[LINE_SIZE], uint32_t worker, const char *words, const char *whose,
             const struct event *event)
{
    char call[SHOWN_SIZE];
    char device[SHOWN_SIZE];
    int length = snprintf(line, LINE_SIZE,
                          "worker %u %s at input %llu%s: %s, link %u, callID %s, device %s\n",
                          (unsigned)worker, words, (unsigned long long)event->order, whose,
                          event_kind_name(event->kind), (unsigned)event->link,
                          log_escape(call, sizeof call, event->texts[EVENT_TEXT_CALL]),
                          log_escape(device, sizeof device, event->texts[EVENT_TEXT_DEVICE]));
    return length < LINE_SIZE ? (size_t)length : LINE_SIZE - 1;
}

bool
dead_letter_worker(const char *path, const struct shared_engine *engine, uint32_t worker,
                   const char *words, uint64_t *position, char *why)
{
    static struct event event; /* large */
    char line[LINE_SIZE];
    char whose[WHOSE_SIZE] = "";
    uint32_t frontend = engine_turn(engine, ROLE_WORKER, worker);
    if (engine->shape.frontends > 1)
        snprintf(whose, sizeof whose, " of front-end %u", (unsigned)frontend);
    if (!engine_input_in_hand(engine, frontend, worker, position, &event)) {
        snprintf(why, SHARED_ENGINE_WHY, "there is no input that could be passed over");
        return false;
    }
    if (!is_of_one_call(event.kind)) {
        snprintf(why, SHARED_ENGINE_WHY, "%s is nothing that can be passed over",
                 event_kind_name(event.kind));
        return false;
    }
    size_t length = print_letter(line, worker, words, whose, &event);
    if (append(path, line, length))
        return true;
    snprintf(why, SHARED_ENGINE_WHY, "%.100s: %s", path, strerror(errno));
    return false;
}
