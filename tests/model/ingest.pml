/*
 * Bytes of a switch over TCP, with the kernel's socket as the journal: the front-end is killed
 * anywhere and finds out from the socket how far it had read. What it receives lands at
 * buffer[offset % SIZE]; what it has made of it is committed one frame at a time.
 *
 *   (nothing)    every byte is taken once and in order, and the end of the stream is met
 *   -DNOTE       the offset is noted in memory after each read instead            must fail
 *   -DNOFIN      a FIN, which the kernel counts as a byte, is not subtracted      must fail
 *   -DONCE       the kernel is asked once, while bytes may arrive in between      must fail
 *   -DEARLYFIN   whether a FIN has come is asked before the counts                must fail
 *   -DNOROOM     more is received than the buffer has room for                    must fail
 *
 * Scope: recv() is one step: what leaves the socket is in memory. The kernel gives one number at
 * a time: bytes received (tcpi_bytes_received), bytes not yet read (SIOCINQ), the state.
 */
#ifndef BYTES
#define BYTES 4 /* an even number: a frame is two */
#endif
#ifndef SIZE
#define SIZE 3
#endif
#ifndef KILLS
#define KILLS 2
#endif

/* The kernel's. The byte at offset n is n + 1. */
byte received = 0; /* with the FIN */
byte unread = 0;
bool fin = false;

/* Shared memory. */
byte buffer[SIZE];
byte framed = 0; /* bytes of all committed frames */
byte noted = 0;
bool finished = false;

bool killed = false;
byte kills = 0;

active proctype the_switch()
{
    byte sent = 0;
    do
    :: sent < BYTES -> atomic { sent++; received++; unread++ }
    :: sent == BYTES -> break
    od;
    atomic { fin = true; received++ }
}

/* From bytes the kernel gave and what is left: how far was read. */
inline find_offset()
{
#ifdef NOTE
    offset = noted;
#else
#ifdef EARLYFIN
    ended = fin;
#endif
    do
    :: before = received;
        left = unread;
#ifndef EARLYFIN
        ended = fin;
#endif
#ifdef ONCE
        break;
#else
        if
        :: received == before -> break
        :: else
        fi
#endif
    od;
    offset = before - left;
#ifndef NOFIN
    if
    :: ended -> offset = offset - 1
    :: else
    fi
#endif
#endif
}

#ifdef NOROOM
#define ROOM true
#else
#define ROOM (offset - framed < SIZE)
#endif

active proctype frontend()
{
    byte offset;
    byte before;
    byte left;
    bool ended;
live:
    {
        find_offset();
        assert(offset >= framed && offset - framed <= SIZE && offset <= BYTES);
        do
        :: offset - framed >= 2 ->
            /* a frame: its bytes are there, and they are the next ones */
            assert(buffer[framed % SIZE] == framed + 1);
            assert(buffer[(framed + 1) % SIZE] == framed + 2);
            framed = framed + 2 /* the commit of what the frame did */
        :: atomic { unread > 0 && ROOM ->
                buffer[offset % SIZE] = received - (fin -> 1 : 0) - unread + 1;
                unread--
            };
            offset++;
#ifdef NOTE
            noted = offset
#endif
        :: unread == 0 && fin && offset - framed < 2 -> break
        od;
        assert(framed == BYTES);
        atomic { finished = true; goto end }
    } unless { killed };
    atomic { killed = false; offset = 0; before = 0; left = 0; ended = false };
    goto live;
end:
    skip
}

active proctype killer()
{
end_killer:
    do
    :: atomic { kills < KILLS && !killed && !finished -> killed = true; kills++ }
    od
}
