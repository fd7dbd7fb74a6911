/*
 * Two supervisors are started under one name at any time, and started again when they are killed;
 * whoever is the engine is killed anywhere, also while it makes its segments or takes them away.
 * Its worker outlives it for a moment (ipc/segment.h, ipc/shared_engine.h, engine/supervisor.h).
 *
 *   (nothing)      never do two workers live at one time; nobody goes on with an engine that is
 *                  not whole; who ends well has written every outcome once
 *   -DNOWAIT       the supervisor's death is enough: its worker does not keep the lock  must fail
 *   -DNOCOMPLETE   an engine is gone on with as soon as its first segment is there     must fail
 *   -DLATECLEAR    segments are taken away before it is said that they are not whole   must fail
 *   -DTRUNCATE     the output is emptied at every start while a worker may have it     must fail
 *   -DNONAME       who has the lock has the name, even if the file has lost it         must fail
 *
 * Scope: the output is a count, cut back by a new worker to what is committed.
 */
#ifndef OUTCOMES
#define OUTCOMES 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define STARTERS 2
#define FILES    5 /* control segments made at all: a bound of the model */
#define LIVES    (STARTERS + KILLS)
#define NONE     0

/* /dev/shm: the name leads to a control segment; the other segments have one name for all. */
byte name = NONE;
byte made = 0;
bool complete[FILES + 1];
bool rings = false;
byte committed = 0;
byte output = 0;

/* Whose lock each process has; the kernel gives it back with the process. */
byte supervisor_has[STARTERS];
byte worker_has[LIVES];
bool dying[LIVES]; /* PR_SET_PDEATHSIG was sent */
bool ended[LIVES];
byte lives = 0;
byte living = 0;

bool killed[STARTERS];
byte kills = 0;

#ifdef NOWAIT
#define FREE(f) (supervisor_has[0] != f && supervisor_has[1] != f)
#else
#define FREE(f)                                                                                    \
    (supervisor_has[0] != f && supervisor_has[1] != f && worker_has[0] != f &&                     \
     worker_has[1] != f && worker_has[2] != f && worker_has[3] != f)
#endif
#ifdef NONAME
#define MINE(f) true
#else
#define MINE(f) (name == f)
#endif

proctype worker(byte me)
{
    byte next;
    {
        output = committed; /* recovery: cut back */
        do
        :: committed == OUTCOMES -> break
        :: else ->
            next = committed + 1;
            output = next;
            committed = next
        od
    } unless { dying[me] };
    atomic { living--; worker_has[me] = NONE; ended[me] = true }
}

inline remove_name()
{
    atomic {
        if
        :: name == control -> name = NONE
        :: else
        fi
    }
}

inline unlock() { supervisor_has[me] = NONE }

proctype supervisor(byte me)
{
    byte control;
    byte life;
    bool taken;
start:
    {
#ifdef TRUNCATE
        output = 0;
#endif
        control = name;
        if
        :: control == NONE
        :: else ->
            if
            :: atomic { FREE(control) -> supervisor_has[me] = control }
            :: atomic { !FREE(control) -> goto refused }
            fi;
            if
            :: !MINE(control) -> unlock(); goto start
            :: else
            fi;
#ifdef NOCOMPLETE
            taken = true;
#else
            taken = complete[control];
#endif
            if
            :: taken
            :: else -> remove_name(); unlock()
            fi
        fi;
        if
        :: taken
        :: else ->
            if
            :: atomic { name == NONE && made < FILES -> made++; control = made; name = control }
            :: atomic { name == NONE && made == FILES -> goto refused }
            :: atomic { name != NONE -> goto start }
            fi;
            if
            :: atomic { FREE(control) -> supervisor_has[me] = control }
            :: atomic { !FREE(control) -> goto start } /* somebody took it for a dead one's */
            fi;
            if
            :: !MINE(control) -> unlock(); goto start
            :: else
            fi;
            rings = false; /* what was left under the name goes */
            atomic { rings = true; committed = 0 };
            complete[control] = true
        fi;
        assert(rings);
        atomic {
            assert(living == 0);
            life = lives;
            lives++;
            living++;
            worker_has[life] = control;
            run worker(life)
        };
        ended[life];
        assert(output == OUTCOMES && committed == OUTCOMES);
#ifdef LATECLEAR
        rings = false;
        complete[control] = false;
#else
        complete[control] = false;
        rings = false;
#endif
        remove_name();
        unlock();
        goto end
    } unless { killed[me] };
    atomic {
        killed[me] = false;
        if
        :: life < LIVES && worker_has[life] != NONE && worker_has[life] == supervisor_has[me] ->
            dying[life] = true
        :: else
        fi;
        supervisor_has[me] = NONE;
        control = NONE;
        taken = false;
        life = LIVES
    };
    goto start;
refused:
end:
    skip
}

active proctype killer()
{
end_killer:
    do
    :: atomic { kills < KILLS && supervisor_has[0] != NONE && !killed[0] ->
            killed[0] = true;
            kills++
        }
    :: atomic { kills < KILLS && supervisor_has[1] != NONE && !killed[1] ->
            killed[1] = true;
            kills++
        }
    od
}

init { atomic { run supervisor(0); run supervisor(1) } }
