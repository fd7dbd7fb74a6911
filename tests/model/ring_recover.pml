/*
 * The protocol of ipc/ring_result.h with deaths: workers and the publisher are killed anywhere and
 * live again; a worker recovers its claim at the beginning of its life, and may be killed in that.
 * What a worker has to tell stands in its outbox; `flushed` says how much of it is in the ring.
 *
 *   (nothing)     every outcome arrives once, in its worker's order, and nothing stands still
 *   -DTAILFIRST   a claim moves the tail first and names its owner afterwards       must fail
 *   -DBADORDER    a slot is committed before `flushed` says so                      must fail
 *   -DPOSFIRST    a slot's position is written before what it is checked against    must fail
 *   -DTIMEOUT     recovery may meet a worker that lives, only slowly                must fail
 *   -DNORECOVER   a new life does not look for a claim                              must fail
 *
 * Scope: interleavings under sequential consistency; each access of shared memory is a step, a
 * header is one word. A sink keeps rows and cursor in one transaction.
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef EACH
#define EACH 2 /* outcomes of each worker, in its outbox from the start */
#endif
#ifndef KILLS
#define KILLS 1 /* of workers */
#endif
#ifndef SINK_KILLS
#define SINK_KILLS 1
#endif
#define CLAIMED   1
#define COMMITTED 2

/* Headers: one word each. */
byte position_of[SLOTS];
byte worker_of[SLOTS];
byte state_of[SLOTS];
/* Slots. */
byte body_position[SLOTS];
byte body_worker[SLOTS];
byte body_number[SLOTS];
byte tail = SLOTS;
byte cursor = SLOTS;
byte flushed[WORKERS];
/* What the sink has made durable, together. */
byte durable = SLOTS;
byte last[WORKERS];
byte total = 0;

bool killed[WORKERS];
byte kills = 0;
bool sink_killed = false;
byte sink_kills = 0;

#define ALL (total == WORKERS * EACH)

inline pass_tail(at)
{
    atomic {
        if
        :: tail == at -> tail = at + 1
        :: else
        fi
    }
}

inline fill(slot, at, who)
{
#ifdef POSFIRST
    body_position[slot] = at;
    body_worker[slot] = who;
    body_number[slot] = flushed[who] + 1;
#else
    body_worker[slot] = who;
    body_number[slot] = flushed[who] + 1;
    body_position[slot] = at;
#endif
}

inline recover(who)
{
    p = cursor;
    e = tail;
    do
    :: p > e -> break
    :: else ->
        i = p % SLOTS;
        atomic {
            mine = position_of[i] == p && worker_of[i] == who && state_of[i] == CLAIMED
        };
        if
        :: mine ->
            pass_tail(p);
            if
            :: body_position[i] == p && body_worker[i] == who && body_number[i] == flushed[who]
            :: else ->
                fill(i, p, who);
                flushed[who] = body_number[i]
            fi;
            state_of[i] = COMMITTED;
            break
        :: else
        fi;
        p++
    od;
    atomic { p = 0; e = 0; i = 0; mine = false }
}

proctype worker(byte me)
{
    byte t;
    byte c;
    byte p;
    byte e;
    byte i;
    byte s;
    bool mine;
live:
    {
#ifndef NORECOVER
        recover(me);
#endif
        do
        :: flushed[me] >= EACH -> break
        :: else ->
            t = tail;
            c = cursor;
            if
            :: t - c >= SLOTS -> (cursor != c || tail != t) /* full */
            :: else ->
                i = t % SLOTS;
#ifdef TAILFIRST
                atomic {
                    mine = tail == t;
                    if
                    :: mine -> tail = t + 1
                    :: else
                    fi
                };
                if
                :: mine ->
                    atomic { position_of[i] = t; worker_of[i] = me; state_of[i] = CLAIMED };
#else
                atomic { p = position_of[i]; s = state_of[i] };
                if
                :: p == t -> pass_tail(t) /* help */
                :: p == t - SLOTS && s == COMMITTED ->
                    atomic {
                        mine = position_of[i] == p && state_of[i] == s;
                        if
                        :: mine ->
                            position_of[i] = t;
                            worker_of[i] = me;
                            state_of[i] = CLAIMED
                        :: else
                        fi
                    }
                :: else
                fi;
                if
                :: mine ->
                    pass_tail(t);
#endif
                    fill(i, t, me);
#ifdef BADORDER
                    state_of[i] = COMMITTED;
                    flushed[me] = body_number[i]
#else
                    flushed[me] = body_number[i];
                    state_of[i] = COMMITTED
#endif
                :: else
                fi
            fi;
            atomic { t = 0; c = 0; p = 0; e = 0; i = 0; s = 0; mine = false }
        od;
        goto end
    } unless { killed[me] };
    atomic { killed[me] = false; t = 0; c = 0; p = 0; e = 0; i = 0; s = 0; mine = false };
    goto live;
end:
    skip
}

active proctype killer()
{
end_killer:
    do
#ifndef TIMEOUT
    :: atomic { kills < KILLS && !killed[0] && !ALL -> killed[0] = true; kills++ }
    :: atomic { kills < KILLS && WORKERS > 1 && !killed[1] && !ALL -> killed[1] = true; kills++ }
#endif
    :: atomic { sink_kills < SINK_KILLS && !sink_killed && !ALL ->
            sink_killed = true;
            sink_kills++
        }
    od
}

#ifdef TIMEOUT
/* Somebody who believes that worker 0 has been silent for too long. */
active proctype impatient()
{
    byte p;
    byte e;
    byte i;
    bool mine;
end_impatient:
    atomic {
        state_of[cursor % SLOTS] == CLAIMED && position_of[cursor % SLOTS] == cursor &&
            worker_of[cursor % SLOTS] == 0
    };
    recover(0)
}
#endif

active proctype sink()
{
    byte c;
    byte i;
    byte w;
    byte n;
live:
    {
        cursor = durable;
        do
        :: ALL -> break
        :: else ->
            c = durable;
            i = c % SLOTS;
            atomic { position_of[i] == c && state_of[i] == COMMITTED };
            w = body_worker[i];
            n = body_number[i];
            atomic { /* one transaction of the sink */
                assert(body_position[i] == c);
                assert(n == last[w] + 1); /* none lost, none twice, in order */
                last[w] = n;
                total++;
                durable = c + 1
            };
            atomic { cursor = c + 1; c = 0; i = 0; w = 0; n = 0 }
        od;
        goto end
    } unless { sink_killed };
    atomic { sink_killed = false; c = 0; i = 0; w = 0; n = 0 };
    goto live;
end:
    skip
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
