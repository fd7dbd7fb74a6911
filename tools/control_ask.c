#include "tools/control_ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/live/control_socket.h"
#include "engine/live/control_text.h"
#include "ipc/shared_engine.h"

/* The time a person gave, for all that is asked. */
struct patience {
    unsigned timeout_s;
    uint64_t end_ms;
};

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool
is_over(const struct patience *patience)
{
    return now_ms() >= patience->end_ms;
}

static uint32_t
left_ms(const struct patience *patience)
{
    uint64_t now = now_ms();
    return patience->end_ms > now ? (uint32_t)(patience->end_ms - now) : 1; /* 0: for ever */
}

/* What is sent or received next may take what is left, and no longer. */
static void
be_patient(int descriptor, const struct patience *patience)
{
    uint32_t left = left_ms(patience);
    struct timeval wait = {.tv_sec = (time_t)(left / 1000),
                           .tv_usec = (suseconds_t)(left % 1000 * 1000)};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

/* One line of the peer, without its end; false: errno, 0 when he hung up. */
static bool
hear_line(int descriptor, const struct patience *patience, char line[CONTROL_LINE_MAX],
          struct text *heard)
{
    size_t used = 0;
    while (used < CONTROL_LINE_MAX) {
        if (is_over(patience)) {
            errno = EAGAIN;
            return false;
        }
        be_patient(descriptor, patience);
        ssize_t count = recv(descriptor, line + used, CONTROL_LINE_MAX - used, 0);
        if (count <= 0) {
            errno = count == 0 ? 0 : errno;
            return false;
        }
        const char *end = memchr(line + used, '\n', (size_t)count);
        used += (size_t)count;
        if (end != NULL) {
            *heard = (struct text){line, (uint32_t)(end - line)};
            return true;
        }
    }
    errno = EMSGSIZE;
    return false;
}

/* Why there is no answer; `what` it means. */
static void
say_silence(const struct patience *patience, bool answered, int error, const char *what)
{
    if (answered)
        log_say("the engine's answer cannot be read: %s", what);
    else if (error == EMSGSIZE)
        log_say("the engine's answer is longer than %d bytes: %s", CONTROL_LINE_MAX, what);
    else if (error == EAGAIN)
        log_say("the engine has not answered within %u s: %s", patience->timeout_s, what);
    else
        log_say("the engine ended before it answered: %s", what);
}

/* One line there and one back; false: it is said why there is no answer. */
static bool
ask(int descriptor, const struct control_command *command, const struct patience *patience,
    struct control_answer *answer)
{
    char line[CONTROL_LINE_MAX];
    struct text heard;
    if (is_over(patience)) {
        log_say("nothing was sent: finding out whose it is took all of the %u s",
                patience->timeout_s);
        return false;
    }
    be_patient(descriptor, patience);
    size_t length = control_write_command(line, sizeof line, command);
    bool sent = send(descriptor, line, length, MSG_NOSIGNAL) == (ssize_t)length;
    bool answered = sent && hear_line(descriptor, patience, line, &heard);
    int error = errno;
    if (answered && control_read_answer(heard, answer))
        return true;
    if (!sent)
        log_say("nothing was sent: %s", strerror(error));
    else
        say_silence(patience, answered, error,
                    command->kind == CONTROL_WHOSE ? "nothing was sent to a switch"
                                                   : "nobody knows what came of it");
    return false;
}

/* No socket there, or one that an engine before left. */
static bool
is_absent(int error)
{
    return error == ENOENT || error == ECONNREFUSED;
}

/* -1: errno; said, unless there is no such front-end. `path` is what was tried. */
static int
join(const struct settings *settings, uint32_t front_end, const struct patience *patience,
     char path[CONTROL_PATH_SIZE])
{
    int descriptor = control_connect(settings, front_end, left_ms(patience), path);
    int error = errno;
    if (descriptor < 0 && !is_absent(error))
        log_say("no engine takes requests at %s: %s", path, strerror(error));
    errno = error;
    return descriptor;
}

/* What one front-end says to whose it is, added to what others said; *best: it knows it best. */
static void
add_found(struct control_answer *all, const struct control_answer *one, uint32_t front_end,
          uint32_t *best)
{
    if (one->links == 0 || (all->in_call && !one->in_call))
        return;
    if (all->links == 0 || (one->in_call && !all->in_call)) {
        *all = *one;
        *best = front_end;
        return;
    }
    for (uint32_t i = 0; i < CONTROL_LINKS_NAMED && i < one->links; i++)
        if (all->links + i < CONTROL_LINKS_NAMED)
            memcpy(all->named[all->links + i], one->named[i], sizeof all->named[0]);
    all->links += one->links;
}

/* Asks one front-end whose it is. False: said. */
static bool
find_at(int descriptor, const struct control_command *command, const struct patience *patience,
        struct control_answer *answer)
{
    struct control_command whose = *command;
    whose.kind = CONTROL_WHOSE;
    whose.by[0] = '\0';
    bool answered = ask(descriptor, &whose, patience, answer);
    close(descriptor);
    return answered;
}

/*
 * Asks all front-ends whose it is: one that could not make its socket has others behind it. *found:
 * FOUND with all links it may be, ELSEWHERE if there are none, or what an engine said that has no
 * such question. False: said.
 */
static bool
find(const struct settings *settings, const struct control_command *command,
     const struct patience *patience, struct control_answer *found, uint32_t *front_end)
{
    char first[CONTROL_PATH_SIZE];
    int first_error = 0;
    uint32_t absent = 0;
    *found = (struct control_answer){.outcome = CONTROL_ELSEWHERE};
    for (uint32_t i = 0; i < FRONTENDS_MAX; i++) {
        struct control_answer answer;
        char path[CONTROL_PATH_SIZE];
        int descriptor = join(settings, i, patience, i == 0 ? first : path);
        if (descriptor < 0 && !is_absent(errno))
            return false;
        if (descriptor < 0) {
            first_error = i == 0 ? errno : first_error;
            absent++;
            continue;
        }
        if (!find_at(descriptor, command, patience, &answer))
            return false;
        if (answer.outcome != CONTROL_FOUND && answer.outcome != CONTROL_ELSEWHERE) {
            *found = answer;
            return true;
        }
        add_found(found, &answer, i, front_end);
        if (found->links > 0 && command->link[0] != '\0')
            return true; /* a link is of one front-end */
    }
    if (absent == FRONTENDS_MAX)
        log_say("no engine takes requests at %s: %s", first, strerror(first_error));
    return absent < FRONTENDS_MAX;
}

bool
control_ask(const struct settings *settings, struct control_command *command, unsigned timeout_s,
            struct control_answer *answer)
{
    uint32_t front_end = 0;
    char path[CONTROL_PATH_SIZE];
    struct patience patience = {timeout_s, now_ms() + (uint64_t)timeout_s * 1000};
    if (!find(settings, command, &patience, answer, &front_end))
        return false;
    if (answer->outcome == CONTROL_FOUND && answer->links > 1)
        answer->outcome = CONTROL_AMBIGUOUS;
    if (answer->outcome != CONTROL_FOUND)
        return true;
    memcpy(command->link, answer->named[0], sizeof command->link);
    int descriptor = join(settings, front_end, &patience, path);
    if (descriptor < 0) {
        if (is_absent(errno))
            log_say("the front-end of link %s has gone: nothing was sent to a switch",
                    command->link);
        return false;
    }
    bool answered = ask(descriptor, command, &patience, answer);
    close(descriptor);
    return answered;
}
