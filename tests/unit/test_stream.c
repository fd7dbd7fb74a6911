/*
 * Framed CSTA XML: one direction of a TCP stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/frame.h"
#include "tests/unit/source_rig.h"

static void
frames_come_out_with_their_invoke_ids_and_offsets(void **state)
{
    (void)state;
    assert_string_equal(READ("\0\0\0\x0c"
                             "9999<a/>"
                             "\0\0\0\x0d"
                             "0042<bc/>"),
                        "message link=pbx offset=8 invoke=9999 payload=<a/>\n"
                        "message link=pbx offset=20 invoke=0042 payload=<bc/>\n");
}

static void
an_invoke_id_that_is_no_digits_is_given_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(READ("\0\0\0\x0c"
                             "\x01\x02zz<a/>"),
                        "message link=pbx offset=8 invoke=\x01\x02zz payload=<a/>\n");
}

static void
a_frame_cut_short_is_said_with_its_offset(void **state)
{
    (void)state;
    assert_string_equal(READ("\0\0\0\x0c"
                             "9999<a/>"
                             "\0\0\0\x20"
                             "9999<b"),
                        "message link=pbx offset=8 invoke=9999 payload=<a/>\n"
                        "broken link=pbx offset=12 why: the input ends inside a frame\n");
}

static void
a_framing_error_ends_the_input(void **state)
{
    (void)state;
    const char *said = READ("\0\0\0\x0c"
                            "9999<a/>"
                            "\x01\0\0\x0c"
                            "9999<a/>"
                            "\0\0\0\x0c"
                            "9999<a/>");
    const char *broken = strstr(said, "broken link=pbx offset=12 why: ");
    assert_non_null(broken);
    assert_ptr_equal(strchr(broken, '\n') + 1, said + strlen(said));
}

static void
frames_of_ber_come_out_without_their_lengths(void **state)
{
    (void)state;
    assert_string_equal(READ("\0\x06"
                             "\x61\x04mmmm"
                             "\0\x02"
                             "\xa2\0"
                             "\0\x05"
                             "\x30\x80x\0\0"),
                        "message link=pbx offset=2 payload=\x61\x04mmmm\n"
                        "message link=pbx offset=10 payload=\xa2\n" /* printed up to its NUL */
                        "message link=pbx offset=14 payload=0\x80x\n");
}

static void
a_frame_of_ber_that_its_pdu_does_not_fill_ends_the_input(void **state)
{
    (void)state;
    static const char said[] = "message link=pbx offset=2 payload=\x61\x02mm\n"
                               "broken link=pbx offset=6 why: a frame's length is not that of the "
                               "PDU in it\n";
    /* Too short, too long, no length of BER at all; said before the rest of it comes. */
    assert_string_equal(READ("\0\x04\x61\x02mm\0\x04\xa1\x01xx\0\x04\x61\x02mm"), said);
    assert_string_equal(READ("\0\x04\x61\x02mm\0\x04\xa1\x81\x09xx"), said);
    assert_string_equal(READ("\0\x04\x61\x02mm\x09\x09\xa1\xff"), said);
}

static void
a_frame_of_ber_without_a_pdu_ends_the_input(void **state)
{
    (void)state;
    assert_string_equal(READ("\0\x04\x61\x02mm\0\0\0\x04\x61\x02mm"),
                        "message link=pbx offset=2 payload=\x61\x02mm\n"
                        "broken link=pbx offset=6 why: a frame of BER is too short for a PDU\n");
}

static void
a_stream_of_ber_cut_anywhere_says_where(void **state)
{
    (void)state;
    static const char bytes[] = "\0\x04\x61\x02mm\0\x07\xa1\x05nnnnn";
    for (size_t length = 6; length < sizeof(bytes) - 1; length++)
        assert_string_equal(source_read_bytes(bytes, length),
                            length == 6
                                ? "message link=pbx offset=2 payload=\x61\x02mm\n"
                                : "message link=pbx offset=2 payload=\x61\x02mm\n"
                                  "broken link=pbx offset=6 why: the input ends inside a frame\n");
}

static void
a_frame_of_ber_may_have_65535_bytes(void **state)
{
    (void)state;
    char *bytes = calloc(1, 2 * FRAME_BER_MAX);
    for (size_t at = 0; at < 2 * FRAME_BER_MAX; at += FRAME_BER_MAX)
        memcpy(bytes + at, "\xff\xff\xa1\x82\xff\xfb", 6);
    struct source source;
    struct source_message message;
    assert_true(source_open_bytes(&source, "pbx", bytes, 2 * FRAME_BER_MAX));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(source_next(&source, &message), SOURCE_OK);
        assert_int_equal(message.payload.length, 65535);
        assert_int_equal(message.offset, i * FRAME_BER_MAX + 2);
    }
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    source_close(&source);
    free(bytes);
}

static void
a_stream_larger_than_the_buffer_comes_out_whole(void **state)
{
    (void)state;
    enum { FRAMES = 60 };
    size_t size = FRAMES * (size_t)FRAME_MAX;
    char *bytes = malloc(size);
    memset(bytes, 'a', size);
    for (size_t i = 0; i < FRAMES; i++)
        memcpy(bytes + i * FRAME_MAX,
               "\0\0\xff\xff"
               "9999<",
               9);
    FILE *file = tmpfile();
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fflush(file);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));

    struct source source;
    struct source_message message;
    assert_true(source_open(&source, path));
    for (size_t i = 0; i < FRAMES; i++) {
        assert_int_equal(source_next(&source, &message), SOURCE_OK);
        assert_int_equal(message.kind, SOURCE_MESSAGE);
        assert_int_equal(message.offset, i * FRAME_MAX + 8);
        assert_int_equal(message.payload.length, FRAME_MAX - 8);
        assert_memory_equal(message.payload.at, bytes + message.offset, message.payload.length);
    }
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    assert_int_equal(source_bytes(&source), size);
    source_close(&source);
    fclose(file);
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_with_their_invoke_ids_and_offsets),
        cmocka_unit_test(an_invoke_id_that_is_no_digits_is_given_as_it_is),
        cmocka_unit_test(a_frame_cut_short_is_said_with_its_offset),
        cmocka_unit_test(a_framing_error_ends_the_input),
        cmocka_unit_test(frames_of_ber_come_out_without_their_lengths),
        cmocka_unit_test(a_frame_of_ber_that_its_pdu_does_not_fill_ends_the_input),
        cmocka_unit_test(a_frame_of_ber_without_a_pdu_ends_the_input),
        cmocka_unit_test(a_stream_of_ber_cut_anywhere_says_where),
        cmocka_unit_test(a_frame_of_ber_may_have_65535_bytes),
        cmocka_unit_test(a_stream_larger_than_the_buffer_comes_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
