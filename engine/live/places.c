/*
 * engine/live/places.c - which live links there are, at the start and after a reload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/live_parts.h"

bool
live_takes(const struct link_settings *link, uint32_t index, uint32_t frontends)
{
    return link->addresses.count > 0 && hash_text(0, text_of(link->name)) % frontends == index;
}

static struct shm_live_link *
place_at(const struct live *live, uint32_t place)
{
    return &live->session->front.tables->live[place];
}

/* The place of that name; a free one if there is none; LIVE_LINKS_MAX when all are taken. */
static uint32_t
find_place(const struct live *live, const char *name)
{
    uint32_t free_place = LIVE_LINKS_MAX;
    for (uint32_t i = LIVE_LINKS_MAX; i-- > 0;) {
        if (strcmp(place_at(live, i)->name, name) == 0)
            return i;
        if (place_at(live, i)->name[0] == '\0')
            free_place = i;
    }
    return free_place;
}

/* Places in use stand one after the other, also those whose link was removed. */
static void
fill_up_to(struct live *live, uint32_t place)
{
    CHECK(place < LIVE_LINKS_MAX);
    for (; live->count <= place; live->count++) {
        live->links[live->count] = (struct live_link){
            .live = live, .session = live->session, .place = (uint16_t)live->count};
        live->links[live->count].state = place_at(live, live->count);
        live->wires[live->count] = (struct live_wire){.socket = -1, .dialing = -1, .removed = true};
    }
}

static bool
add_link(struct live *live, const struct link_settings *settings)
{
    uint32_t place = find_place(live, settings->name);
    session_begin(live->session);
    struct shm_link *known = link_table_find(&live->session->links, text_of(settings->name));
    if (place == LIVE_LINKS_MAX || known == NULL) {
        log_say("link %s: more live links than one front-end can have (%d)", settings->name,
                LIVE_LINKS_MAX);
        return false;
    }
    fill_up_to(live, place);
    struct live_link *link = &live->links[place];
    link->settings = settings;
    link->link = known;
    if (link->state->name[0] == '\0') {
        live_touch(link);
        *link->state = (struct shm_live_link){.name = ""};
        snprintf(link->state->name, sizeof link->state->name, "%s", settings->name);
    }
    live->taken++;
    wire_open(link);
    conversation_open(link, !live->fresh);
    for (uint32_t i = 0; live->fresh && live->options->regains && i < live->engine->shape.workers;
         i++)
        conversation_regain(link, i);
    return true;
}

static bool
is_ours(const struct live *live, const struct settings *settings, uint32_t link)
{
    return live_takes(&settings->links[link], live->index, live->engine->shape.frontends);
}

/* What a replay must know before it reads on. */
static void
record_settings(struct live *live)
{
    if (live->record == NULL)
        return;
    session_begin(live->session);
    record_aliases(live->record, live->settings);
    for (uint32_t i = 0; i < live->settings->link_count; i++)
        if (is_ours(live, live->settings, i))
            record_declare(live->record, text_of(live->settings->links[i].name),
                           &live->settings->links[i]);
}

/* Connections that nobody knows of, left by a front-end before us. */
static void
drop_strangers(struct live *live)
{
    uint64_t serials[LIVE_LINKS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIVE_LINKS_MAX; i++)
        if (place_at(live, i)->stream.serial != 0)
            serials[count++] = place_at(live, i)->stream.serial;
    holder_keep(live->options->holder, serials, count);
}

/* What a removed link had goes down with its connection; its calls end as stale. */
static void
remove_link(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->removed)
        return;
    log_say("link %s: removed from the configuration", link->link->name);
    wire->removed = true;
    wire_leave(link, link->live->now_ms + LIVE_LEAVE_MS);
}

static struct live_link *
find_link(struct live *live, const char *name)
{
    for (uint32_t i = 0; i < live->count; i++)
        if (live->links[i].link != NULL && strcmp(live->links[i].link->name, name) == 0)
            return &live->links[i];
    return NULL;
}

