#ifndef WORKERS_JOIN_LIST_H
#define WORKERS_JOIN_LIST_H

/*
 * workers/join_list.h - the list of connections of a Conferenced or Transferred: who goes on.
 */

#include "workers/step.h"

/*
 * join_list - each connection of the resulting call is a party's, under its new names
 *
 * In a Transferred, the items of `controller` are passed over: it has left. True: there is a list,
 * and we are told of all who they are.
 */
bool join_list(struct step *step, struct call call, struct text controller);

/* join_list_misses - the one active party of the call that no item names, of a list there is; NULL:
 * none, or more than one. */
struct shm_party *join_list_misses(struct step *step, struct call call);

#endif
