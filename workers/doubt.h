#ifndef WORKERS_DOUBT_H
#define WORKERS_DOUBT_H

/*
 * workers/doubt.h - what a loss leaves in doubt: who is still there, and who came unseen.
 *
 * A loss is a link that was down, or messages that were lost. A connection that nothing has shown
 * since is in doubt, whatever else was heard of its call; and a call that lived through a loss, or
 * was met in the middle, may have parties of whom we were never told.
 *
 * Worse is a loss of our own memory (EVENT_RETOLD): then nobody knows what was told of a call that
 * is heard of again. Nothing is told twice, and nobody is named for what may have been decided.
 */

#include "workers/step.h"

/* doubt_clear - a message shows that the party's connection is there. */
void doubt_clear(const struct step *step, struct shm_party *party);

/* doubt_is_party - was the party known before the last loss, and not seen since? */
bool doubt_is_party(const struct step *step, const struct shm_party *party);

/* doubt_is_call - was the call known before the last loss, and not spoken of since? */
bool doubt_is_call(const struct step *step, struct call call);

/* doubt_is_older - was the call there before the last loss? */
bool doubt_is_older(const struct step *step, struct call call);

/* doubt_is_whole - seen from its start and through no loss: we know every name of it. */
bool doubt_is_whole(const struct step *step, struct call call);

/* doubt_is_lossless - nothing was ever lost on the link: nobody came or went unseen since it was
 * first heard of. */
bool doubt_is_lossless(const struct step *step);

/*
 * doubt_knows_all - do we know every party of it?
 *
 * It is whole, or its answer was the first we saw of it, or all its parties were listed since the
 * last loss. Else others may talk on when those we know of have left.
 */
bool doubt_knows_all(const struct step *step, struct call call);

/* doubt_note_first - what the message in hand, the first of its call, tells of the parties. */
void doubt_note_first(const struct step *step, struct call call);

/* doubt_note_third - what an answer told holds as long as no third comes: where one rings, there
 * may be others. */
void doubt_note_third(struct call call);

/* doubt_try_out - two talk: the switch is asked who is in the call, though we know, a few times on
 * each link. Where it tells, it is believed when it knows of no such call (engine/message.c). */
void doubt_try_out(const struct step *step, struct call call);

/* doubt_ask - the switch is to be asked who is in the call, unless we know. Once for each loss;
 * `again`: also if it was. */
void doubt_ask(const struct step *step, struct call call, bool again);

/*
 * doubt_is_regained - were the link's calls lost (their table was damaged), and was the worker told
 * all again within the last `span_ms`? UINT64_MAX: ever.
 */
bool doubt_is_regained(const struct step *step, uint64_t span_ms);

/*
 * doubt_is_blind - may what tells who asked for this end have been lost?
 *
 * In a call that may have been known before calls were lost: for as long as a request of ours from
 * then may count; and for good where nobody else is known to be there, who may have hung up then.
 * `counted`: who was there, the subject included.
 */
bool doubt_is_blind(const struct step *step, struct call call, uint32_t counted);

/*
 * doubt_was_told - may the end of this party have been told already, or be told once more?
 *
 * So it is in a call that may have been known before calls were lost, where the same message makes
 * the party known and ends it: it may be a late copy, or another name of a party we know, by which
 * it was known then.
 */
bool doubt_was_told(const struct step *step, struct call call, const struct shm_party *party);

/*
 * doubt_see_event - what the call-control event in hand shows to be there: its subject, and the
 * monitored device, unless it says that it is not
 */
void doubt_see_event(const struct step *step, struct call call);

/*
 * doubt_list - the call was spoken of: it is on the list of SPAN_DOUBT as long as a monitored party
 * of it is in doubt, so that the answer for that device finds it
 */
void doubt_list(const struct step *step, struct call call);

/*
 * doubt_is_phantom - may the party have left unseen, since the call had two others after the loss?
 *
 * The only partner of the one who is there must be there too; of more, nobody knows.
 */
bool doubt_is_phantom(const struct step *step, struct call call, const struct shm_party *party);

#endif
