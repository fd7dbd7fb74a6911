#include "engine/csta/frame.h"

#include "base/check.h"

static uint32_t
length_at(const char *bytes)
{
    return (uint32_t)(uint8_t)bytes[0] << 8 | (uint8_t)bytes[1];
}

enum frame_result
frame_next(struct frame *frame, const char *bytes, size_t length, const char **why)
{
    CHECK(bytes != NULL || length == 0);

    /* A wrong byte is said as soon as it is seen: waiting for more of it would never end. */
    if ((length > 0 && bytes[0] != 0) || (length > 1 && bytes[1] != 0)) {
        *why = "a frame begins with two zero bytes";
        return FRAME_BAD;
    }
    if (length < 4)
        return FRAME_NEED_MORE;
    uint32_t size = length_at(bytes + 2);
    if (size < FRAME_HEADER_SIZE) {
        *why = "a frame's length includes its eight header bytes";
        return FRAME_BAD;
    }
    if (length < size)
        return FRAME_NEED_MORE;

    frame->invoke = (struct text){bytes + 4, 4};
    frame->payload = (struct text){bytes + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE};
    frame->size = size;
    return FRAME_OK;
}

enum fill {
    FILL_UNDECIDED, /* the PDU's length is not all there */
    FILL_YES,
    FILL_NO,
};

/* Does the element that begins with `bytes` fill `size` bytes? (X.690, 8.1.3) */
static enum fill
fills(const char *bytes, size_t length, uint32_t size)
{
    if (length < 2)
        return FILL_UNDECIDED;
    uint8_t first = (uint8_t)bytes[1];
    if (first == 0x80) /* indefinite: what follows says itself where it ends */
        return FILL_YES;
    if (first < 0x80)
        return size == 2U + first ? FILL_YES : FILL_NO;
    uint32_t octets = first & 0x7FU;
    if (octets > 4)
        return FILL_NO;
    if (length < 2U + octets)
        return FILL_UNDECIDED;
    uint64_t content = 0;
    for (uint32_t i = 0; i < octets; i++)
        content = content << 8 | (uint8_t)bytes[2 + i];
    return size == 2U + octets + content ? FILL_YES : FILL_NO;
}

enum frame_result
frame_next_ber(struct frame *frame, const char *bytes, size_t length, const char **why)
{
    CHECK(bytes != NULL || length == 0);
    if (length < FRAME_BER_HEADER_SIZE)
        return FRAME_NEED_MORE;
    uint32_t size = length_at(bytes);
    if (size < 2) {
        *why = "a frame of BER is too short for a PDU";
        return FRAME_BAD;
    }
    size_t available = length - FRAME_BER_HEADER_SIZE;
    const char *pdu = bytes + FRAME_BER_HEADER_SIZE;
    if (fills(pdu, available < size ? available : size, size) == FILL_NO) {
        *why = "a frame's length is not that of the PDU in it";
        return FRAME_BAD;
    }
    if (available < size)
        return FRAME_NEED_MORE;

    frame->invoke = TEXT_NONE;
    frame->payload = (struct text){pdu, size};
    frame->size = FRAME_BER_HEADER_SIZE + size;
    return FRAME_OK;
}

enum frame_result
frame_read(enum frame_kind kind, struct frame *frame, const char *bytes, size_t length,
           const char **why)
{
    CHECK(kind == FRAME_XML || kind == FRAME_BER);
    return kind == FRAME_XML ? frame_next(frame, bytes, length, why)
                             : frame_next_ber(frame, bytes, length, why);
}

uint32_t
frame_size(enum frame_kind kind, const char *bytes, size_t length)
{
    CHECK(kind == FRAME_XML || kind == FRAME_BER);
    if (kind == FRAME_XML)
        return length < 4 ? 0 : length_at(bytes + 2);
    return length < FRAME_BER_HEADER_SIZE ? 0 : FRAME_BER_HEADER_SIZE + length_at(bytes);
}

static bool
is_xml(const char *bytes, size_t length)
{
    if (length < FRAME_SNIFF_SIZE || bytes[0] != 0 || bytes[1] != 0 ||
        length_at(bytes + 2) < FRAME_SNIFF_SIZE)
        return false;
    /* `<`, or what a document in UTF-16 or with a byte order mark begins with. */
    uint8_t first = (uint8_t)bytes[FRAME_HEADER_SIZE];
    return first == '<' || first == 0xEF || first == 0xFE || first == 0xFF;
}

/* Tags of ROSE (invoke, result, error, reject) and of ACSE (AARQ, AARE, RLRQ, RLRE, ABRT). */
static bool
is_pdu_tag(char byte)
{
    uint8_t tag = (uint8_t)byte;
    return (tag >= 0xA1 && tag <= 0xA4) || (tag >= 0x60 && tag <= 0x64);
}

static bool
is_ber(const char *bytes, size_t length)
{
    return length > FRAME_BER_HEADER_SIZE && is_pdu_tag(bytes[FRAME_BER_HEADER_SIZE]) &&
           fills(bytes + FRAME_BER_HEADER_SIZE, length - FRAME_BER_HEADER_SIZE, length_at(bytes)) ==
               FILL_YES;
}

enum frame_kind
frame_sniff(const char *bytes, size_t length)
{
    CHECK(bytes != NULL || length == 0);
    if (is_xml(bytes, length))
        return FRAME_XML;
    if (is_ber(bytes, length))
        return FRAME_BER;
    return length < FRAME_SNIFF_SIZE ? FRAME_UNDECIDED : FRAME_NONE;
}

bool
frame_write_header(char header[FRAME_HEADER_SIZE], uint32_t invoke, size_t length)
{
    CHECK(invoke <= 9999);
    if (length > FRAME_MAX - FRAME_HEADER_SIZE)
        return false;
    size_t size = length + FRAME_HEADER_SIZE;
    header[0] = header[1] = 0;
    header[2] = (char)(size >> 8);
    header[3] = (char)size;
    for (int i = 7; i >= 4; i--, invoke /= 10)
        header[i] = (char)('0' + invoke % 10);
    return true;
}
