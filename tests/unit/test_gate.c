/*
 * What a gate promises: only the right switch is spoken with, every byte passes both ways, and an
 * end, of whomever, is the end for all. Against OpenSSL as a server, with certificates made here.
 *
 *   this process: front-end -- loopback --> gate -- TLS --> server (a child)
 *                     '--- holder --> supervisor (a child, the gate's parent)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/source/tcp_journal.h"
#include "tests/unit/gate_rig.h"

/* ---- who is spoken with ---------------------------------------------------------------------- */

static void
a_switch_with_a_good_certificate_is_spoken_with(void **state)
{
    (void)state;
    char heard[8] = "";
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    assert_int_equal(send(link, "hello", 5, 0), 5);
    assert_int_equal(hear(link, heard, 5), 5);
    assert_string_equal(heard, "hello");
    close(link);
}

static void
the_name_that_is_asked_for_counts(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "other");
    strcpy(settings.tls_name, "other.example");
    close(connect_now());
}

static void
a_certificate_for_another_name_is_refused(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "other");
    strcpy(settings.tls_name, "pbx.example");
    assert_fails_with("its certificate is not for pbx.example");
    assert_true(gate_ends());
}

static void
a_certificate_for_another_address_is_refused(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "other");
    assert_fails_with("its certificate is not for 127.0.0.1");
}

static void
an_expired_certificate_is_refused(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "old");
    assert_fails_with("its certificate is not accepted: certificate has expired");
}

static void
a_certificate_of_an_unknown_authority_is_refused(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    snprintf(settings.tls_ca, sizeof settings.tls_ca, "%s", file("stranger.pem"));
    assert_fails_with("its certificate is not accepted: unable to get local issuer certificate");
}

static void
a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    snprintf(settings.tls_ca, sizeof settings.tls_ca, "%s", file("nothing.pem"));
    assert_int_equal(try_once(), DIAL_PAUSING);
    assert_non_null(strstr(dial_why(dial), "tls-ca "));
    assert_non_null(strstr(dial_why(dial), "nothing.pem: "));
}

static void
older_than_tls_1_2_is_refused(void **state)
{
    (void)state;
    start_server(SERVER_OLD, "good");
    assert_int_equal(try_once(), DIAL_PAUSING);
    assert_non_null(strstr(dial_why(dial), "TLS: "));
}

static void
our_certificate_is_shown_where_it_is_asked_for(void **state)
{
    (void)state;
    char heard[4];
    start_server(SERVER_DEMANDS, "good");
    snprintf(settings.tls_certificate, sizeof settings.tls_certificate, "%s", file("client.pem"));
    snprintf(settings.tls_key, sizeof settings.tls_key, "%s", file("client.key"));
    int link = connect_now();
    assert_int_equal(send(link, "abcd", 4, 0), 4);
    assert_int_equal(hear(link, heard, 4), 4);
    close(link);
}

static void
without_the_certificate_that_is_asked_for_the_link_ends_with_words(void **state)
{
    (void)state;
    start_server(SERVER_DEMANDS, "good");
    int link = connect_now(); /* with TLS 1.3 the refusal comes after the handshake */
    assert_true(has_ended(link));
    dial_lost(dial, false, now_ms());
    assert_non_null(strstr(dial_why(dial), "certificate required"));
    close(link);
}

static void
nobody_listening_is_said_as_without_tls(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    end(&server.pid);
    assert_fails_with("Connection refused");
}

static void
a_switch_that_does_not_shake_hands_is_given_up(void **state)
{
    (void)state;
    start_server(SERVER_SILENT, "good");
    settings.connect_ms = 200;
    assert_fails_with("no TLS handshake in time");
    assert_true(gate_ends());
}

/* ---- bytes ----------------------------------------------------------------------------------- */

enum {
    BIG = 8 << 20,
};

