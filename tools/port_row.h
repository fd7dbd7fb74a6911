#ifndef TOOLS_PORT_ROW_H
#define TOOLS_PORT_ROW_H

/*
 * tools/port_row.h - the option --port, of every command that reads captures.
 */

#include "engine/source/source.h"
#include "tools/options.h"

static inline const char *
port_take(void *place, const char *value)
{
    return source_add_ports(place, value);
}

/* `field` is a struct source_options. */
#define ROW_PORT(type, field)                                                                      \
    ROW_OTHER(0, "port", type, field, "LIST", "ports of switches: of a pcap nothing else counts",  \
              NULL, port_take)

#endif
