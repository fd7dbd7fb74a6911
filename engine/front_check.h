#ifndef ENGINE_FRONT_CHECK_H
#define ENGINE_FRONT_CHECK_H

/*
 * engine/front_check.h - can the front-end's tables be what a front-end left?
 *
 * Asked once in a life, when a predecessor may have stored anywhere, or nobody watched over them
 * for a while. Everything that says where something else stands is followed: chains, lines, rings
 * of related calls, lists of free places; and every length of a text is looked at. So whoever goes
 * on stays inside of the tables, and his loops end. What a number or a text says is not known here.
 */

#include "engine/front.h"

/*
 * front_fault - what is wrong with the tables; NULL: nothing
 *
 * After front_open(). `workers`: of the engine. Nothing is changed; takes a time that grows with
 * what is in the tables.
 */
const char *front_fault(const struct front *front, uint32_t workers);

#endif
