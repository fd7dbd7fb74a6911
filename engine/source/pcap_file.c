#include "engine/source/pcap_file.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    PCAP_HEADER = 24,
    RECORD_HEADER = 16,
    RECORD_HEADER_LONG = 24, /* of captures with the magic word a1b2cd34 */
    BLOCK_HEADER = 12,       /* type, length, and a section's byte order */
    BLOCK_SECTION = 0x0A0D0D0A,
    SECTION_SWAPPED = 0x4D3C2B1A, /* the byte order of a section, if it is not ours */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OLD = 2,
    BLOCK_PACKET_SIMPLE = 3,
    BLOCK_PACKET = 6,
    STREAM_BUFFER = 64 * 1024,
};

/* 9999-12-31T23:59:59Z is the last second that can be printed. */
#define SECONDS_END INT64_C(253402300800)

struct pcap_file {
    struct reader *reader;
    pcap_t *pcap;    /* once the first bytes are there */
    bool is_blocks;  /* pcapng */
    bool is_swapped; /* numbers are in the other byte order than ours */
    bool is_long;    /* RECORD_HEADER_LONG */
    enum segment_layer layer;
    const char *layer_name;
    bool is_loose;  /* read_cookie() */
    size_t granted; /* bytes that libpcap may take now */
    char why[PCAP_ERRBUF_SIZE];
    char buffer[STREAM_BUFFER];
};

/* ---- what libpcap reads from --------------------------------------------------------------- */

static bool
wait_for_bytes(struct reader *reader)
{
    while (reader_available(reader) == 0) {
        enum reader_result result = reader_more(reader);
        if (result == READER_END || result == READER_FAILED)
            return false;
        if (result == READER_WAIT)
            reader_wait(reader, -1);
    }
    return true;
}

/*
 * Gives no more than what is granted: the stream reads ahead, and the reader has to stand at the
 * beginning of a record to see whether the next is there. If libpcap wants more than we think it
 * should, it knows better, and has from there on whatever there is.
 */
static ssize_t
read_cookie(void *cookie, char *bytes, size_t count)
{
    struct pcap_file *file = cookie;
    struct reader *reader = file->reader;
    file->is_loose |= file->granted == 0;
    if (!wait_for_bytes(reader))
        return reader->error != 0 ? -1 : 0;
    size_t most = file->is_loose ? reader_available(reader) : file->granted;
    if (count > most)
        count = most;
    memcpy(bytes, reader_at(reader), count);
    reader_take(reader, count);
    if (!file->is_loose)
        file->granted -= count;
    return (ssize_t)count;
}

struct pcap_file *
pcap_file_open(struct reader *reader)
{
    struct pcap_file *file = calloc(1, sizeof *file);
    if (file != NULL)
        file->reader = reader;
    return file;
}

void
pcap_file_close(struct pcap_file *file)
{
    if (file == NULL)
        return;
    if (file->pcap != NULL)
        pcap_close(file->pcap);
    free(file);
}

/* ---- is a whole packet there? -------------------------------------------------------------- */

static uint32_t
number_at(const struct pcap_file *file, size_t at)
{
    uint32_t number;
    memcpy(&number, reader_at(file->reader) + at, sizeof number);
    return file->is_swapped ? __builtin_bswap32(number) : number;
}

/* Grants the next record if it is there. True, too, if it is so large that libpcap refuses it. */
static bool
has_record(struct pcap_file *file)
{
    size_t available = reader_available(file->reader);
    size_t header = file->is_long ? RECORD_HEADER_LONG : RECORD_HEADER;
    if (available < header)
        return false;
    uint64_t wanted = header + (uint64_t)number_at(file, 8);
    if (wanted <= available)
        file->granted = (size_t)wanted;
    return wanted <= available || wanted >= READER_CAPACITY;
}

static bool
is_packet(uint32_t block)
{
    return block == BLOCK_PACKET || block == BLOCK_PACKET_SIMPLE || block == BLOCK_PACKET_OLD;
}

/* The same for blocks: all up to the first that holds a packet, or describes an interface. */
static bool
has_blocks(struct pcap_file *file, bool is_beginning)
{
    size_t available = reader_available(file->reader);
    bool is_swapped = file->is_swapped;
    for (size_t at = 0; available - at >= BLOCK_HEADER;) {
        uint32_t type = number_at(file, at);
        if (type == BLOCK_SECTION)
            file->is_swapped ^= number_at(file, at + 8) == SECTION_SWAPPED;
        uint64_t length = number_at(file, at + 4);
        if (length < BLOCK_HEADER || at + length >= READER_CAPACITY)
            return true;
        if (length > available - at)
            break;
        at += (size_t)length;
        if (is_packet(type) || (is_beginning && type == BLOCK_INTERFACE)) {
            file->granted = at;
            return true;
        }
    }
    file->is_swapped = is_swapped;
    return false;
}

