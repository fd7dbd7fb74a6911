#ifndef WORKERS_CALL_TABLE_CHECK_H
#define WORKERS_CALL_TABLE_CHECK_H

/*
 * workers/call_table_check.h - is a call table one that its worker can have left?
 *
 * Asked once in a life, when a predecessor may have stored anywhere, or nobody watched over it for
 * a while. Everything that says where something else stands is followed: the index, slots and the
 * list of free ones, blocks and the lists of free ones, which share their area among them without
 * a gap, what waits for a moment of its link's clock, and what refers to what inside of a block. So
 * whoever goes on stays inside of the table, and his loops end. What a number or a text of a call
 * says is told by the checksum of its block.
 */

#include "ipc/worker_journal.h"
#include "workers/call_table.h"

/*
 * call_table_fault - what is wrong with the table; NULL: nothing
 *
 * After call_table_open() and the recovery of its transaction. `part`: how far the record in hand
 * is; of a call that is coming in the block is not whole. Takes time and memory that grow with the
 * table. Nothing is changed.
 */
const char *call_table_fault(const struct call_table *table, const struct shm_part *part);

#endif
