#ifndef ENGINE_DIALECT_H
#define ENGINE_DIALECT_H

/*
 * engine/dialect.h - how the messages of a link are written, and one of them read.
 *
 *   payload -> XML or BER, which phase -> csta/xml_decode or csta/ber_decode -> complete
 *
 * A link has one encoding for good: `encoding` of its settings, else what its profile implies,
 * else what its first messages say together. Until then a BER message counts where every phase it
 * may be of reads the same, and is unreadable where they differ: never a guess.
 */

#include "engine/complete.h"
#include "engine/source/source.h"
#include "ipc/front_state.h"

/* One message in hand: what it says, and the bytes its texts may stand in. */
struct dialect_reader {
    struct csta_message message;
    struct csta_message other; /* read by another phase, to compare */
    struct csta_scratch scratch;
    struct csta_scratch other_scratch;
    struct completer completer; /* completer.settings: the caller's */
};

/* dialect_settle - the link's settings are these; what was found stays unless told otherwise. */
void dialect_settle(struct shm_dialect *dialect, const struct link_settings *settings);

/*
 * dialect_read - decode one message and make its numbers canonical
 *
 * Fills reader->message; its texts live until the next call. `by` becomes the requester of a
 * request. Returns NULL, or why the message cannot be read, with *where an offset within it.
 * dialect->found may become known.
 */
const char *dialect_read(struct dialect_reader *reader, struct shm_dialect *dialect,
                         struct text payload, struct text by, size_t *where);

/*
 * dialect_options - how to open the input at `path`
 *
 * `options`, and if they do not say how a stream is written, what is said of the link it is of.
 */
struct source_options dialect_options(const struct source_options *options,
                                      struct settings *settings, const char *path);

/* dialect_name - "XML", "BER phase I", ...; "unknown" for ENCODING_AUTO. */
const char *dialect_name(enum csta_encoding encoding);

#endif
