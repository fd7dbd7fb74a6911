/* Our BER decoder and asn1c's agree on valid PDUs, on damaged ones, and on captured ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/asn1/ber_compare.h"
#include "tests/gen/ber_generate.h"

static struct ber_oracle oracle;
static struct ber_comparison comparison;
static struct ber_writer writer, other;

enum { SEEDS = 10000 };

static const enum csta_encoding phases[] = {ENCODING_BER1, ENCODING_BER2, ENCODING_BER3};

/* What went wrong, with the PDU in hex. */
static void
fail_pdu(const char *what, const uint8_t *bytes, size_t length, enum csta_encoding phase)
{
    fprintf(stderr, "phase %d, %s:\n", phase - ENCODING_BER1 + 1, what);
    for (size_t i = 0; i < length; i++)
        fprintf(stderr, "%02X", bytes[i]);
    fprintf(stderr, "\n");
    fail();
}

static void
asn1c_takes_every_generated_pdu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        unsigned seen[MESSAGE_ASSOCIATION_ENDED + 1] = {0}, kinds[EVENT_KIND_COUNT] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            ber_generate(&writer, phases[i], seed);
            ber_oracle_read(&oracle, (const char *)writer.bytes, writer.size, phases[i]);
            if (!oracle.is_accepted)
                fail_pdu("refused by asn1c", writer.bytes, writer.size, phases[i]);
            seen[oracle.message.message_class]++;
            kinds[oracle.message.event.kind]++;
        }
        for (int class = MESSAGE_CALL_EVENT; class <= MESSAGE_ASSOCIATION_ENDED; class ++)
            if ((class < MESSAGE_AGENT_LOGGED_ON || class > MESSAGE_AGENT_LOGGED_OFF) &&
                (class < MESSAGE_SYSTEM_STATUS_RESPONSE || class > MESSAGE_SNAPSHOT_CALL_DATA))
                assert_true(seen[class] > 0);
        for (int kind = EVENT_BRIDGED; kind <= EVENT_TRANSFERRED; kind++)
            if (phases[i] == ENCODING_BER3)
                assert_true(kinds[kind] > 50);
    }
}

static void
compare(const struct ber_writer *pdu, enum csta_encoding phase, unsigned counts[])
{
    enum ber_agreement agreement =
        ber_compare(&comparison, (const char *)pdu->bytes, pdu->size, phase);
    counts[agreement]++;
    if (agreement == BER_DISAGREE)
        ber_compare_print(&comparison, (const char *)pdu->bytes, pdu->size, phase);
}

static void
both_agree_on_every_generated_pdu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        unsigned counts[BER_DISAGREE + 1] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            ber_generate(&writer, phases[i], seed);
            compare(&writer, phases[i], counts);
        }
        print_message("phase %zu: %u of %d with equal fields, %u justly refused\n", i + 1,
                      counts[BER_AGREE_FIELDS], SEEDS, counts[BER_AGREE_JUSTIFIED]);
        assert_int_equal(counts[BER_DISAGREE], 0);
        assert_true(counts[BER_AGREE_FIELDS] > SEEDS * 9 / 10);
    }
}

static void
both_agree_on_every_damaged_pdu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        unsigned counts[BER_DISAGREE + 1] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            ber_generate(&other, phases[i], seed + SEEDS);
            ber_generate(&writer, phases[i], seed);
            ber_mutate(&writer, &other);
            compare(&writer, phases[i], counts);
        }
        print_message("phase %zu: of %d %u with equal fields, %u justly refused, %u refused by "
                      "both, %u taken by ours alone\n",
                      i + 1, SEEDS, counts[BER_AGREE_FIELDS], counts[BER_AGREE_JUSTIFIED],
                      counts[BER_AGREE_REFUSED], counts[BER_AGREE_LENIENT]);
        assert_int_equal(counts[BER_DISAGREE], 0);
        assert_true(counts[BER_AGREE_FIELDS] > SEEDS / 10);
        assert_true(counts[BER_AGREE_REFUSED] > SEEDS / 10);
    }
}

/* PDUs that were once read differently, as short as they can be. */
static const struct {
    enum csta_encoding phase;
    const char *hex;
} regressions[] = {
    /* Phase II, Conferenced: a connection alone, [0], before and between those with a device. */
    {ENCODING_BER2, "A163020101020115305B550401020304A053A151304F6B0482022B7A63078405"
                    "323431303363068204303031373036A0066B0482022B82A30F300D6B0482022B"
                    "8280053234313033A30E300C6B0482022B82800430303137A30B30096B048202"
                    "2B82800135"},
    {ENCODING_BER2, "A163020101020115305B550401020304A053A151304F6B0482022B7A63078405"
                    "323431303363068204303031373036A30F300D6B0482022B8280053234313033"
                    "A0066B0482022B82A30E300C6B0482022B82800430303137A30B30096B048202"
                    "2B82800135"},
    /* A reject whose invokeID is NULL, with content, has none. */
    {ENCODING_BER3, "A4800503065D5D0202AB010000"},
};

static void
what_was_once_read_differently_is_not_any_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(regressions) / sizeof(regressions[0]); i++) {
        unsigned counts[BER_DISAGREE + 1] = {0};
        writer.size = strlen(regressions[i].hex) / 2;
        for (size_t j = 0; j < writer.size; j++) {
            char digits[] = {regressions[i].hex[2 * j], regressions[i].hex[2 * j + 1], '\0'};
            writer.bytes[j] = (uint8_t)strtoul(digits, NULL, 16);
        }
        compare(&writer, regressions[i].phase, counts);
        assert_int_equal(counts[BER_AGREE_FIELDS], 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asn1c_takes_every_generated_pdu),
        cmocka_unit_test(both_agree_on_every_generated_pdu),
        cmocka_unit_test(both_agree_on_every_damaged_pdu),
        cmocka_unit_test(what_was_once_read_differently_is_not_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
