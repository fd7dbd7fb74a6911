#ifndef ENGINE_ANNOUNCE_H
#define ENGINE_ANNOUNCE_H

/*
 * engine/announce.h - what every worker is told: links, devices, ticks, and link notices.
 *
 * All carry the order the session is at and the Seq and clock of their link. Caller: the session.
 */

#include "engine/session.h"

/* announce_stamp - an empty event of that kind, with the link's numbers and the session's order. */
void announce_stamp(const struct session *session, const struct shm_link *link, struct event *event,
                    enum event_kind kind);

/*
 * announce_link - the link's settings, and every device its configuration names
 *
 * However many these are: what is told is committed on the way, and `begun` says how far it is.
 */
void announce_link(struct session *session, struct shm_link *link);

/* announce_monitoring - the link's settings again: what counts as monitored has changed. */
void announce_monitoring(struct session *session, struct shm_link *link);

/* announce_tick - link time reached link_tick_ms(). */
void announce_tick(struct session *session, const struct shm_link *link);

/* announce_notice - LINK_UP, LINK_DOWN, LINK_END or FINISH. */
void announce_notice(struct session *session, const struct shm_link *link, enum event_kind kind);

/* announce_devices - what the directory now says of the devices that changed. */
void announce_devices(struct session *session, const struct shm_link *link,
                      const struct monitor_changes *changes);

#endif
