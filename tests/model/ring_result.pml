/*
 * The protocol of ipc/ring_result.h: workers claim, help, write and commit; the publisher polls
 * and releases. Nobody dies here; but worker 0 may stop between its claim and the tail for as
 * long as worker 1 can get on without it.
 *
 *   (nothing)    every outcome arrives once, whole, in each worker's order; nobody waits for
 *                the one who stopped until the ring is full
 *   -DNOHELP     who meets a claim at the tail waits for its owner to pass it        must fail
 *   -DEARLY      commit before the outcome is written (edge M1)                      must fail
 *   -DNOROOM     claim without asking the cursor (edge M2)                           must fail
 *   -DNOPOS      claim any committed slot, whatever its position (an old tail)       must fail
 *
 * Scope: interleavings under sequential consistency. A header is one 64-bit word in the code, so
 * its three parts are read and exchanged together here.
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef EACH
#define EACH 3 /* outcomes of each worker */
#endif
#define CLAIMED   1
#define COMMITTED 2
#define NONE      9

/* Headers. */
byte position_of[SLOTS];
byte worker_of[SLOTS];
byte state_of[SLOTS];
/* Slots: an outcome is written and read in two steps, so a torn one can be seen. */
byte low[SLOTS];
byte high[SLOTS];
byte tail = SLOTS;
byte cursor = SLOTS;

bool stuck[WORKERS]; /* done, or has met a full ring */

inline pass_tail()
{
    atomic {
        if
        :: tail == t -> tail = t + 1
        :: else
        fi
    }
}

inline write_outcome()
{
    low[t % SLOTS] = number;
    high[t % SLOTS] = number
}

proctype worker(byte me)
{
    byte number = 1;
    byte t;
    byte c;
    byte p;
    byte s;
    bool mine;
    do
    :: number > EACH -> break
    :: else ->
        t = tail;
        c = cursor;
        if
#ifndef NOROOM
        :: t - c >= SLOTS ->
            stuck[me] = true;
            (cursor != c || tail != t) /* full */
#endif
#ifdef NOROOM
        :: true ->
#else
        :: else ->
#endif
            atomic { p = position_of[t % SLOTS]; s = state_of[t % SLOTS] };
            if
            :: p == t ->
#ifdef NOHELP
                tail != t
#else
                pass_tail()
#endif
#ifdef NOPOS
            :: p != t && s == COMMITTED ->
#else
            :: p == t - SLOTS && s == COMMITTED ->
#endif
                atomic {
                    mine = position_of[t % SLOTS] == p && state_of[t % SLOTS] == s;
                    if
                    :: mine ->
                        position_of[t % SLOTS] = t;
                        worker_of[t % SLOTS] = me;
                        state_of[t % SLOTS] = CLAIMED
                    :: else
                    fi
                };
                if
                :: mine ->
                    if
                    :: me == 0 -> stuck[1] /* stopped here */
                    :: true
                    fi;
                    pass_tail();
#ifdef EARLY
                    state_of[t % SLOTS] = COMMITTED;
                    write_outcome();
#else
                    write_outcome();
                    state_of[t % SLOTS] = COMMITTED;
#endif
                    number++
                :: else
                fi
            :: else
            fi
        fi;
        atomic { t = 0; c = 0; p = 0; s = 0; mine = false }
    od;
    stuck[me] = true
}

proctype publisher()
{
    byte total = 0;
    byte last[WORKERS];
    byte i;
    byte w;
    byte l;
    byte h;
    do
    :: total == WORKERS * EACH -> break
    :: else ->
        i = cursor % SLOTS;
        /* poll */
        atomic { position_of[i] == cursor && state_of[i] == COMMITTED -> w = worker_of[i] };
        l = low[i];
        h = high[i];
        assert(l == h);           /* not torn */
        assert(l == last[w] + 1); /* once, in order */
        last[w] = l;
        total++;
        assert(cursor < tail); /* no owner commits before the tail has passed its claim */
        cursor++ /* release */
    od
}

init
{
    atomic {
        byte i = 0;
        do
        :: i < SLOTS ->
            position_of[i] = i;
            worker_of[i] = NONE;
            state_of[i] = COMMITTED;
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WORKERS -> run worker(i); i++
        :: else -> break
        od;
        run publisher()
    }
}
