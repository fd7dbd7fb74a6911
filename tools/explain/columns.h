#ifndef TOOLS_EXPLAIN_COLUMNS_H
#define TOOLS_EXPLAIN_COLUMNS_H

/*
 * tools/explain/columns.h - the parties of a flow as columns of a ladder, and what each is doing.
 *
 * A party may have several names; messages that use two of them for one connection tell so. What a
 * party does is what the messages say, and that it ended is what the outcomes say: this only draws.
 */

#include "tools/explain/flow.h"

enum {
    COLUMN_NAMES_MAX = 8, /* names of one party; more are not remembered */
    COLUMN_NONE = -1,
};

/* What stands in a party's column. */
enum {
    LINE_AWAY = ' ',
    LINE_BEGINS = '.',
    LINE_RINGS = ':',
    LINE_QUEUED = 'q',
    LINE_TALKS = '|',
    LINE_HOLDS = '=',
    LINE_FAILED = 'f',
};

struct column {
    char names[COLUMN_NAMES_MAX][FLOW_NAME]; /* [0] is what it is called; "" a caller not named */
    uint32_t name_count;
};

struct columns {
    const struct flow *flow;
    struct column *list;
    uint32_t count;
    char *lines; /* [count * flow->call_count]: in each call */
};

/* columns_open - a column for each party of the flow, in the order they come in; all are away. */
void columns_open(struct columns *columns, const struct flow *flow);
void columns_close(struct columns *columns);

/* columns_find - which has that name; COLUMN_NONE if none has. */
int columns_find(const struct columns *columns, struct text name);

/* columns_of_caller - the caller without a name, or COLUMN_NONE. */
int columns_of_caller(const struct columns *columns, const struct event *event);

/* columns_take - what the moment's message changes; columns_settle - who ended by it. */
void columns_take(struct columns *columns, const struct flow_moment *moment,
                  const struct event *event);
void columns_settle(struct columns *columns, const struct flow_moment *moment);

/* columns_line - what stands in the column now; in `conn_id`'s call if it is in that. */
char columns_line(const struct columns *columns, uint32_t column, uint64_t conn_id);

#endif
