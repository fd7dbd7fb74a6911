#include "engine/complaint.h"

#include <inttypes.h>

#include "base/log.h"

void
complaint_say(struct complaints *complaints, const struct source_message *message, const char *why,
              size_t where)
{
    if (complaints->count++ >= COMPLAINTS_MAX)
        return;
    if (message->line > 0)
        log_at(complaints->file, message->line, "%s", why);
    else if (message->packet > 0)
        log_at(complaints->file, 0, "packet %" PRIu64 ": %s", message->packet, why);
    else
        log_at(complaints->file, 0, "offset %" PRIu64 ": %s", message->offset + where, why);
}

void
complaint_end(const struct complaints *complaints)
{
    if (complaints->count > COMPLAINTS_MAX)
        log_at(complaints->file, 0, "%" PRIu64 " more", complaints->count - COMPLAINTS_MAX);
}
