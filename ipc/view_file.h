#ifndef IPC_VIEW_FILE_H
#define IPC_VIEW_FILE_H

/*
 * ipc/view_file.h - bytes of one segment, copied out of its file; never mapped.
 *
 * A copy does not end the onlooker when somebody cuts the file meanwhile, and looking at memory
 * that was never touched does not make the engine grow: a hole reads as zeros and stays a hole.
 *
 * Caller: onlookers, one thread. What is copied is another process's: judge it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/identity.h"
#include "ipc/view.h"

struct view_file {
    int descriptor; /* -1: not open */
    uint64_t size;  /* bytes, when it was opened */
    char path[192];
};

/*
 * view_file_open - open a segment of the engine; `number` counts where each worker has one
 *
 * False when there is no such regular file, or it cannot be read; errno says why. *file can be
 * closed either way.
 */
bool view_file_open(struct view_file *file, const struct view *view, enum segment_kind kind,
                    uint32_t number);
void view_file_close(struct view_file *file);

/* view_file_read - copy `bytes` bytes from `offset` on; false when they are not all there. */
bool view_file_read(const struct view_file *file, uint64_t offset, void *to, uint64_t bytes);

/*
 * view_file_data - the next byte at or behind `offset` that may not be zero, in whole pages
 *
 * UINT64_MAX when only a hole follows.
 */
uint64_t view_file_data(const struct view_file *file, uint64_t offset);

/*
 * view_file_memory - read and judge the header of a segment of one process's own memory
 *
 * ATTACH_OK, or why the segment is refused.
 */
enum attach_result view_file_memory(const struct view_file *file, enum segment_kind kind);

#endif
