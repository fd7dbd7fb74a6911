#include "engine/sink/sink.h"

#include <string.h>

void
sink_init(struct sink *sink, enum output_format format, const struct sink_look *look,
          struct shm_sink_state *state)
{
    memset(sink, 0, sizeof *sink);
    sink->state = state;
    if (look != NULL)
        sink->look = *look;
    switch (format) {
    case FORMAT_JSONL:
        sink->format = &sink_jsonl;
        break;
    case FORMAT_TEXT:
        sink->format = &sink_text;
        break;
    }
}
