/* What the framing of a CSTA XML stream promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/frame.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static const char *why;

static void
a_frame_gives_its_invoke_id_and_its_payload(void **state)
{
    (void)state;
    static const char stream[] = "\0\0\0\x0c"
                                 "9999<a/>rest";
    struct frame frame;
    assert_int_equal(frame_next(&frame, BYTES(stream), &why), FRAME_OK);
    assert_int_equal(frame.size, 12);
    assert_true(text_is_equal(frame.invoke, TEXT("9999")));
    assert_true(text_is_equal(frame.payload, TEXT("<a/>")));
    assert_ptr_equal(frame.payload.at, stream + 8);
}

static void
a_frame_that_has_not_come_whole_asks_for_more_at_every_byte(void **state)
{
    (void)state;
    static const char stream[] = "\0\0\0\x0c"
                                 "0001<a/>";
    for (size_t length = 0; length < sizeof(stream) - 1; length++) {
        struct frame frame = {.size = 77};
        assert_int_equal(frame_next(&frame, stream, length, &why), FRAME_NEED_MORE);
        assert_int_equal(frame.size, 77);
    }
}

static void
a_binary_invoke_id_does_not_break_the_reader(void **state)
{
    (void)state;
    struct frame frame;
    assert_int_equal(frame_next(&frame, BYTES("\0\0\0\x0c\0\0\1\xff<a/>"), &why), FRAME_OK);
    assert_true(text_is_equal(frame.invoke, TEXT("\0\0\1\xff")));
}

static void
the_first_wrong_byte_ends_the_stream(void **state)
{
    (void)state;
    struct frame frame;
    why = NULL;
    assert_int_equal(frame_next(&frame, BYTES("<"), &why), FRAME_BAD);
    assert_non_null(why);
    assert_int_equal(frame_next(&frame, BYTES("\0<"), &why), FRAME_BAD);
    assert_int_equal(frame_next(&frame, BYTES("\0\1\0\x0c"), &why), FRAME_BAD);
}

static void
a_length_without_its_own_header_ends_the_stream(void **state)
{
    (void)state;
    struct frame frame;
    assert_int_equal(frame_next(&frame, BYTES("\0\0\0\7"), &why), FRAME_BAD);
    assert_int_equal(frame_next(&frame, BYTES("\0\0\0\0"), &why), FRAME_BAD);
    assert_int_equal(frame_next(&frame,
                                BYTES("\0\0\0\x08"
                                      "9999"),
                                &why),
                     FRAME_OK);
    assert_true(text_is_none(frame.payload));
}

static void
the_largest_frame_is_read_whole(void **state)
{
    (void)state;
    static char stream[FRAME_MAX + 1] = {0, 0, (char)0xff, (char)0xff, '9', '9', '9', '9'};
    struct frame frame;
    assert_int_equal(frame_next(&frame, stream, FRAME_MAX - 1, &why), FRAME_NEED_MORE);
    assert_int_equal(frame_next(&frame, stream, sizeof(stream), &why), FRAME_OK);
    assert_int_equal(frame.size, FRAME_MAX);
    assert_int_equal(frame.payload.length, FRAME_MAX - FRAME_HEADER_SIZE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_gives_its_invoke_id_and_its_payload),
        cmocka_unit_test(a_frame_that_has_not_come_whole_asks_for_more_at_every_byte),
        cmocka_unit_test(a_binary_invoke_id_does_not_break_the_reader),
        cmocka_unit_test(the_first_wrong_byte_ends_the_stream),
        cmocka_unit_test(a_length_without_its_own_header_ends_the_stream),
        cmocka_unit_test(the_largest_frame_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
