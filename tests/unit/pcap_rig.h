#ifndef TESTS_UNIT_PCAP_RIG_H
#define TESTS_UNIT_PCAP_RIG_H

/*
 * tests/unit/pcap_rig.h - a capture that a test writes, and in brief what is read of it.
 */

#include <stdlib.h>

#include "engine/source/packets.h"
#include "tests/capture_rig.h"
#include "tests/unit/source_rig.h"

static uint8_t room[RIG_CAPTURE_MAX];
static struct rig_capture capture;
static struct packet_figures figures;

static inline int
setup(void **state)
{
    (void)state;
    capture = (struct rig_capture){.layer = RIG_ETHERNET, .bytes = room, .time_us = 1000000};
    rig_begin(&capture);
    return 0;
}

static inline struct rig_connection
connection_of(uint8_t client, uint16_t port)
{
    return (struct rig_connection){.ends = {{client, port, 100}, {5, 1040, 7000}}};
}

static inline const char *
read_known(struct source_options options)
{
    struct source source;
    uint8_t *copy = malloc(capture.length);
    memcpy(copy, room, capture.length);
    assert_true(source_open_bytes(&source, "pbx", copy, capture.length));
    source_set_options(&source, &options);
    source_read_all(&source);
    figures = *packets_figures(&source);
    source_close(&source);
    free(copy);
    return source_said;
}

static inline const char *
read_it(void)
{
    return read_known((struct source_options){.port_count = 0});
}

/* What a line says of kind, direction, link, invoke and payload; without times and offsets. */
static inline const char *
brief(const char *said)
{
    static char text[SOURCE_RIG_TEXT];
    char *to = text;
    while (*said != '\0') {
        if (strncmp(said, " time=", 6) == 0 || strncmp(said, " offset=", 8) == 0 ||
            strncmp(said, " packet=", 8) == 0 || strncmp(said, " link=", 6) == 0) {
            bool is_link = said[1] == 'l';
            said += is_link ? 6 : 1;
            *to = ' ';
            to += is_link;
            while (*said != ' ' && *said != '\n') {
                *to = *said++;
                to += is_link;
            }
            continue;
        }
        *to++ = *said++;
    }
    *to = '\0';
    return text;
}

static inline void
event(struct rig_connection *connection)
{
    rig_send_xml(&capture, connection, RIG_SERVER, "9999", "<e/>");
}

#define MESSAGE(link) "message < " link " invoke=9999 payload=<e/>\n"

#endif