static bool
has_beginning(struct pcap_file *file)
{
    if (reader_available(file->reader) < PCAP_HEADER)
        return false;
    file->is_swapped = false;
    uint32_t magic = number_at(file, 0);
    file->is_blocks = magic == BLOCK_SECTION;
    if (file->is_blocks)
        return has_blocks(file, true);
    file->is_swapped = magic == 0xD4C3B2A1 || magic == 0x4D3CB2A1 || magic == 0x34CDB2A1;
    file->is_long = magic == 0xA1B2CD34 || magic == 0x34CDB2A1;
    file->granted = PCAP_HEADER;
    return true;
}

static bool
has_packet(struct pcap_file *file)
{
    return file->is_blocks ? has_blocks(file, false) : has_record(file);
}

static enum pcap_file_result
wait_for(struct pcap_file *file, bool (*is_there)(struct pcap_file *file))
{
    while (!file->is_loose && !is_there(file) && reader_available(file->reader) < READER_CAPACITY) {
        enum reader_result result = reader_more(file->reader);
        if (result == READER_WAIT)
            return PCAP_FILE_WAIT;
        if (result == READER_FAILED)
            return PCAP_FILE_FAILED;
        if (result == READER_END)
            return PCAP_FILE_OK; /* libpcap says what is missing */
    }
    return PCAP_FILE_OK;
}

/* ---- packets ------------------------------------------------------------------------------- */

static enum segment_layer
layer_of(int link_type)
{
    switch (link_type) {
    case DLT_EN10MB:
        return LAYER_ETHERNET;
    case DLT_LINUX_SLL:
        return LAYER_COOKED;
    case DLT_LINUX_SLL2:
        return LAYER_COOKED2;
    case DLT_NULL:
    case DLT_LOOP:
        return LAYER_LOOPBACK;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        return LAYER_RAW;
    default:
        return LAYER_UNKNOWN;
    }
}

static enum pcap_file_result
begin(struct pcap_file *file)
{
    enum pcap_file_result result = wait_for(file, has_beginning);
    if (result != PCAP_FILE_OK)
        return result;
    cookie_io_functions_t functions = {.read = read_cookie};
    FILE *stream = fopencookie(file, "r", functions);
    if (stream == NULL) {
        snprintf(file->why, sizeof file->why, "not enough memory for libpcap");
        return PCAP_FILE_BROKEN;
    }
    setvbuf(stream, file->buffer, _IOFBF, sizeof file->buffer);
    file->pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_MICRO, file->why);
    if (file->pcap == NULL) {
        fclose(stream);
        return file->reader->error != 0 ? PCAP_FILE_FAILED : PCAP_FILE_BROKEN;
    }
    file->layer = layer_of(pcap_datalink(file->pcap));
    file->layer_name = pcap_datalink_val_to_name(pcap_datalink(file->pcap));
    return PCAP_FILE_OK;
}

enum pcap_file_result
pcap_file_next(struct pcap_file *file, struct pcap_packet *packet)
{
    enum pcap_file_result result = file->pcap == NULL ? begin(file) : PCAP_FILE_OK;
    if (result == PCAP_FILE_OK)
        result = wait_for(file, has_packet);
    if (result != PCAP_FILE_OK)
        return result;

    struct pcap_pkthdr *header;
    const u_char *bytes;
    int code = pcap_next_ex(file->pcap, &header, &bytes);
    if (code == PCAP_ERROR_BREAK)
        return PCAP_FILE_END;
    if (code != 1) {
        snprintf(file->why, sizeof file->why, "%s", pcap_geterr(file->pcap));
        return file->reader->error != 0 ? PCAP_FILE_FAILED : PCAP_FILE_BROKEN;
    }
    int64_t seconds = header->ts.tv_sec;
    bool has_time = seconds >= 0 && seconds < SECONDS_END && header->ts.tv_usec >= 0 &&
                    header->ts.tv_usec < 1000000;
    *packet = (struct pcap_packet){
        .bytes = {(const char *)bytes, header->caplen},
        .sent = header->len < header->caplen ? header->caplen : header->len,
        .has_time = has_time,
        .time_us = has_time ? seconds * 1000000 + header->ts.tv_usec : 0,
    };
    return PCAP_FILE_OK;
}

enum segment_layer
pcap_file_layer(const struct pcap_file *file)
{
    return file->layer;
}

const char *
pcap_file_layer_name(const struct pcap_file *file)
{
    return file->layer_name == NULL ? "unknown" : file->layer_name;
}

const char *
pcap_file_why(const struct pcap_file *file)
{
    return file->why;
}
