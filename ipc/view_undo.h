#ifndef IPC_VIEW_UNDO_H
#define IPC_VIEW_UNDO_H

/*
 * ipc/view_undo.h - what a process's state was at its last commit, for an onlooker.
 *
 * A process changes its state in place and writes the old bytes down first (ipc/transaction.h). So
 * whoever copies a piece of state, and then puts back into his copy what has been written down
 * meanwhile, has it as it was at the last commit: of one that works, as long as the commit word did
 * not move; of one that hangs or is dead, always, and as its successor will find it.
 *
 *     view_undo_begin                       the commit word
 *       copy a piece; view_undo_restore     any number of times; false: it moved, begin again
 *
 * The writer stores entry, count, then the new bytes, in this order; a reader who copies bytes
 * first and the count afterwards misses no entry of a byte he saw changed. (Edge T2 binds the
 * compiler only; other machines than x86-64 might show a reader stores in another order.)
 *
 * Nothing in a journal is trusted: entries that lie about places or lengths are passed over and
 * counted.
 */

#include "ipc/transaction.h"
#include "ipc/view_file.h"

enum {
    VIEW_UNDO_ENTRIES = 1 << 16, /* more are not kept: then nothing is restored */
    VIEW_UNDO_BUCKETS = 1 << 12,
    VIEW_UNDO_PAGES = 1 << 18,
};

struct view_undo {
    struct view_file file;
    uint64_t log_at;    /* of the log's first byte in the file */
    uint64_t log_bytes; /* entries stand at its end, the first one last */
    uint64_t commit;
    uint64_t undo_of;
    uint64_t count; /* entries of the transaction in hand that are kept below */
    uint64_t refused;
    struct shm_undo entries[VIEW_UNDO_ENTRIES];
    /* Chains of pages that entries touch, the last entry first; 0 ends one. */
    uint32_t buckets[VIEW_UNDO_BUCKETS];
    uint32_t page_count;
    struct view_undo_page {
        uint64_t page; /* of the place, piece number included */
        uint32_t entry;
        uint32_t next;
    } pages[VIEW_UNDO_PAGES];
};

/*
 * view_undo_open - the journal of that kind and number, with its sizes (transaction_open())
 *
 * False when there is none or its header is not sound.
 */
bool view_undo_open(struct view_undo *undo, const struct view *view, enum segment_kind kind,
                    uint32_t number, uint32_t cursor_bytes, uint64_t log_bytes);
void view_undo_close(struct view_undo *undo);

enum view_undo_begun {
    VIEW_UNDO_BEGUN,
    VIEW_UNDO_MOVING,  /* its words changed whenever they were read: try again */
    VIEW_UNDO_UNSOUND, /* it cannot be read, or cannot be true */
};

/* view_undo_begin - note the commit. */
enum view_undo_begun view_undo_begin(struct view_undo *undo);

/* Is a transaction in hand, as of the last view_undo_begin() or view_undo_restore()? */
bool view_undo_is_open(const struct view_undo *undo);

/*
 * view_undo_restore - make a copy what it was at the commit noted
 *
 * `copy`: `bytes` bytes of piece number `piece` from `offset` on. False when something was
 * committed meanwhile, or entries are more than are kept: the copy is not to be used.
 */
bool view_undo_restore(struct view_undo *undo, uint32_t piece, uint64_t offset, void *copy,
                       uint64_t bytes);

#endif