static uint8_t
byte_at(size_t at)
{
    return (uint8_t)((at * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static size_t
send_some(int link, size_t sent)
{
    static uint8_t bytes[100000];
    size_t size = BIG - sent < sizeof bytes ? BIG - sent : sizeof bytes;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(sent + i);
    ssize_t count = send(link, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return count > 0 ? sent + (size_t)count : sent;
}

static size_t
hear_some(int link, size_t heard)
{
    static uint8_t bytes[100000];
    ssize_t count = recv(link, bytes, sizeof bytes, MSG_DONTWAIT);
    for (ssize_t i = 0; i < count && heard + (size_t)i < BIG; i++)
        if (bytes[i] != byte_at(heard + (size_t)i))
            fail_msg("byte %zu is another", heard + (size_t)i);
    return count > 0 ? heard + (size_t)count : heard;
}

static void
much_passes_both_ways_at_once_and_an_end_passes_too(void **state)
{
    (void)state;
    size_t sent = 0;
    size_t heard = 0;
    char rest[8] = "";
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    while (heard < BIG) {
        short out = sent < BIG ? POLLOUT : 0;
        struct pollfd wait = {.fd = link, .events = (short)(POLLIN | out)};
        assert_int_equal(poll(&wait, 1, 3000), 1);
        sent = sent < BIG ? send_some(link, sent) : sent;
        heard = hear_some(link, heard);
    }
    assert_int_equal(heard, BIG);
    shutdown(link, SHUT_WR);
    assert_int_equal(hear(link, rest, sizeof rest), 3);
    assert_string_equal(rest, "bye");
    assert_true(has_ended(link));
    holder_forget(holder, serial);
    close(link);
    assert_true(gate_ends());
}

/* Without being read it fills, and is all there later. */
static void
a_front_end_that_reads_late_loses_nothing(void **state)
{
    (void)state;
    size_t sent = 0;
    size_t heard = 0;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    for (int idle = 0; idle < 20 && sent < BIG; idle++) {
        size_t before = sent;
        sent = send_some(link, sent);
        idle = sent > before ? 0 : idle;
        poll(NULL, 0, sent > before ? 0 : 10);
    }
    size_t stuck = sent;
    while (heard < stuck) {
        struct pollfd wait = {.fd = link, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 3000), 1);
        heard = hear_some(link, heard);
    }
    assert_int_equal(heard, stuck);
    close(link);
}

static void
what_a_switch_said_before_it_left_is_heard(void **state)
{
    (void)state;
    char heard[8] = "";
    start_server(SERVER_LEAVES, "good");
    int link = connect_now();
    assert_int_equal(hear(link, heard, sizeof heard), 5);
    assert_string_equal(heard, "hello");
    holder_forget(holder, serial);
    close(link);
    assert_true(gate_ends());
    dial_lost(dial, true, now_ms());
    assert_string_equal(dial_why(dial), ""); /* as it should */
}

/* What a successor asks the kernel about a link (source/tcp_journal.h) holds for this one. */
static void
a_successor_can_go_on_with_such_a_link(void **state)
{
    (void)state;
    static uint8_t buffers[2][1 << 12];
    struct tcp_out out;
    struct tcp_in in;
    uint64_t base;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    memcpy(buffers[1], "what the switch gives back", 26);
    assert_true(tcp_out_begin(link, &base));
    assert_true(tcp_out_open(&out, link, buffers[1], sizeof buffers[1], base, 0));
    assert_int_equal(tcp_out_send(&out, 26), TCP_OK);
    struct pollfd wait = {.fd = link, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 3000), 1);
    assert_true(tcp_in_open(&in, link, buffers[0], sizeof buffers[0], 0));
    assert_int_equal(tcp_in_receive(&in, 0), TCP_OK);
    assert_true(tcp_in_open(&in, link, buffers[0], sizeof buffers[0], 0));
    assert_int_equal(tcp_in_ready(&in, 0), 26);
    assert_memory_equal(tcp_in_at(&in, 0), "what the switch gives back", 26);
    assert_true(tcp_out_open(&out, link, buffers[1], sizeof buffers[1], base, 26));
    assert_int_equal(out.sent, 26);
    close(link);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void
a_killed_gate_ends_the_link(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    assert_true(gate() != 0);
    kill(gate(), SIGKILL);
    assert_true(has_ended(link));
    assert_true(gate_ends());
    dial_lost(dial, true, now_ms());
    assert_string_equal(dial_why(dial), "its TLS process died");
    close(link);
}

static void
a_gate_dies_with_its_supervisor(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    end(&supervisor);
    assert_true(has_ended(link));
    close(link);
}

static void
a_killed_switch_ends_the_link(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    end(&server.pid);
    assert_true(has_ended(link));
    holder_forget(holder, serial);
    close(link);
    assert_true(gate_ends());
}

static void
a_gate_that_nobody_waits_for_ends(void **state)
{
    (void)state;
    start_server(SERVER_SILENT, "good");
    settings.connect_ms = 60000;
    settings.addresses.at[0].port = server.port;
    dial = dial_open("", &settings, 1, holder);
    assert_int_equal(dial_work(dial, now_ms()), DIAL_TRYING);
    for (int i = 0; i < 100 && gate() == 0; i++)
        poll(NULL, 0, 10);
    assert_true(gate() != 0);
    dial_close(dial);
    dial = NULL;
    assert_true(gate_ends());
}

static void
a_forgotten_link_ends_its_gate(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    assert_int_equal(try_once(), DIAL_CONNECTED);
    int link = dial_take(dial, &serial, now_ms());
    assert_true(gate() != 0);
    holder_forget(holder, serial);
    holder_forget(holder, serial);
    close(link);
    assert_true(gate_ends());
}

/* Processor time of the gate so far. */
static uint64_t
gate_us(void)
{
    clockid_t clock;
    struct timespec used;
    assert_int_equal(clock_getcpuclockid(gate(), &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

static void
a_gate_with_nothing_to_do_does_nothing(void **state)
{
    (void)state;
    start_server(SERVER_ECHO, "good");
    int link = connect_now();
    uint64_t before = gate_us();
    poll(NULL, 0, 500);
    assert_in_range(gate_us() - before, 0, 5000);
    close(link);
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_switch_with_a_good_certificate_is_spoken_with),
        A_TEST(the_name_that_is_asked_for_counts),
        A_TEST(a_certificate_for_another_name_is_refused),
        A_TEST(a_certificate_for_another_address_is_refused),
        A_TEST(an_expired_certificate_is_refused),
        A_TEST(a_certificate_of_an_unknown_authority_is_refused),
        A_TEST(a_file_that_is_not_there_is_named),
        A_TEST(older_than_tls_1_2_is_refused),
        A_TEST(our_certificate_is_shown_where_it_is_asked_for),
        A_TEST(without_the_certificate_that_is_asked_for_the_link_ends_with_words),
        A_TEST(nobody_listening_is_said_as_without_tls),
        A_TEST(a_switch_that_does_not_shake_hands_is_given_up),
        A_TEST(much_passes_both_ways_at_once_and_an_end_passes_too),
        A_TEST(a_front_end_that_reads_late_loses_nothing),
        A_TEST(what_a_switch_said_before_it_left_is_heard),
        A_TEST(a_successor_can_go_on_with_such_a_link),
        A_TEST(a_killed_gate_ends_the_link),
        A_TEST(a_gate_dies_with_its_supervisor),
        A_TEST(a_killed_switch_ends_the_link),
        A_TEST(a_gate_that_nobody_waits_for_ends),
        A_TEST(a_forgotten_link_ends_its_gate),
        A_TEST(a_gate_with_nothing_to_do_does_nothing),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
