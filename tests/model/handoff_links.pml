/*
 * Calls move between workers while two front-ends feed them, each its own calls. Each pair of
 * front-end and worker has a ring; each triple (front-end, from, to) has a lane for calls on the
 * move; a move that waits for its lane holds up that front-end's ring only.
 *
 *   (nothing)     every event meets its call, in order, and nobody waits for ever
 *   -DONELANE     one lane for each pair of workers, whosever call it carries   must fail
 *   -DBLOCKALL    a worker that waits for a lane takes nothing of other rings   must fail
 *
 * Scope: a ring or a lane is a channel; what one record does is one step.
 */
#ifndef STEPS
#define STEPS 2 /* of each front-end: an event or a move */
#endif
#ifndef ROOM
#define ROOM 1 /* records in a ring */
#endif
#ifndef LANE
#define LANE 1 /* calls in a lane */
#endif
#define LINKS   2
#define WORKERS 2
#define CALLS   2 /* of each front-end */
#define ON_WAY  99

mtype = { EVENT, OUT, IN, FINISH };
chan ring[LINKS * WORKERS] = [ROOM] of { mtype, byte, byte };
#ifdef ONELANE
#define LANE_OF(link, from, to) (from * WORKERS + to)
#else
#define LANE_OF(link, from, to) ((link * WORKERS + from) * WORKERS + to)
#endif
chan lane[LINKS * WORKERS * WORKERS] = [LANE] of { byte, byte };

byte lives_in[LINKS * CALLS];
byte seen[LINKS * CALLS]; /* events the call has met */
bool busy[WORKERS];       /* a worker is one process, however many rings it has */

proctype frontend(byte link)
{
    byte owner[CALLS];
    byte sent[CALLS];
    byte steps = 0;
    byte call;
    byte old;
    atomic { owner[0] = 0; owner[1] = 1 };
    do
    :: steps < STEPS ->
        atomic {
            steps++;
            if
            :: call = 0
            :: call = 1
            fi;
            old = owner[call]
        };
        if
        :: sent[call]++; ring[link * WORKERS + old] ! EVENT, call, sent[call]
        :: owner[call] = 1 - old;
            ring[link * WORKERS + old] ! OUT, call, owner[call];
            ring[link * WORKERS + owner[call]] ! IN, call, old
        fi;
        atomic { call = 0; old = 0 }
    :: else -> break
    od;
    ring[link * WORKERS] ! FINISH, 0, 0;
    ring[link * WORKERS + 1] ! FINISH, 0, 0
}

/* What worker `me` does with the ring of one front-end. */
#define MINE (link * CALLS + call)
inline begin() { atomic { !busy[me] -> busy[me] = true } }
inline finish() { busy[me] = false }
#ifdef BLOCKALL
inline begin_waiting() { begin() }
inline begin_after() { skip }
#else
inline begin_waiting() { skip }
inline begin_after() { begin() }
#endif

proctype side(byte me; byte link)
{
    mtype kind;
    byte call;
    byte other;
    byte moved;
    byte count;
    do
    :: ring[link * WORKERS + me] ? kind, call, other ->
        if
        :: kind == EVENT ->
            begin();
            assert(lives_in[MINE] == me);
            assert(seen[MINE] + 1 == other);
            seen[MINE] = other;
            finish()
        :: kind == OUT ->
            begin_waiting();
            nfull(lane[LANE_OF(link, me, other)]);
            begin_after();
            assert(lives_in[MINE] == me);
            lives_in[MINE] = ON_WAY;
            lane[LANE_OF(link, me, other)] ! MINE, seen[MINE];
            finish()
        :: kind == IN ->
            begin_waiting();
            nempty(lane[LANE_OF(link, other, me)]);
            begin_after();
            lane[LANE_OF(link, other, me)] ? moved, count;
            assert(moved == MINE);
            seen[MINE] = count;
            lives_in[MINE] = me;
            finish()
        :: kind == FINISH -> break
        fi;
        atomic { kind = 0; call = 0; other = 0; moved = 0; count = 0 }
    od
}

init
{
    atomic {
        lives_in[1] = 1;
        lives_in[CALLS + 1] = 1;
        run frontend(0);
        run frontend(1);
        run side(0, 0);
        run side(0, 1);
        run side(1, 0);
        run side(1, 1)
    }
}
