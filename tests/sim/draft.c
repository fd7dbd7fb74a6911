#include "tests/sim/draft.h"

#include <stdarg.h>
#include <string.h>

#include "base/check.h"

void
draft_add(struct draft *draft, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(draft->text + draft->length, sizeof draft->text - draft->length, format,
                           arguments);
    va_end(arguments);
    CHECK(length >= 0 && (size_t)length < sizeof draft->text - draft->length);
    draft->length += (uint32_t)length;
}

const char *
device_connection_name(const struct device *device)
{
    return device->trunk[0] != '\0' ? device->trunk : device->number;
}

/* One of the three switches writes device texts in the long form some real ones use. */
void
draft_number(struct draft *draft, const char *element, const struct sim_link *link,
             const char *number)
{
    if (link->manner == MANNER_CONFIGURED)
        draft_add(draft, "<%s><deviceIdentifier>N&lt;%s&gt;;noa=nk</deviceIdentifier></%s>",
                  element, number, element);
    else
        draft_add(draft, "<%s><deviceIdentifier>%s</deviceIdentifier></%s>", element, number,
                  element);
}

void
draft_device(struct draft *draft, const char *element, const struct sim_link *link,
             const struct device *device)
{
    if (device->anonymous)
        draft_add(draft, "<%s><notKnown/></%s>", element, element);
    else
        draft_number(draft, element, link, device->number);
}

void
draft_connection(struct draft *draft, const char *element, const char *id,
                 const struct device *device)
{
    draft_add(draft, "<%s><callID>%s</callID><deviceID>%s</deviceID></%s>", element, id,
              device_connection_name(device), element);
}

/* A party with two names may be called by either. */
static void
draft_releaser(struct draft *draft, const struct step *step, const struct device *device)
{
    struct random *random = scene_random(step->call->scene);
    if (device == NULL) {
        if (random_chance(random, 60))
            draft_add(draft, "<releasingDevice><notKnown/></releasingDevice>");
        return;
    }
    bool by_trunk = device->anonymous || (device->trunk[0] != '\0' && random_chance(random, 50));
    draft_number(draft, "releasingDevice", step->call->link,
                 by_trunk ? device->trunk : device->number);
}

static void
draft_open(struct draft *draft, const struct step *step)
{
    switch (step->call->link->manner) {
    case MANNER_STARTED:
        draft_add(draft, "<%s>", step->root);
        return;
    case MANNER_CONFIGURED:
        draft_add(draft,
                  "<%s xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4\">",
                  step->root);
        return;
    case MANNER_OPEN:
        draft_add(draft, "<csta:%s xmlns:csta=\"http://www.ecma.ch/standards/ecma-323/csta/ed6\">",
                  step->root);
        return;
    }
}

static void
draft_subject(struct draft *draft, const struct step *step, const struct copy *copy)
{
    struct random *random = scene_random(step->call->scene);
    const char *id = step->old_id != NULL ? step->old_id : call_id(step->call);
    if (step->subject == NULL) {
        draft_add(draft, "<clearedCall><callID>%s</callID></clearedCall>", id);
        return;
    }
    /* A callID alone means the monitor's own connection; a call monitor has none. */
    if (step->clearing && copy->device == step->subject && copy->state != NULL &&
        step->call->link->manner == MANNER_STARTED && random_chance(random, 10)) {
        draft_add(draft, "<%s><callID>%s</callID></%s>", step->connection, id, step->connection);
        return;
    }
    draft_connection(draft, step->connection, id, step->subject);
}

void
draft_event(struct draft *draft, const struct step *step, const struct copy *copy)
{
    struct random *random = scene_random(step->call->scene);
    const char *state = copy->state;
    bool open = step->call->link->manner == MANNER_OPEN;
    draft_open(draft, step);
    draft_add(draft, "<monitorCrossRefID>%s</monitorCrossRefID>",
              copy->device->cross_refs[copy->monitor]);
    draft_subject(draft, step, copy);
    draft_add(draft, "%s", step->body.text);
    if (step->clearing)
        draft_releaser(draft, step, copy == step->copies ? step->named : step->later_named);
    if (state != NULL && step->nulls_subject && copy->device == step->subject)
        state = "null";
    if (state != NULL && !random_chance(random, 8))
        draft_add(draft, "<localConnectionInfo>%s</localConnectionInfo>", state);
    if (step->cause != NULL)
        draft_add(draft, "<cause>%s</cause>", step->cause);
    draft_add(draft, "</%s%s>", open ? "csta:" : "", step->root);
}
