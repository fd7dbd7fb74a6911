#ifndef ENGINE_SOURCE_PCAP_FILE_H
#define ENGINE_SOURCE_PCAP_FILE_H

/*
 * engine/source/pcap_file.h - the packets of a pcap or pcapng capture, read by libpcap.
 *
 * The one file that knows libpcap. Its bytes come from a struct reader, so pipes, FIFOs and
 * memory work and nothing seeks. Both byte orders, microseconds and nanoseconds, pcapng with
 * several interfaces and any if_tsresol; libpcap asks that the interfaces of a pcapng file have one
 * link layer and one snap length, and says so if they have not.
 */

#include <stdint.h>

#include "engine/source/reader.h"
#include "engine/source/segment.h"

enum pcap_file_result {
    PCAP_FILE_OK = 0,
    PCAP_FILE_END,
    PCAP_FILE_WAIT,   /* a pipe holds no whole packet yet */
    PCAP_FILE_FAILED, /* the reader's error */
    PCAP_FILE_BROKEN, /* no capture, or one cut short: pcap_file_why() */
};

struct pcap_packet {
    struct text bytes; /* that were captured; until the next call */
    uint32_t sent;     /* how many there were */
    bool has_time;     /* it is one that can be printed */
    int64_t time_us;   /* since 1970 */
};

struct pcap_file;

/*
 * pcap_file_open - over a reader that stands at the capture's first byte
 *
 * Reads nothing yet. The reader outlives the file and belongs to it meanwhile. NULL: memory is
 * out.
 */
struct pcap_file *pcap_file_open(struct reader *reader);
void pcap_file_close(struct pcap_file *file);

/* pcap_file_next - the next packet. Fills *packet on PCAP_FILE_OK only. */
enum pcap_file_result pcap_file_next(struct pcap_file *file, struct pcap_packet *packet);

/* pcap_file_layer - what packets begin with; LAYER_UNKNOWN: pcap_file_layer_name() is not read. */
enum segment_layer pcap_file_layer(const struct pcap_file *file);
const char *pcap_file_layer_name(const struct pcap_file *file);

/* pcap_file_why - after PCAP_FILE_BROKEN: libpcap's own words, until the file is closed. */
const char *pcap_file_why(const struct pcap_file *file);

#endif
