#ifndef ENGINE_LIVE_CONTROL_CLIENT_H
#define ENGINE_LIVE_CONTROL_CLIENT_H

/*
 * engine/live/control_client.h - one client of the control socket: his lines in, his answers out.
 *
 * Fixed memory, no waiting. Caller: the control thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/live/control_text.h"

enum {
    CLIENT_IN = CONTROL_LINE_MAX + 1,
    CLIENT_OUT = 16384,
};

struct control_client {
    int descriptor;  /* -1: nobody */
    uint64_t number; /* of the client, never used again */
    uint32_t user;
    uint32_t open;     /* commands whose answer is not known */
    uint64_t heard_ms; /* when he connected, said a line, or was answered */
    bool ended;        /* he says nothing more */
    bool lost;         /* he is to be let go */
    size_t in_taken;   /* bytes of `in` that are done with */
    size_t in_used;
    size_t out_used;
    char in[CLIENT_IN];
    char out[CLIENT_OUT];
};

void client_begin(struct control_client *client, int descriptor, uint64_t number, uint64_t now_ms);
void client_end(struct control_client *client);

/* client_may_ask - may another of his lines be taken, with room for its answer? */
bool client_may_ask(const struct control_client *client);

/* client_receive - what there is; `ended` or `lost` if that is all. */
void client_receive(struct control_client *client);

/* client_next_line - the next whole line, without its end; good until client_receive(). A line that
 * is too long is answered, and its client is lost. */
bool client_next_line(struct control_client *client, struct text *line);

/* client_answer - puts an answer into his buffer; who has not taken so many is lost. */
void client_answer(struct control_client *client, const struct control_answer *answer,
                   const char *id);

/* client_send - as much of the answers as he takes. */
void client_send(struct control_client *client);

/* client_is_done - lost, or has nothing more to say and nothing to hear. */
bool client_is_done(const struct control_client *client);

#endif
