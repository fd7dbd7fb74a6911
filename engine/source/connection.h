#ifndef ENGINE_SOURCE_CONNECTION_H
#define ENGINE_SOURCE_CONNECTION_H

/*
 * engine/source/connection.h - the TCP connections of a capture, and which link each one is.
 *
 * A connection is a link once one of its sides was found to speak CSTA. Its name is that of the
 * switch's endpoint, `10.0.0.5_1040` (of IPv6 `fd00__5_1040`: colons are no link bytes).
 * Connections to one endpoint, one after another, are one link. Of several at a time the first has
 * the name, the next have `-2`, `-3`; who comes again gets the name its host had before if that is
 * free, else the first that is.
 *
 * Bounds: CONNECTIONS_MAX are remembered. For a new one the connection that was silent longest is
 * forgotten: of those that are no link as long as there are any.
 */

#include "engine/csta/frame.h"
#include "engine/source/reassembly.h"
#include "engine/source/segment.h"
#include "ipc/event_record.h"

enum {
    CONNECTIONS_MAX = 1024,
    CONNECTION_LINKS_MAX = 4096, /* names given out */
    CONNECTION_PROBES_MAX = 64,  /* segments of a side that are looked at for a first message;
                                    messages that wait for one that says who the switch is */
    CONNECTION_TEXT_SIZE = 128,  /* of endpoints in words */
};

enum side_state {
    SIDE_PROBING = 0, /* does it speak CSTA? */
    SIDE_READING,     /* message after message */
    SIDE_OVER,        /* it does not, or nobody knows where its next message begins */
};

/* What one end sends. */
struct side {
    enum side_state state;
    uint32_t probes;
    uint64_t passed;      /* bytes before its first message; the capture began in their midst */
    uint32_t skip;        /* bytes still to come of a message that was not captured whole */
    uint64_t hole_packet; /* the first that came behind bytes that are missing; 0: none is */
    int64_t hole_us;      /* its time */
    struct direction direction;
};

/* A name and whose it is. Never forgotten. */
struct capture_link {
    struct endpoint server;
    struct endpoint client; /* the last one; its port counts for nothing */
    uint32_t number;        /* 1 is the first of several at a time */
    bool is_open;           /* a connection has it */
    bool was_open;          /* one had it before */
    uint64_t last_packet;   /* of the last message given out under it */
    char name[EVENT_TEXT_LENGTH + 1];
};

enum {
    SERVER_UNKNOWN = 2, /* neither 0 nor 1 */
};

struct waiting; /* a message; packets_wait.c */

struct connection {
    struct endpoint ends[2]; /* ends[i] sends sides[i] */
    struct side sides[2];
    uint32_t server; /* which end is the switch: 0, 1 or SERVER_UNKNOWN */
    bool is_told;    /* a message said it: nothing turns it any more */
    bool has_port;   /* one end has a port the user named, the other has not: that is it */
    enum frame_kind kind;
    bool is_undecided; /* it carries CSTA, but who the switch is must be told: messages wait */
    bool is_given;     /* the first of these was given out */
    bool was_link;     /* it has, or had, a name */
    uint32_t waiting_count;
    struct waiting *waiting;
    struct capture_link *link; /* NULL: none, or none any more */
    bool begun;                /* its first SYN was seen, with... */
    uint32_t begun_by;         /* ...this number, from ends[begun_from] */
    uint32_t begun_from;
    bool is_wanted; /* one of the ports the user named */
    bool is_closed; /* what still comes is late */
    bool is_said;   /* that what comes is not read */
    bool is_link;   /* of the two lists, which it stands in */

    struct connection *chain; /* next of the same hash */
    struct connection *newer; /* list by time of last use */
    struct connection *older;
};

/* One of the two lists. */
struct connection_list {
    struct connection *newest;
    struct connection *oldest;
};

struct connection_table {
    struct connection *connections; /* [CONNECTIONS_MAX] */
    struct connection *buckets[CONNECTIONS_MAX];
    struct connection *unused;       /* by `chain` */
    struct connection_list lists[2]; /* [is_link] */
    uint32_t made;                   /* of `connections`, ever used */
    struct capture_link **links;     /* in order of first appearance */
    uint32_t link_count;
};

bool connection_table_open(struct connection_table *table);
void connection_table_close(struct connection_table *table, struct budget *budget);

/* connection_find - and make it the newest of its list. *from is which end sent the segment. */
struct connection *connection_find(struct connection_table *table, const struct segment *segment,
                                   uint32_t *from);

/* connection_full - the one that must go before a new one can be added; NULL: there is room. */
struct connection *connection_full(struct connection_table *table);

/* connection_add - ends[0] is the sender. Never NULL: the caller saw to it that there is room. */
struct connection *connection_add(struct connection_table *table, const struct segment *segment);

/* connection_remove - forget it. */
void connection_remove(struct connection_table *table, struct connection *connection,
                       struct budget *budget);

/*
 * connection_become_link - give it a name
 *
 * The end that is the switch: `server`; where that is not known, the lower port, then the lower
 * address. Its first message is of packet `first_packet`; a name under which later ones were given
 * out already is not taken, so that a link's messages stay in order. False: CONNECTION_LINKS_MAX
 * names are given out, or memory is out.
 */
bool connection_become_link(struct connection_table *table, struct connection *connection,
                            uint64_t first_packet);

/* connection_drop_waiting - forget the messages that wait (packets_wait.c). */
void connection_drop_waiting(struct connection *connection, struct budget *budget);

/* connection_leave_link - the name is free for the next; it is no link any more. */
void connection_leave_link(struct connection_table *table, struct connection *connection);

/* connection_rival - a connection of the same two hosts whose link would be this one's, half
 * closed: the new one is its reconnection. NULL: there is none. */
struct connection *connection_rival(struct connection_table *table,
                                    const struct connection *connection);

/* connection_say - "10.0.0.5:1040 to 10.0.0.9:33112", the sender of that side first. */
const char *connection_say(char text[CONNECTION_TEXT_SIZE], const struct connection *connection,
                           uint32_t side);

#endif
