/*
 * The protocol of ipc/doorbell.h, without the nap that ends every sleep: two ringers, one
 * sleeper. A sleeper that is left lying though there is news is a deadlock.
 *
 *   (nothing)   must hold
 *   -DBUG1      ring looks at the flag before the news stand (its fence, D1)         must fail
 *   -DBUG2      the sleeper looks for news before its flag stands (its fence, D1)    must fail
 *   -DBUG3      the token is taken after the last look                               must fail
 *   -DBUG4      ring wakes without a step of the sequence                            must fail
 *   -DBUG5      the token is taken after the flag stands (D3)                        must fail
 *
 * Scope: interleavings under sequential consistency; BUG1 and BUG2 swap what the fences keep in
 * order. FUTEX_WAIT compares and lies down in one step, as the kernel does.
 */
#define RINGERS 2
#define EACH    2

byte news = 0;
byte sequence = 0;
bool flag = false;
bool asleep = false;

active[RINGERS] proctype ringer()
{
    byte count = 0;
    bool seen;
    do
    :: count < EACH ->
#ifdef BUG1
        seen = flag;
        news++;
#else
        news++;
        seen = flag;
#endif
        if
        :: seen ->
            atomic { seen = flag; flag = false }; /* exchange */
            if
            :: seen ->
#ifndef BUG4
                sequence++;
#endif
                asleep = false /* FUTEX_WAKE */
            :: else
            fi
        :: else
        fi;
        count++
    :: else -> break
    od
}

active proctype sleeper()
{
    byte known = 0;
    byte token;
    bool none;
    do
    :: known == RINGERS * EACH -> break
    :: else ->
        known = news;
        if
        :: known == RINGERS * EACH -> break
        :: else
        fi;
        /* prepare, and a last look */
#ifdef BUG2
        token = sequence;
        none = (news == known);
        flag = true;
#elif defined(BUG3)
        flag = true;
        none = (news == known);
        token = sequence;
#elif defined(BUG5)
        flag = true;
        token = sequence;
        none = (news == known);
#else
        token = sequence;
        flag = true;
        none = (news == known);
#endif
        if
        :: none ->
            atomic { asleep = (sequence == token) }; /* FUTEX_WAIT */
            !asleep
        :: else
        fi;
        flag = false /* finish */
    od
}
