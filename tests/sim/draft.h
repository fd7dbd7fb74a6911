#ifndef TESTS_SIM_DRAFT_H
#define TESTS_SIM_DRAFT_H

/*
 * tests/sim/draft.h - one step on its way to becoming messages. Used only by say*.c and draft.c.
 */

#include "tests/sim/story.h"

enum {
    SIM_DRAFT_MAX = 6000,
    SIM_COPIES_MAX = 40,
};

/* Bytes of XML that grow at their end; too many are a broken promise. */
struct draft {
    uint32_t length;
    char text[SIM_DRAFT_MAX];
};

/* One monitor's copy of an event. */
struct copy {
    struct device *device;
    uint32_t monitor;  /* which of the device's monitors */
    const char *state; /* localConnectionInfo; NULL for a call monitor */
    bool late;         /* its own connection was null before: it cannot make the fact known */
};

struct step {
    struct sim_call *call;
    struct sim_call *second; /* the other call the messages name; NULL */
    const char *root;
    const char *connection; /* element of the subject connection */
    struct device *subject; /* NULL: the call itself */
    const char *old_id;     /* callID of the subject connection where it is not the call's */
    const char *cause;
    bool clearing;
    const struct device *named;       /* releasingDevice of the first copy; NULL: not known */
    const struct device *later_named; /* and of the others */
    bool nulls_subject;               /* the subject's own monitor says null */
    bool watchers_only;
    struct device *failing; /* not a party, but its monitor tells of the failure */
    bool subject_seen;      /* some message named the subject before */
    bool has_prompt;
    bool by_subject; /* the first copy comes from the subject's own monitor */
    uint32_t copy_count;
    struct copy copies[SIM_COPIES_MAX];
    struct draft body; /* between the subject connection and localConnectionInfo */
};

/* step_tell - put the step's copies into the heap; false: nobody sees it. */
bool step_tell(struct step *step);

void draft_add(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* <element> with a device, a number as dialled, a connection. */
void draft_device(struct draft *draft, const char *element, const struct sim_link *link,
                  const struct device *device);
void draft_number(struct draft *draft, const char *element, const struct sim_link *link,
                  const char *number);
void draft_connection(struct draft *draft, const char *element, const char *id,
                      const struct device *device);
/* draft_event - the whole message of one copy. */
void draft_event(struct draft *draft, const struct step *step, const struct copy *copy);
/* device_connection_name - what connection IDs call it. */
const char *device_connection_name(const struct device *device);

#endif
