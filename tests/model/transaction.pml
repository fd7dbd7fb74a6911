/*
 * The protocol of ipc/transaction.h: one owner of two cells of state and a lane of outcomes takes
 * events, is killed anywhere, also while it recovers, and lives again.
 *
 *   (nothing)        state is that of the last commit at the beginning of every event, and every
 *                    outcome is given out once and in order
 *   -DCHANGEFIRST    a cell is changed before its old value is written down          must fail
 *   -DLATECOUNT      the log is emptied after it was given to the new transaction    must fail
 *   -DONECURSORS     the cursors of commit and transaction are the same block        must fail
 *   -DNOREDO         recovery does not publish the cursors again                     must fail
 *   -DEARLYPUBLISH   the cursors are published before the commit                     must fail
 *
 * Scope: a kill leaves the stores made so far, in the program's order, as SIGKILL does. Cells are
 * one byte; that an entry counts only when it is whole is what the count is for.
 */
#ifndef EVENTS
#define EVENTS 4
#endif
#ifndef KILLS
#define KILLS 3
#endif
#define LANE 10

/* Shared memory: what outlives the owner. */
byte cell[2];
byte undo_of = 0;
byte undo_count = 0;
byte undo_place[4];
byte undo_value[4];
byte cursor_tail[2]; /* cursors of commit c are at c % 2 */
byte cursor_taken[2];
byte commit = 0;
byte lane[LANE];
byte tail = 0; /* published */
byte taken = 0;

/* The run that nobody disturbs. */
byte want_first[EVENTS + 1];
byte want_second[EVENTS + 1];
byte want_outcome[LANE];
byte wanted = 0;
bool ready = false;

bool killed = false;
byte kills = 0;
bool done = false;

inline change(place, value)
{
#ifdef CHANGEFIRST
    old = cell[place];
    cell[place] = value;
    undo_place[undo_count] = place;
    undo_value[undo_count] = old;
    undo_count = undo_count + 1
#else
    undo_place[undo_count] = place;
    undo_value[undo_count] = cell[place];
    undo_count = undo_count + 1;
    cell[place] = value
#endif
}

inline recover()
{
    if
    :: undo_of == commit + 1 ->
        entry = undo_count;
        do
        :: entry > 0 ->
            entry = entry - 1;
            cell[undo_place[entry]] = undo_value[entry]
        :: else -> break
        od
    :: else
    fi;
#ifndef NOREDO
    tail = cursor_tail[commit % 2];
    taken = cursor_taken[commit % 2]
#endif
}

inline tell(value)
{
    lane[stop] = value;
    stop = stop + 1
}

active proctype owner()
{
    byte event;
    byte stop;
    byte entry;
    byte old;
    ready;
live:
    {
        recover();
        do
        :: commit == EVENTS -> break
        :: else ->
            event = commit + 1;
            assert(taken == commit);
            assert(cell[0] == want_first[commit] && cell[1] == want_second[commit]);
#ifdef LATECOUNT
            undo_of = event;
            undo_count = 0;
#else
            undo_count = 0;
            undo_of = event;
#endif
            stop = cursor_tail[commit % 2];
            change(0, cell[0] + event);
            if
            :: event % 2 == 0 -> tell(cell[0] + 10 * event)
            :: else
            fi;
            change(1, cell[1] + cell[0]);
            if
            :: event != 1 -> tell(cell[1] + 100)
            :: else
            fi;
#ifdef ONECURSORS
            cursor_tail[0] = stop;
            cursor_taken[0] = event;
            cursor_tail[1] = stop;
            cursor_taken[1] = event;
#else
            cursor_tail[event % 2] = stop;
            cursor_taken[event % 2] = event;
#endif
#ifdef EARLYPUBLISH
            tail = cursor_tail[event % 2];
            taken = cursor_taken[event % 2];
            commit = event
#else
            commit = event; /* edge T1 */
            tail = cursor_tail[event % 2];
            taken = cursor_taken[event % 2]
#endif
        od;
        done = true;
        goto end
    } unless { killed };
    atomic { killed = false; event = 0; stop = 0; entry = 0; old = 0 };
    goto live;
end:
    skip
}

active proctype killer()
{
end_killer:
    do
    :: atomic {
        kills < KILLS && !killed && !done ->
            assert(taken <= commit); /* who gave the input may overwrite what is taken */
            killed = true;
            kills++
        }
    od
}

active proctype reader()
{
    byte got = 0;
    do
    :: got < tail ->
        assert(lane[got] == want_outcome[got]);
        got++
    :: got == wanted && done -> break
    od
}

init
{
    byte event;
    byte first;
    byte second;
    atomic {
        event = 1;
        do
        :: event <= EVENTS ->
            first = first + event;
            if
            :: event % 2 == 0 -> want_outcome[wanted] = first + 10 * event; wanted++
            :: else
            fi;
            second = second + first;
            if
            :: event != 1 -> want_outcome[wanted] = second + 100; wanted++
            :: else
            fi;
            want_first[event] = first;
            want_second[event] = second;
            event++
        :: else -> break
        od;
        ready = true
    }
}
