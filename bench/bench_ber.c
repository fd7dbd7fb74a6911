/*
 * One BER message to what it says, phases I to III: the decoder beside what asn1c generates from
 * the same modules' ASN.1 (bench/peer_asn1c.h), and beside a memcpy of the same bytes, which is as
 * fast as touching them can be. The message is a ConnectionCleared with what switches
 * send along: a time stamp and private data.
 */
#include <string.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "bench/peer_asn1c.h"
#include "engine/csta/ber_decode.h"

struct subject {
    const char *bytes;
    size_t length;
    enum csta_encoding phase;
};

static struct csta_message message;
static struct csta_scratch scratch;
static char copy[CSTA_MESSAGE_MAX];

#define SUBJECT(literal, phase)                                                                    \
    {                                                                                              \
        (literal), sizeof(literal) - 1, (phase)                                                    \
    }

/* 119 bytes each, but for phase I, which has no time stamp. */
static struct subject cleared1 =
    SUBJECT("\xA1\x2F\x02\x02\x2A\x30\x02\x01\x15\x30\x26\x55\x04\x01\x35\xF3\x03\x80\x01\x03"
            "\x30\x1B\x6B\x0A\x82\x02\x2B\x82\x80\x04"
            "2410"
            "\x63\x07\x80\x05"
            "24103"
            "\x4E\x01\x00\x0A\x01\x05",
            ENCODING_BER1);

static struct subject cleared2 =
    SUBJECT("\xA1\x75\x02\x02\x2A\x30\x02\x01\x15\x30\x6C\x55\x04\x01\x35\xF3\x03\xA0\x27\xA2\x25"
            "\x30\x23\x6B\x0A\x82\x02\x2B\x82\x83\x04\x08\xB3\x01\x00\x63\x0F\x82\x0D"
            "0049891002410"
            "\x4E\x01\x00\x0A\x01\x30\x7E\x3B\xA0\x0F\x17\x0D"
            "250301160827Z"
            "\xA1\x28\x30\x12\x06\x06\x2B\x0C\x89\x36\x84\x09\x04\x08\x34\x22\xC3\x67\x75\x2B\x01"
            "\x00\x30\x12\x06\x06\x2B\x0C\x89\x36\x84\x0A\x04\x08\x63\x22\xC3\x67\x7E\x2B\x01\x00",
            ENCODING_BER2);

static struct subject cleared3 =
    SUBJECT("\xA1\x75\x02\x02\x2A\x30\x02\x01\x15\x30\x6C\x55\x04\x01\x35\xF3\x03\xA0\x64\xA3\x62"
            "\x6B\x16\x30\x14\x80\x07"
            "A1B25F6"
            "\xA1\x09\x30\x07\x80\x05"
            "24103"
            "\x63\x09\x30\x07\x80\x05"
            "24103"
            "\x4E\x01\x00\x0A\x01\x30\x7E\x37\xA0\x11\x18\x0F"
            "20250301160827Z"
            "\xA1\x22\x04\x20"
            "private data of the manufacturer",
            ENCODING_BER3);

static void
decode(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        const char *why;
        size_t where;
        enum csta_result result = ber_decode(&message, subject->bytes, subject->length,
                                             subject->phase, &scratch, &why, &where);
        CHECK(result == CSTA_OK);
        cbench_keep(&message);
    }
}

static void
pass_with_memcpy(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        cbench_keep(subject->bytes);
        memcpy(copy, subject->bytes, subject->length);
        cbench_keep(copy);
    }
}

#ifdef BENCH_ASN1C
static void
read_with_asn1c(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        cbench_keep(subject->bytes);
        CHECK(peer_asn1c_read(subject->bytes, subject->length, subject->phase));
    }
}
#endif

/* The work is done: everybody reads the same facts out of it. */
static void
check(struct subject *subject)
{
    decode(subject, 1);
    CHECK(message.event.kind == EVENT_CONNECTION_CLEARED && message.event.cause != 0);
    CHECK(text_is_equal(message.event.texts[EVENT_TEXT_CALL],
                        subject->phase == ENCODING_BER3 ? TEXT("41314232354636") : TEXT("2B82")));
    CHECK(message.event.texts[EVENT_TEXT_RELEASING].length >= 5);
    CHECK(message.has_time == (subject->phase != ENCODING_BER1));
}

#define PEERS_MAX 3

static void
measure(struct subject *subject, const char *name, const char *memcpy_name, const char *asn1c_name)
{
    const struct cbench_case cases[PEERS_MAX] = {
        {name, "message", 100000, decode, subject, 0},
        {memcpy_name, "message", 1000000, pass_with_memcpy, subject, 0},
#ifdef BENCH_ASN1C
        {asn1c_name, "message", 2000, read_with_asn1c, subject, 0},
#endif
    };
    struct cbench_result results[PEERS_MAX];
    struct cbench_options options = cbench_options_default();
    uint32_t count = PEERS_MAX;
    while (cases[count - 1].name == NULL)
        count--;
    (void)asn1c_name;
    check(subject);
    cbench_run(results, cases, count, &options);
    for (uint32_t i = 0; i < count; i++)
        cbench_print(&results[i]);
    for (uint32_t i = 1; i < count; i++)
        cbench_print_comparison(&results[0], &results[i]);
}

int
main(void)
{
    measure(&cleared1, "ber.cleared1", "ber.cleared1.memcpy", "ber.cleared1.asn1c");
    measure(&cleared2, "ber.cleared2", "ber.cleared2.memcpy", "ber.cleared2.asn1c");
    measure(&cleared3, "ber.cleared3", "ber.cleared3.memcpy", "ber.cleared3.asn1c");
    return 0;
}
