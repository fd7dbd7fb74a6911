#ifndef ENGINE_LIVE_CONTROL_TEXT_H
#define ENGINE_LIVE_CONTROL_TEXT_H

/*
 * engine/live/control_text.h - the lines of the control socket, one JSON object each.
 *
 *   {"request":"release","device":"2001","call":"17","link":"pbx1","id":"a"}
 *   {"request":"drop","device":"2001","by":"2002"}
 *   {"request":"clear","call":"17","by":"2002"}
 *   {"request":"whose","device":"2001","call":"17","link":"pbx1"}
 *
 *   {"result":"granted","link":"pbx1","call":"17","id":"a"}
 *   {"result":"not-sent","text":"why","id":"a"}
 *   {"result":"found","links":["pbx1"],"count":1,"in-call":true}
 *
 * `call`, `link` and `id` may be absent; `id` (up to CONTROL_ID_MAX bytes) comes back as it was,
 * and answers come in the order they are known. Results: engine/live/control_result.def.
 */

#include "engine/live/control.h"

enum {
    CONTROL_LINE_MAX = 4096, /* bytes of a line without its end */
    CONTROL_ID_MAX = 32,
#define CONTROL_RESULT(name, word, says) +1
    CONTROL_OUTCOMES = 0
#include "engine/live/control_result.def"
#undef CONTROL_RESULT
};

/*
 * control_read_command - what a line asks for
 *
 * Device numbers are made canonical. NULL, or what is wrong with it: a sentence good until the
 * thread's next call; then *command says nothing, but `id` is the line's if that could be read.
 */
const char *control_read_command(struct text line, struct control_command *command,
                                 char id[CONTROL_ID_MAX + 1]);

/* control_write_command - the same as a line with its end; 0: `size` is too small. */
size_t control_write_command(char *out, size_t size, const struct control_command *command);

/* control_read_answer - false: it is none. */
bool control_read_answer(struct text line, struct control_answer *answer);

size_t control_write_answer(char *out, size_t size, const struct control_answer *answer,
                            const char *id);

/* "release", "drop", "clear", "whose", "reload". */
const char *control_kind_name(enum control_kind kind);

/* "granted", and so on. */
const char *control_outcome_name(enum control_outcome outcome);

#endif
