#include "engine/sink/sink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

struct sink_look
sink_look_of(int descriptor)
{
    struct sink_look look = {.columns = 120, .colours = false};
    if (!isatty(descriptor))
        return look;
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        look.columns = size.ws_col;
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    look.colours = (no_color == NULL || *no_color == '\0') && terminal != NULL &&
                   strcmp(terminal, "dumb") != 0;
    return look;
}
