/*
 * Transaction, outbox and result ring together (ipc/transaction.h, ipc/ring_result.h): workers
 * change state and write outcomes to their outboxes in transactions, and carry what is committed
 * from there into the ring; each is killed anywhere, recovers both, and goes on.
 *
 *   (nothing)      the sink gets what undisturbed workers would have told: once, in order
 *   -DFLUSHEARLY   outcomes go into the ring before they are committed             must fail
 *   -DNOROOM       an outcome may overwrite one that is not in the ring yet        must fail
 *   -DNOUNDO       a new life keeps the state of a transaction not committed       must fail
 *   -DNORECOVER    a new life does not look for a claim in the ring                must fail
 *
 * Scope: the parts are searched alone, with more steps, in transaction.pml and ring_recover.pml.
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define OUTBOX    1
#define CLAIMED   1
#define COMMITTED 2

/* Each worker's state, journal and outbox. */
byte state[WORKERS];
byte undo_of[WORKERS];
byte undo_count[WORKERS];
byte undo_value[WORKERS];
byte commit[WORKERS];
byte told[WORKERS * 2]; /* cursors: outcomes told so far */
byte outbox[WORKERS * OUTBOX];
byte flushed[WORKERS];

/* The ring. */
byte position_of[SLOTS];
byte worker_of[SLOTS];
byte state_of[SLOTS];
byte body_position[SLOTS];
byte body_number[SLOTS];
byte body_value[SLOTS];
byte tail = SLOTS;
byte cursor = SLOTS;

bool killed[WORKERS];
byte kills = 0;
byte total = 0;

#define ALL (total == WORKERS * EVENTS)

inline pass_tail(at)
{
    atomic {
        if
        :: tail == at -> tail = at + 1
        :: else
        fi
    }
}

inline fill(at)
{
    body_value[at % SLOTS] = outbox[me * OUTBOX + flushed[me] % OUTBOX];
    body_number[at % SLOTS] = flushed[me] + 1;
    body_position[at % SLOTS] = at;
    flushed[me] = flushed[me] + 1
}

inline undo()
{
#ifdef NOUNDO
    skip
#else
    if
    :: undo_of[me] == commit[me] + 1 && undo_count[me] == 1 -> state[me] = undo_value[me]
    :: else
    fi
#endif
}

inline recover_claim()
{
#ifdef NORECOVER
    skip
#else
    p = cursor;
    e = tail;
    do
    :: p > e -> break
    :: else ->
        if
        :: atomic { position_of[p % SLOTS] == p && worker_of[p % SLOTS] == me &&
                state_of[p % SLOTS] == CLAIMED };
            pass_tail(p);
            if
            :: body_position[p % SLOTS] == p && body_number[p % SLOTS] == flushed[me]
            :: else -> fill(p)
            fi;
            state_of[p % SLOTS] = COMMITTED;
            break
        :: else
        fi;
        p++
    od;
    atomic { p = 0; e = 0 }
#endif
}

/* One outcome from the outbox into the ring; nothing when the ring is full. */
inline flush()
{
    t = tail;
    if
    :: t - cursor >= SLOTS
    :: else ->
        atomic { p = position_of[t % SLOTS]; s = state_of[t % SLOTS] };
        if
        :: p == t -> pass_tail(t)
        :: p == t - SLOTS && s == COMMITTED ->
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
                pass_tail(t);
                fill(t);
                state_of[t % SLOTS] = COMMITTED
            :: else
            fi
        :: else
        fi
    fi;
    atomic { t = 0; p = 0; s = 0; mine = false }
}

#define TOLD told[me * 2 + commit[me] % 2]
#ifdef NOROOM
#define ROOM true
#else
#define ROOM (TOLD - flushed[me] < OUTBOX)
#endif

proctype worker(byte me)
{
    byte t;
    byte p;
    byte e;
    byte s;
    bool mine;
live:
    {
        undo();
        recover_claim();
        do
        :: commit[me] < EVENTS && ROOM ->
            undo_count[me] = 0;
            undo_of[me] = commit[me] + 1;
            undo_value[me] = state[me];
            undo_count[me] = 1;
            state[me] = state[me] + commit[me] + 1;
            outbox[me * OUTBOX + TOLD % OUTBOX] = state[me];
            told[me * 2 + (commit[me] + 1) % 2] = TOLD + 1;
#ifdef FLUSHEARLY
            flush();
#endif
            commit[me] = commit[me] + 1
        :: flushed[me] < TOLD -> flush()
        :: commit[me] == EVENTS && flushed[me] == EVENTS -> break
        od;
        goto end
    } unless { killed[me] };
    atomic { killed[me] = false; t = 0; p = 0; e = 0; s = 0; mine = false };
    goto live;
end:
    skip
}

active proctype killer()
{
end_killer:
    do
    :: atomic { kills < KILLS && !killed[0] && !ALL -> killed[0] = true; kills++ }
    :: atomic { kills < KILLS && WORKERS > 1 && !killed[WORKERS - 1] && !ALL ->
            killed[WORKERS - 1] = true;
            kills++
        }
    od
}

active proctype sink()
{
    byte last[WORKERS];
    byte w;
    do
    :: ALL -> break
    :: else ->
        atomic {
            position_of[cursor % SLOTS] == cursor && state_of[cursor % SLOTS] == COMMITTED ->
                w = worker_of[cursor % SLOTS];
                assert(body_position[cursor % SLOTS] == cursor);
                assert(body_number[cursor % SLOTS] == last[w] + 1);
                last[w]++;
                /* 1, then 1 + 2, then 1 + 2 + 3 */
                assert(body_value[cursor % SLOTS] == last[w] * (last[w] + 1) / 2);
                total++;
                w = 0
        };
        cursor++
    od
}

init
{
    atomic {
        byte i = 0;
        do
        :: i < SLOTS ->
            position_of[i] = i;
            worker_of[i] = 99;
            state_of[i] = COMMITTED;
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WORKERS -> run worker(i); i++
        :: else -> break
        od
    }
}
