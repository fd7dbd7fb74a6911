#ifndef IPC_VIEW_LINKS_H
#define IPC_VIEW_LINKS_H

/*
 * ipc/view_links.h - the links of an engine, from outside: what its front-ends remember of them.
 *
 * Copied from the front-ends' memory as it stands there; names end within their bytes, numbers are
 * what they are. Caller: onlookers, one thread.
 */

#include "ipc/front_state.h"
#include "ipc/view_file.h"

enum view_link_state {
    VIEW_LINK_SILENT,   /* nothing came of it yet */
    VIEW_LINK_ENDED,    /* nothing comes of it any more */
    VIEW_LINK_READING,  /* recorded input */
    VIEW_LINK_DOWN,     /* live: no connection */
    VIEW_LINK_GREETING, /* live: connected, the session begins */
    VIEW_LINK_UP,       /* live: in use */
};

struct view_link {
    char name[EVENT_TEXT_LENGTH + 1]; /* terminated */
    uint32_t frontend;
    enum view_link_state state;
    bool has_time;
    uint64_t messages;
    int64_t time_us; /* of its last message; has_time */
};

/*
 * view_links - the links of one front-end
 *
 * Returns how many there are; at most `most` are filled in. 0 where its memory cannot be read.
 */
uint32_t view_links(const struct view *view, uint32_t frontend, struct view_link *links,
                    uint32_t most);

/* "reading", "down", ... */
const char *view_link_state_name(enum view_link_state state);

#endif
