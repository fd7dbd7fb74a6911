#ifndef ENGINE_SOURCE_PACKETS_PARTS_H
#define ENGINE_SOURCE_PACKETS_PARTS_H

/*
 * engine/source/packets_parts.h - what packets.c and packet_side.c share; nobody else includes it.
 */

#include "engine/source/connection.h"
#include "engine/source/fragment.h"
#include "engine/source/packets.h"
#include "engine/source/pcap_file.h"

enum {
    NOTICES_MAX = 8, /* more than one step can give */
    NOTICE_WHY = 320,
};

/* Something to be said that is no message of a connection. */
struct notice {
    struct source_message message;
    char why[NOTICE_WHY];
};

enum closing {
    CLOSING_NOT = 0,
    CLOSING_ENDED,    /* the connection ended: SOURCE_DOWN */
    CLOSING_REPLACED, /* likewise, and the segment in hand begins another */
    CLOSING_INPUT,    /* the capture ends, the connection may not have */
};

struct packets {
    const struct source *source; /* its options and its reader */
    struct pcap_file *file;
    struct fragments *fragments;
    struct connection_table table;
    struct budget budget;
    struct packet_figures figures;

    struct pcap_packet packet;
    struct segment segment; /* of that packet */
    bool pending;           /* its bytes were not taken yet */
    bool is_full;           /* they do not fit before the hole is given up */

    struct connection *current; /* being read; NULL: on to the next packet */
    uint32_t side;              /* of it */
    enum closing closing;       /* both its sides are read to their ends */
    bool first_side_done;       /* of those two */

    bool at_end;
    bool failed;
    uint32_t ended; /* connections looked at since */
    bool said_none; /* that nothing in it is CSTA, or there was a reason to be silent */

    struct notice notices[NOTICES_MAX]; /* [notice_first, notice_count) */
    uint32_t notice_first;
    uint32_t notice_count;
};

/* notice_add - something of that kind about a link, or about none (NULL); `why` is filled by the
 * caller. */
struct notice *notice_add(struct packets *packets, enum source_kind kind,
                          const struct capture_link *link);

/* packets_retire - a link's connection is over for us: SOURCE_DOWN. */
void packets_retire(struct packets *packets, struct connection *connection);

enum side_result {
    SIDE_MESSAGE, /* *message is filled */
    SIDE_AGAIN,   /* something was done, notices may be there */
    SIDE_DONE,    /* all that came is read */
};

/* side_read - one step with the side that is current. */
enum side_result side_read(struct packets *packets, struct source_message *message);

/* side_take - the current segment's bytes; sets or clears `pending` and `is_full`. */
void side_take(struct packets *packets);

/* side_cut - bytes of the current segment that were not captured are lost. False: none are. */
bool side_cut(struct packets *packets);

/* side_direction - of what that side of a connection sends. */
enum source_direction side_direction(const struct connection *connection, uint32_t side);

/* side_open_link - the current connection carries CSTA: give it a name. */
void side_open_link(struct packets *packets);

/* side_end - nothing more will come: says so of a message that is not whole. */
void side_end(struct packets *packets, uint32_t side);

/*
 * wait_hear - what a message of the current side says of who the switch is
 *
 * Only the first that tells counts. True: something was done about it, the message comes later.
 */
bool wait_hear(struct packets *packets, const struct frame *frame);

/*
 * wait_add - keep a copy until it is told who the switch is
 *
 * The current connection is_undecided. False: CONNECTION_PROBES_MAX wait, or memory is out.
 */
bool wait_add(struct packets *packets, const struct source_message *message);

/* wait_give - the first that waited and need not any more. False: there is none. */
bool wait_give(struct packets *packets, struct source_message *message);

/* wait_first - the packet of the first message that waits; UINT64_MAX: it is yet to come. */
uint64_t wait_first(const struct connection *connection);

/* wait_date - a message's time and packet are those of the first that waits, if one does. */
void wait_date(const struct connection *connection, struct source_message *message);

/* wait_end - it will not be told: open the link with what is known. False: nothing waits. */
bool wait_end(struct packets *packets);

#endif
