#ifndef ENGINE_DEATH_H
#define ENGINE_DEATH_H

/*
 * engine/death.h - how a process ended: what it means, and the words an operator reads.
 *
 * Judgements over a status of waitpid(), and a bounded account on standard error. Caller: the
 * supervisor, one thread.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The exit code of a role that has said why it cannot go on: another life would end so too. */
    ROLE_EXIT_FAILED = 1,

    DEATH_WORDS_SIZE = 64,
    DEATHS_SAID = 10,         /* lines in one period; then they are only counted */
    DEATHS_PERIOD_MS = 10000, /* after which there are as many lines again */
};

/* Killed by a fault of its own, so that a store may have gone anywhere before it. */
bool death_may_be_wild(int status);

/* Memory that is mapped was not there (SIGBUS): as a rule /dev/shm is full. No input's fault. */
bool death_found_no_memory(int status);

/* It found what was left to it damaged, and said so (PROCESS_EXIT_DAMAGED). */
bool death_found_damage(int status);

/* It refused to go on (ROLE_EXIT_FAILED, or for damage) or lost its reader (SIGPIPE): not a thing
 * to recover. */
bool death_is_final(int status);

/* "was killed (SIGKILL)", "crashed (SIGSEGV)", "left with exit code 7", "left before its work was
 * done". Returns `words`. */
const char *death_words(char words[static DEATH_WORDS_SIZE], int status);

/* "SIGKILL"; "signal 64" for one without a name. Returns `name`. */
const char *death_signal_name(char name[static DEATH_WORDS_SIZE], int number);

/* The account of one run's deaths. All zero at first. */
struct death_log {
    uint64_t period_ms; /* when this period began */
    uint32_t said;      /* lines in it */
    uint32_t unsaid;    /* deaths since the last line */
};

/* May one more line be written at `now_ms` (any clock that never falls)? If not, it is counted. */
bool death_log_may_say(struct death_log *log, uint64_t now_ms);

/* How many deaths were not said since the last call; told by whoever says the next one. */
uint32_t death_log_unsaid(struct death_log *log);

#endif
