#include "engine/death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "ipc/process_state.h"

bool
death_may_be_wild(int status)
{
    if (!WIFSIGNALED(status))
        return false;
    int number = WTERMSIG(status);
    return number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGILL ||
           number == SIGFPE;
}

bool
death_found_no_memory(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS;
}

bool
death_found_damage(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_EXIT_DAMAGED;
}

bool
death_is_final(int status)
{
    return death_found_damage(status) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) ||
           (WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_FAILED);
}

const char *
death_signal_name(char name[static DEATH_WORDS_SIZE], int number)
{
    const char *abbreviation = sigabbrev_np(number);
    if (abbreviation != NULL)
        snprintf(name, DEATH_WORDS_SIZE, "SIG%s", abbreviation);
    else
        snprintf(name, DEATH_WORDS_SIZE, "signal %d", number);
    return name;
}

const char *
death_words(char words[static DEATH_WORDS_SIZE], int status)
{
    char name[DEATH_WORDS_SIZE];
    if (WIFSIGNALED(status))
        snprintf(words, DEATH_WORDS_SIZE, "%s (%.32s)",
                 death_may_be_wild(status) ? "crashed" : "was killed",
                 death_signal_name(name, WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(words, DEATH_WORDS_SIZE, "left with exit code %d", WEXITSTATUS(status));
    else
        snprintf(words, DEATH_WORDS_SIZE, "left before its work was done");
    return words;
}

bool
death_log_may_say(struct death_log *log, uint64_t now_ms)
{
    if (now_ms - log->period_ms >= DEATHS_PERIOD_MS) {
        log->period_ms = now_ms;
        log->said = 0;
    }
    if (log->said < DEATHS_SAID) {
        log->said++;
        return true;
    }
    log->unsaid++;
    return false;
}

uint32_t
death_log_unsaid(struct death_log *log)
{
    uint32_t unsaid = log->unsaid;
    log->unsaid = 0;
    return unsaid;
}
