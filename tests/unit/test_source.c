/*
 * What every input has in common: found out by content, read without seeking, in bounded memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/source_rig.h"

static void
an_empty_or_blank_input_has_no_messages(void **state)
{
    (void)state;
    assert_string_equal(READ(""), "");
    assert_string_equal(READ(" \n\t\r\n"), "");
    assert_string_equal(READ("# onhook-trace 1"), "");
}

#define EXPECTED                                                                                   \
    "expected a trace ('# onhook-trace 1'), a capture (pcap, pcapng), framed CSTA XML (00 00, "    \
    "length, invoke ID, '<'), BER with 2-byte lengths, or XML\n"

static void
what_is_nothing_we_read_is_a_framing_error_at_the_beginning(void **state)
{
    (void)state;
    assert_string_equal(READ("hello"), "broken link=pbx offset=0 why: " EXPECTED);
    assert_string_equal(READ("\x7f"
                             "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"),
                        "broken link=pbx offset=0 why: " EXPECTED);
    assert_string_equal(READ("\0\0\0"
                             "\x0c"
                             "9999a"),
                        "broken link=pbx offset=0 why: " EXPECTED);
}

static void
other_traces_are_called_what_they_are(void **state)
{
    (void)state;
    /* A trace without its title: a length, and the tag 'a', but not the length after it. */
    assert_string_equal(READ("1 a < 9999 <a/>\n"), "broken link=pbx offset=0 why: " EXPECTED);
    assert_string_equal(READ("# onhook-trace 2\n"),
                        "broken link=pbx offset=0 why: a trace of a version this program does not "
                        "read; expected '# onhook-trace 1'\n");
}

static enum source_format
format_of(const char *bytes, size_t length, enum csta_encoding encoding)
{
    struct source source;
    struct source_message message;
    assert_true(source_open_bytes(&source, "pbx", bytes, length));
    source_set_options(&source, &(struct source_options){.encoding = encoding});
    source_next(&source, &message);
    enum source_format format = source_format(&source);
    source_close(&source);
    return format;
}

#define FORMAT(literal, encoding) format_of(literal, sizeof(literal) - 1, encoding)

static void
the_first_bytes_tell_the_formats_apart(void **state)
{
    (void)state;
    assert_int_equal(FORMAT("\x00\x05\xa1\x03\x02\x01\x01", ENCODING_AUTO), SOURCE_BER);
    assert_int_equal(FORMAT("\x01\x04\xa1\x82\x01\x00\x02\x01", ENCODING_AUTO), SOURCE_BER);
    assert_int_equal(FORMAT("\x00\x06\x61\x80\x80\x00\x00\x00", ENCODING_AUTO), SOURCE_BER);
    /* Of 15,420 bytes: it begins with `<<`. */
    assert_int_equal(FORMAT("<<\xa1\x82<8\x02\x01", ENCODING_AUTO), SOURCE_BER);
    assert_int_equal(FORMAT("\0\0\0\x0c"
                            "9999<a/>",
                            ENCODING_AUTO),
                     SOURCE_FRAMED);
    assert_int_equal(FORMAT("\0\0<a/>", ENCODING_AUTO), SOURCE_BARE);
    static const char magic[][5] = {"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
                                    "\x4d\x3c\xb2\xa1", "\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1"};
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
        assert_int_equal(format_of(magic[i], 4, ENCODING_AUTO), SOURCE_PCAP);
    assert_int_equal(FORMAT("\n\r\r\n", ENCODING_AUTO), SOURCE_PCAPNG);
}

static void
what_the_bytes_do_not_tell_the_user_may(void **state)
{
    (void)state;
    assert_int_equal(FORMAT("\x00\x05\xa9\x03\x02\x01\x01", ENCODING_AUTO), SOURCE_UNKNOWN);
    assert_int_equal(FORMAT("\x00\x05\xa9\x03\x02\x01\x01", ENCODING_BER2), SOURCE_BER);
    assert_int_equal(FORMAT("\0\0\0\x0d"
                            "9999\n<a/>",
                            ENCODING_AUTO),
                     SOURCE_UNKNOWN);
    assert_int_equal(FORMAT("\0\0\0\x0d"
                            "9999\n<a/>",
                            ENCODING_XML),
                     SOURCE_FRAMED);
    /* What they do tell stays so. */
    assert_int_equal(FORMAT("<a/>", ENCODING_BER3), SOURCE_BARE);
    assert_int_equal(FORMAT("# onhook-trace 1\n", ENCODING_BER3), SOURCE_TRACE);
    assert_int_equal(FORMAT("\0\0\0\x0c"
                            "9999<a/>",
                            ENCODING_BER3),
                     SOURCE_FRAMED);
    assert_int_equal(FORMAT("\0\0<a/>", ENCODING_XML), SOURCE_BARE);
    assert_int_equal(FORMAT("", ENCODING_BER3), SOURCE_EMPTY);
}

