/*
 * How the front-end forgets where a moved call lives (engine/route.h): a worker that no longer
 * remembers a call tells so, with the order of the last record it had of it; the entry goes if
 * nothing was pushed for the call since. One call is moved to and fro, ends, and its callID is
 * used again.
 *
 *   (nothing)     a call is never in two places, and no entry outlives its call
 *   -DANYORDER    the entry goes whatever was pushed since                           must fail
 *   -DEARLYTELL   a worker tells while it still remembers                            must fail
 *   -DLOSTTELL    forgetting and telling are two transactions, a kill between them   must fail
 *   -DNOLAST      the worker tells the order at which it forgets, not the last one   must fail
 *
 * Scope: rings are channels with room for all, as who waits for room takes reports meanwhile; what
 * one record does is one step. Home is worker 0.
 */
#ifndef STEPS
#define STEPS 4
#endif
#ifndef ROOM
#define ROOM 16
#endif
#define NOWHERE 9

mtype = { EVENT, OUT, IN, TICK, FINISH };
chan ring[2] = [ROOM] of { mtype, byte };
chan lane[2] = [1] of { bool, byte }; /* to that worker */
chan closed[2] = [1] of { byte };

bool has[2];
byte last[2]; /* order of the last record for the call */
byte moving = 0; /* 1: the call is in a lane */
byte place = NOWHERE;
byte pushed = 0;

#ifdef ANYORDER
#define FORGET true
#else
#define FORGET (pushed <= told)
#endif

inline take(worker)
{
    if
    :: place == worker && FORGET -> place = NOWHERE
    :: else
    fi
}

inline take_reports()
{
    do
    :: closed[0] ? told -> take(0)
    :: closed[1] ? told -> take(1)
    :: break
    od
}
inline push_event()
{
    if
    :: place == NOWHERE -> ring[0] ! EVENT, order
    :: else -> pushed = order; ring[place] ! EVENT, order
    fi
}

active proctype frontend()
{
    byte order = 0;
    byte told;
    byte from;
    byte steps = 0;
    do
    :: steps < STEPS ->
        atomic { steps++; order++ };
        take_reports();
        if
        :: push_event()
        :: ring[0] ! TICK, order; ring[1] ! TICK, order
        :: from = (place == NOWHERE -> 0 : place);
            ring[from] ! OUT, order;
            place = 1 - from;
            ring[place] ! IN, order;
            push_event() /* the event that related it */
        fi
    :: else -> break
    od;
    ring[0] ! FINISH, 0;
    ring[1] ! FINISH, 0;
    do
    :: closed[0] ? told -> take(0)
    :: closed[1] ? told -> take(1)
    :: _nr_pr == 1 && empty(closed[0]) && empty(closed[1]) -> break
    od;
    assert(place == NOWHERE)
}

inline forget()
{
#ifdef EARLYTELL
    closed[me] ! last[me];
    has[me] = false
#elif defined(LOSTTELL)
    has[me] = false;
    if
    :: closed[me] ! last[me]
    :: true /* killed here, and nothing remembers that something was to be told */
    fi
#else
    atomic { closed[me] ! last[me]; has[me] = false }
#endif
}

proctype owner(byte me)
{
    mtype kind;
    byte order;
    bool came;
    do
    :: ring[me] ? kind, order ->
        if
        :: kind == EVENT ->
            atomic {
                assert(!has[1 - me] && moving == 0); /* else it would be in two places */
                has[me] = true;
                last[me] = order
            }
        :: kind == OUT ->
            atomic {
                lane[1 - me] ! has[me], last[me];
                moving = (has[me] -> 1 : 0);
                has[me] = false
            }
        :: kind == IN ->
            lane[me] ? came, order;
            atomic {
                if
                :: came -> has[me] = true; last[me] = order; moving = 0
                :: else
                fi
            }
        :: kind == TICK
        :: kind == FINISH -> break
        fi;
        atomic { kind = 0; order = 0; came = false }
    :: has[me] -> forget()
    od;
    do
    :: has[me] -> forget()
    :: else -> break
    od
}

init { atomic { run owner(0); run owner(1) } }