/* Was a front-end before us connected there, or in the middle of something? */
static bool
is_in_use(const struct live *live, uint32_t place)
{
    const struct shm_front_cursors *now = live->session->front.now;
    bool in_hand = now->begun.step != BEGUN_NOTHING && now->hand.kind != LIVE_HAND_NOTHING;
    return place_at(live, place)->stream.serial != 0 || (in_hand && now->hand.link == place);
}

/* The configuration may be another than that of a front-end before us: links it used and that went
 * are named as well, and then removed. */
static void
name_used(struct live *live)
{
    for (uint32_t i = 0; i < LIVE_LINKS_MAX; i++)
        if (is_in_use(live, i))
            settings_link(live->settings, text_of(place_at(live, i)->name));
}

static void
remove_used(struct live *live)
{
    for (uint32_t i = 0; i < live->settings->link_count; i++) {
        const struct link_settings *settings = &live->settings->links[i];
        uint32_t place = find_place(live, settings->name);
        if (place == LIVE_LINKS_MAX || !is_in_use(live, place) ||
            find_link(live, settings->name) != NULL)
            continue;
        if (add_link(live, settings))
            remove_link(&live->links[place]);
    }
}

bool
places_open(struct live *live)
{
    name_used(live);
    record_settings(live);
    for (uint32_t i = 0; i < live->settings->link_count; i++)
        if (is_ours(live, live->settings, i) && !add_link(live, &live->settings->links[i]))
            return false;
    remove_used(live);
    drop_strangers(live);
    return true;
}

static void
keep_link(struct live_link *link, const struct link_settings *settings)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->removed) {
        wire_cut(link);
        link->settings = settings;
        wire_open(link);
    } else {
        wire_reload(link, settings);
    }
    live_touch(link);
    link_touch(&link->session->front, link->link);
    link->link->changed = 1;
    conversation_open(link, true);
}

/* Whoever is named later would move the others (settings_link()), so all are there before one of
 * them is pointed at: removed links too. */
static void
name_all(struct live *live, struct settings *settings)
{
    for (uint32_t i = 0; i < live->count; i++)
        if (live->links[i].link != NULL)
            settings_link(settings, text_of(live->links[i].link->name));
}

void
places_reload(struct live *live, struct settings *settings)
{
    struct settings *before = live->settings;
    bool stays[LIVE_LINKS_MAX] = {false};
    uint32_t count = settings->link_count; /* before removed ones are named again */
    name_all(live, settings);
    live->settings = live->session->settings = settings;
    live->session->reader.completer.settings = settings;
    record_settings(live);
    for (uint32_t i = 0; i < settings->link_count; i++) {
        struct live_link *link = find_link(live, settings->links[i].name);
        if (is_ours(live, settings, i) && link == NULL)
            add_link(live, &settings->links[i]);
        else if (is_ours(live, settings, i))
            keep_link(link, &settings->links[i]);
        else if (link != NULL)
            link->settings = &settings->links[i];
        link = find_link(live, settings->links[i].name);
        if (link != NULL)
            stays[link->place] = is_ours(live, settings, i);
    }
    for (uint32_t i = 0; i < live->count; i++) {
        if (!stays[i] && live->links[i].link != NULL)
            remove_link(&live->links[i]);
        live->wires[i].due_ms = 0;
    }
    live_publish(live, false);
    settings_free(before);
    free(before);
    log_say("configuration read again: %u links", (unsigned)count);
}

bool
places_are_connected(const struct live *live)
{
    for (uint32_t i = 0; i < live->count; i++)
        if (live->wires[i].socket >= 0)
            return true;
    return false;
}

void
places_leave(struct live *live)
{
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_link *link = &live->links[i];
        uint64_t due_ms;
        if (link->link == NULL)
            continue;
        if (link->state->talk.stage != TALK_SILENT) {
            live_touch(link);
            link->state->stream = (struct shm_live_stream){.serial = 0};
            conversation_end(link);
        }
        while (conversation_work(link, &due_ms))
            continue;
    }
    live_publish(live, true);
}

void
places_close(struct live *live)
{
    settings_free(live->settings);
    free(live->settings);
    for (uint32_t i = 0; i < live->count; i++)
        wire_close(&live->links[i]);
}