static void
ports_are_lists_of_numbers(void **state)
{
    (void)state;
    struct source_options options = {.port_count = 0};
    assert_null(source_add_ports(&options, "1040"));
    assert_null(source_add_ports(&options, "1,65535"));
    assert_int_equal(options.port_count, 3);
    assert_int_equal(options.ports[0], 1040);
    assert_int_equal(options.ports[2], 65535);
    static const char *const wrong[] = {
        "", "0", "65536", "1040,", ",1040", "x", "1040;", "-1", " 1", "1 ", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_non_null(source_add_ports(&options, wrong[i]));
    assert_non_null(source_add_ports(&options, "1,2,3,4,5,6,7,8,9,10,11,12,13,14"));
    assert_int_equal(options.port_count, 3);
    assert_null(source_add_ports(&options, "1,2,3,4,5,6,7,8,9,10,11,12,13"));
    assert_int_equal(options.port_count, SOURCE_PORTS_MAX);
}

static const char *
link_name(const char *path)
{
    static char name[EVENT_TEXT_LENGTH + 1];
    source_link_name(name, path);
    return name;
}

static void
a_stream_is_named_by_its_file(void **state)
{
    (void)state;
    assert_string_equal(link_name("/var/rec/pbx1.xml"), "pbx1");
    assert_string_equal(link_name("pbx1.2026.bin"), "pbx1.2026");
    assert_string_equal(link_name("a/pbx 1+2.cap"), "pbx_1_2.cap");
    assert_string_equal(link_name("-"), "stdin");
    assert_string_equal(link_name(".xml"), ".xml");
    assert_string_equal(link_name("dir/"), "_");
    char path[200];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(strlen(link_name(path)), EVENT_TEXT_LENGTH);
}

static void
a_file_that_is_not_there_cannot_be_opened(void **state)
{
    (void)state;
    struct source source;
    assert_false(source_open(&source, "/nonexistent/file"));
}

static void
a_directory_cannot_be_read(void **state)
{
    (void)state;
    struct source source;
    assert_true(source_open(&source, "/"));
    assert_string_equal(source_read_all(&source), "failed\n");
    assert_int_not_equal(source_error(&source), 0);
    source_close(&source);
}

static const char *const inputs[] = {
    "# onhook-trace 1\n1 pbx ! up\n2 pbx < 9999 <a>text</a>\n# link x y=z\n3 q ! down",
    "<?xml version='1.0'?>\n<a><b c='d>'/></a> \n<c/>\n",
};

static void *
drip(void *argument)
{
    /* A byte at a time: every place where a message can be cut. */
    const int *job = argument;
    const char *bytes = inputs[job[1]];
    for (size_t i = 0; i < strlen(bytes); i++) {
        assert_int_equal(write(job[0], bytes + i, 1), 1);
        if (i % 8 == 0)
            usleep(200);
    }
    close(job[0]);
    return NULL;
}

static void
a_pipe_that_drips_gives_the_same_messages(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        static char whole[SOURCE_RIG_TEXT];
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        struct source source;
        assert_true(source_open(&source, path));
        close(ends[0]);
        snprintf(source.link, sizeof source.link, "pbx");
        source_read_bytes(inputs[i], strlen(inputs[i]));
        memcpy(whole, source_said, sizeof whole);

        int job[2] = {ends[1], i};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, drip, job), 0);
        assert_string_equal(source_read_all(&source), whole);
        assert_int_equal(pthread_join(thread, NULL), 0);
        source_close(&source);
    }
}

static void
a_silent_pipe_asks_to_be_waited_for(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    struct source source;
    struct source_message message;
    assert_true(source_open(&source, path));
    assert_int_equal(source_next(&source, &message), SOURCE_WAIT);
    assert_int_equal(write(ends[1], "<a/>", 4), 4);
    source_wait(&source, 1000);
    assert_int_equal(source_next(&source, &message), SOURCE_WAIT);
    close(ends[1]);
    close(ends[0]);
    assert_int_equal(source_next(&source, &message), SOURCE_OK);
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    source_close(&source);
}

static void *
flood(void *argument)
{
    const int *descriptor = argument;
    static char block[1 << 16];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = "<a>"[i % 3];
    for (int i = 0; i < 512; i++) {
        if (write(*descriptor, block, sizeof block - sizeof block % 3) < 0)
            break;
    }
    close(*descriptor);
    return NULL;
}

static void
elements_without_end_end_the_input_early(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    struct source source;
    assert_true(source_open(&source, path));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, flood, &ends[1]), 0);
    const char *said = source_read_all(&source);
    assert_int_equal(strncmp(said, "broken ", 7), 0);
    assert_true(source_bytes(&source) <= READER_CAPACITY);

    char rest[4096];
    while (read(ends[0], rest, sizeof rest) > 0)
        continue;
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(ends[0]);
    source_close(&source);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_or_blank_input_has_no_messages),
        cmocka_unit_test(what_is_nothing_we_read_is_a_framing_error_at_the_beginning),
        cmocka_unit_test(other_traces_are_called_what_they_are),
        cmocka_unit_test(the_first_bytes_tell_the_formats_apart),
        cmocka_unit_test(what_the_bytes_do_not_tell_the_user_may),
        cmocka_unit_test(ports_are_lists_of_numbers),
        cmocka_unit_test(a_stream_is_named_by_its_file),
        cmocka_unit_test(a_file_that_is_not_there_cannot_be_opened),
        cmocka_unit_test(a_directory_cannot_be_read),
        cmocka_unit_test(a_pipe_that_drips_gives_the_same_messages),
        cmocka_unit_test(a_silent_pipe_asks_to_be_waited_for),
        cmocka_unit_test(elements_without_end_end_the_input_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
