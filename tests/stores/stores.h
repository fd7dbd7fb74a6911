#ifndef TESTS_STORES_STORES_H
#define TESTS_STORES_STORES_H

/*
 * tests/stores/stores.h - every store into shared memory, seen before it happens.
 *
 * The rooms are compiled with -fsanitize=thread and linked with our own runtime (hooks.c) in the
 * place of ThreadSanitizer's: before each store it is told where, and it does what is atomic, or
 * copied, itself. Stores into watched memory are written down with the bytes that were there, so
 * that a run can be undone; and one of them may be where a role dies.
 *
 *   stores_watch (once); then for each run:
 *     stores_arm, the run, stores_roll_back
 *
 * Where more than 8 bytes are stored at once they count as stores of 8, the lowest first: so much
 * a processor stores whole. Stores become visible in the order of the program (x86), so what a
 * death leaves is the first n of them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_PIECE = 8,
    STORES_MAX = 1 << 21, /* in one run: it has no end */
    STORES_NEVER = 0,     /* a part nobody has */
    STORES_ANYBODY = 255,
};

#define STORES_NO_CUT UINT64_MAX

/* One store, seen before it was done. */
struct store {
    uint8_t *at;    /* NULL: into the output */
    uint64_t old;   /* bytes before it */
    uint64_t now;   /* and after it, once rolled back */
    uint8_t length; /* 1 to 8; 0: into the output */
    uint8_t part;   /* whose; STORES_NEVER: the rig's own */
    bool counted;
    bool changes; /* once rolled back: are the bytes others than before? */
};

struct stores {
    struct store *log;
    uint64_t count;

    uint8_t part;    /* who runs; STORES_NEVER: the rig */
    uint8_t counted; /* whose stores are counted, or STORES_ANYBODY */
    uint64_t passed; /* so many were counted */
    uint64_t armed;  /* entries of the log before that */
    uint64_t cut;    /* the counted store, from 0, that is not done any more */

    /* The counted stores of a run that went the same way so far: what a range will hold. */
    const struct store *script;
    uint64_t script_count;

    void (*end)(void); /* leaves the role for good, at the cut; does not return */
    void (*endless)(void);
};

extern struct stores stores;

/* stores_watch - memory from now on; whole pages. At most 64 GiB between the first and the last. */
void stores_watch(const void *at, uint64_t size);
void stores_forget(void);

/* stores_arm - count stores of `counted` from here on, and cut before number `cut`. */
void stores_arm(uint8_t counted, uint64_t cut);

/* Has the role that stored last come to the cut, its last store done? */
static inline bool
stores_at_cut(void)
{
    return stores.cut != STORES_NO_CUT && stores.passed == stores.cut;
}

/* stores_note - the rig is about to change `length` bytes of watched memory, or may */
void stores_note(void *at, size_t length);

/* stores_roll_back - undo all stores. Those counted since stores_arm() go to `script`, room for
 * STORES_MAX, unless it is NULL; returns how many. */
uint64_t stores_roll_back(struct store *script);

/* For the hooks. stores_coming: a store of at most 8 bytes is about to be done. stores_range: so
 * many, by one instruction or more. stores_output: one into the output, or cutting it. */
void stores_coming(void *at, size_t length);
void stores_range(void *at, size_t length);
void stores_output(void);
bool stores_is_watched(const void *at);

/* stores_copy - as memcpy(), and not seen */
void stores_copy(void *to, const void *from, size_t length);

/* Bytes of a range's next piece: up to the next multiple of 8. */
static inline size_t
stores_piece(const void *at, size_t left)
{
    size_t most = STORE_PIECE - (uintptr_t)at % STORE_PIECE;
    return left < most ? left : most;
}

#endif
