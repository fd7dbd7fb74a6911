#include "ipc/view_links.h"

#include <string.h>

enum {
    LINKS_AT_ONCE = 64,
};

#define MEMORY_AT sizeof(struct shm_memory_header)
#define TABLES_AT (MEMORY_AT + front_tables_offset())

/* Links in use, by the cursors last committed. */
static uint32_t
link_count(const struct view_file *file)
{
    uint64_t commit;
    struct shm_front_cursors cursors;
    uint64_t block = (sizeof cursors + UINT64_C(63)) / SHM_LINE * SHM_LINE;
    if (!view_file_read(file, MEMORY_AT, &commit, sizeof commit) ||
        !view_file_read(file, MEMORY_AT + sizeof(struct shm_transaction) + commit % 2 * block,
                        &cursors, sizeof cursors))
        return 0;
    return cursors.links.count < LINKS_MAX ? cursors.links.count : LINKS_MAX;
}

static enum view_link_state
state_of_stage(uint8_t stage)
{
    return stage == TALK_USABLE     ? VIEW_LINK_UP
           : stage == TALK_GREETING ? VIEW_LINK_GREETING
                                    : VIEW_LINK_DOWN;
}

/* A live link of that name says how its connection is. */
static void
take_stage(const struct view_file *file, const struct view *view, struct view_link *link)
{
    struct shm_live_link live;
    uint64_t at = TABLES_AT + offsetof(struct shm_front_tables, live);
    uint32_t count = view->fixed.live_links;
    for (uint32_t i = 0; i < count && i < LIVE_LINKS_MAX; i++) {
        if (!view_file_read(file, at + i * sizeof live, &live, sizeof live))
            return;
        if (strncmp(live.name, link->name, sizeof live.name) == 0)
            link->state = state_of_stage(live.talk.stage);
    }
}

static void
take(struct view_link *link, const struct shm_link *from, uint32_t frontend)
{
    *link = (struct view_link){.frontend = frontend,
                               .state = from->announced  ? VIEW_LINK_READING
                                        : from->seq == 0 ? VIEW_LINK_SILENT
                                                         : VIEW_LINK_ENDED,
                               .has_time = from->timed != 0,
                               .messages = from->seq,
                               .time_us = from->time_us};
    memcpy(link->name, from->name, sizeof link->name - 1);
}

/* Walks the places until `count` links were met; holes hold none. */
static uint32_t
walk(const struct view_file *file, uint32_t frontend, uint32_t count, struct view_link *links,
     uint32_t most)
{
    static struct shm_link some[LINKS_AT_ONCE];
    uint64_t base = TABLES_AT + offsetof(struct shm_front_tables, links);
    uint32_t met = 0;
    for (uint64_t i = 0; i < LINKS_MAX && met < count;) {
        uint64_t data = view_file_data(file, base + i * sizeof *some);
        if (data == UINT64_MAX)
            break;
        if (data > base + i * sizeof *some)
            i = (data - base) / sizeof *some;
        uint64_t now = LINKS_MAX - i < LINKS_AT_ONCE ? LINKS_MAX - i : LINKS_AT_ONCE;
        if (i >= LINKS_MAX ||
            !view_file_read(file, base + i * sizeof *some, some, now * sizeof *some))
            break;
        for (uint64_t n = 0; n < now && met < count; n++) {
            if (some[n].name[0] == '\0')
                continue;
            if (met < most)
                take(&links[met], &some[n], frontend);
            met++;
        }
        i += now;
    }
    return met;
}

uint32_t
view_links(const struct view *view, uint32_t frontend, struct view_link *links, uint32_t most)
{
    struct view_file file;
    uint32_t count = 0;
    if (view_file_open(&file, view, SEGMENT_FRONTEND, frontend) &&
        view_file_memory(&file, SEGMENT_FRONTEND) == ATTACH_OK)
        count = walk(&file, frontend, link_count(&file), links, most);
    for (uint32_t i = 0; i < count && i < most; i++)
        take_stage(&file, view, &links[i]);
    view_file_close(&file);
    return count;
}

const char *
view_link_state_name(enum view_link_state state)
{
    switch (state) {
    case VIEW_LINK_SILENT:
        return "silent";
    case VIEW_LINK_ENDED:
        return "ended";
    case VIEW_LINK_READING:
        return "reading";
    case VIEW_LINK_DOWN:
        return "down";
    case VIEW_LINK_GREETING:
        return "greeting";
    case VIEW_LINK_UP:
        return "up";
    }
    return "?";
}
