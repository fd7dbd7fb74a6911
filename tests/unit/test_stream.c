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
        cmocka_unit_test(a_stream_larger_than_the_buffer_comes_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
