/*
 * A connection's owner is killed again and again; both ends compare every byte.
 *
 *   tcp_journal           some hundred kills
 *   tcp_journal KILLS     as many
 *
 *   peer (never killed)  -- frames of random length -->  owner: one transaction for some frames
 *                        <-- an answer to each frame --
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/source/tcp_journal.h"
#include "ipc/transaction.h"

enum {
    KILLS = 300,
    SIZE = 1 << 14,
    FRAME_MAX = 1000,
    LOG_BYTES = 4096,
    LIFE_US = 3000,
};

static uint32_t wanted_kills = KILLS;
static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % below;
}

/* Byte `at` of stream `which`. */
static uint8_t
byte_of(uint32_t which, uint64_t at)
{
    uint64_t mixed = (at + which * UINT64_C(1000003)) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint8_t)(mixed >> 56);
}

/* Memory that a successor finds again: what the owner commits, and what it has done. */
struct shared {
    uint8_t *journal;
    uint8_t *in; /* both twice in a row */
    uint8_t *out;
    struct {
        uint64_t frames;
        uint64_t sum; /* of all bytes of all frames */
    } * state;
    _Atomic uint32_t *stop; /* the peer has been killed off enough */
};

struct cursors {
    uint64_t done; /* of the stream in */
    uint64_t end;  /* of the stream out */
};

static struct shared shared;
static uint64_t base;

static uint8_t *
twice(void)
{
    int file = memfd_create("stream", 0);
    assert_int_equal(ftruncate(file, SIZE), 0);
    uint8_t *at =
        mmap(NULL, (size_t)2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; i < 2; i++)
        assert_ptr_not_equal(mmap(at + (size_t)i * SIZE, SIZE, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_FIXED, file, 0),
                             MAP_FAILED);
    close(file);
    return at;
}

static void *
common(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* ---- the owner ------------------------------------------------------------------------------ */

/* A frame: two bytes of length, then as many. Answered with its length and its sum. */
static bool
handle_frame(struct transaction *transaction, struct cursors *cursors, const struct tcp_in *in,
             const struct tcp_out *out)
{
    uint64_t ready = tcp_in_ready(in, cursors->done);
    const uint8_t *at = tcp_in_at(in, cursors->done);
    if (ready < 2 || cursors->end + 4 - out->sent > SIZE)
        return false;
    uint32_t length = (uint32_t)at[0] << 8 | at[1];
    if (ready < 2 + length)
        return false;
    uint8_t sum = 0;
    transaction_touch(transaction, shared.state, sizeof *shared.state);
    for (uint32_t i = 0; i < length; i++) {
        if (at[2 + i] != byte_of(0, cursors->done + 2 + i))
            _exit(10);
        sum = (uint8_t)(sum + at[2 + i]);
    }
    shared.state->frames++;
    shared.state->sum += sum;
    const uint8_t answer[4] = {at[0], at[1], sum, byte_of(1, cursors->end)};
    memcpy(shared.out + cursors->end % SIZE, answer, sizeof answer);
    cursors->done += 2 + length;
    cursors->end += sizeof answer;
    return true;
}

/* Returns when the other side has closed and everything is answered. */
static void
own(int socket)
{
    static struct transaction transaction;
    struct tcp_in in;
    struct tcp_out out;
    transaction_open(&transaction, shared.journal, sizeof(struct cursors), LOG_BYTES);
    transaction_cover(&transaction, shared.state, sizeof *shared.state);
    if (!transaction_recover(&transaction))
        _exit(11);
    const struct cursors *committed = transaction_cursors(&transaction);
    if (!tcp_in_open(&in, socket, shared.in, SIZE, committed->done) ||
        !tcp_out_open(&out, socket, shared.out, SIZE, base, committed->end))
        _exit(12);
    for (;;) {
        enum tcp_result result = tcp_in_receive(&in, committed->done);
        if (result == TCP_FAILED)
            _exit(13);
        struct cursors *now = transaction_begin(&transaction);
        for (uint32_t i = 1 + random_below(8); i > 0; i--)
            if (!handle_frame(&transaction, now, &in, &out))
                break;
        transaction_commit(&transaction);
        committed = transaction_cursors(&transaction);
        if (tcp_out_send(&out, committed->end) == TCP_FAILED)
            _exit(14);
        if (result == TCP_END && tcp_in_ready(&in, committed->done) == 0 &&
            out.sent == committed->end)
            return;
        struct pollfd wanted = {socket, (short)(POLLIN | (out.sent < committed->end ? POLLOUT : 0)),
                                0};
        if (result == TCP_WAIT && tcp_in_ready(&in, committed->done) < 2)
            poll(&wanted, 1, 1);
    }
}

/* ---- the peer ------------------------------------------------------------------------------- */

struct peer {
    int socket;
    uint64_t sent; /* of the stream out of the peer */
    uint64_t answered;
    uint64_t frames;
    uint8_t expected[1 << 20][3]; /* ring of answers still to come */
};

static struct peer peer;

static void
check_answers(int flags)
{
    uint8_t bytes[4096];
    ssize_t count = recv(peer.socket, bytes, sizeof bytes, flags);
    for (ssize_t i = 0; i < count; i++, peer.answered++) {
        uint64_t frame = peer.answered / 4;
        uint32_t part = peer.answered % 4;
        uint8_t wanted =
            part == 3 ? byte_of(1, peer.answered - 3) : peer.expected[frame % (1 << 20)][part];
        if (frame >= peer.frames || bytes[i] != wanted)
            _exit(20);
    }
    if (count == 0)
        _exit(21);
}

static void
send_all(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = send(peer.socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN)
            _exit(22);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
        check_answers(MSG_DONTWAIT);
    }
}

static void
send_frame(void)
{
    uint8_t frame[2 + FRAME_MAX];
    uint32_t length = random_below(FRAME_MAX);
    uint8_t *expected = peer.expected[peer.frames % (1 << 20)];
    frame[0] = expected[0] = (uint8_t)(length >> 8);
    frame[1] = expected[1] = (uint8_t)length;
    expected[2] = 0;
    for (uint32_t i = 0; i < length; i++) {
        frame[2 + i] = byte_of(0, peer.sent + 2 + i);
        expected[2] = (uint8_t)(expected[2] + frame[2 + i]);
    }
    peer.sent += 2 + length;
    peer.frames++;
    send_all(frame, 2 + length);
}

/* Sends until it is told to stop, closes its side, and waits for the last answer. */
static void
play_peer(int socket)
{
    peer.socket = socket;
    random_state = 99;
    while (atomic_load(shared.stop) == 0) {
        send_frame();
        if (random_below(50) == 0)
            usleep(random_below(2000));
    }
    shutdown(socket, SHUT_WR);
    while (peer.answered < peer.frames * 4)
        check_answers(0);
    _exit(0);
}

/* ---- kills ---------------------------------------------------------------------------------- */

static void
connect_both(int ends[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&at, size), 0);
    ends[1] = accept(listener, NULL, NULL);
    assert_true(ends[1] >= 0);
    close(listener);
}

/* One owner's life: killed after `life_us`. True when it ended by itself, which is well. */
static bool
live(int socket, uint64_t seed, uint32_t life_us)
{
    pid_t child = fork();
    if (child == 0) {
        random_state = seed;
        own(socket);
        _exit(0);
    }
    int status;
    if (life_us > 0) {
        usleep(life_us);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

/* `owner`: which end of the connection is killed, that which connected or that which accepted. */
static void
kill_owner(int owner, uint32_t kills)
{
    int ends[2];
    connect_both(ends);
    shared = (struct shared){
        .journal = common(transaction_bytes(sizeof(struct cursors), LOG_BYTES)),
        .in = twice(),
        .out = twice(),
        .state = common(sizeof *shared.state),
        .stop = common(sizeof *shared.stop),
    };
    assert_true(tcp_out_begin(ends[owner], &base));
    pid_t other = fork();
    if (other == 0) {
        close(ends[owner]);
        play_peer(ends[1 - owner]);
    }
    close(ends[1 - owner]);
    for (uint32_t i = 0; i < kills; i++)
        assert_false(live(ends[owner], i + 1, 1 + random_below(LIFE_US)));
    atomic_store(shared.stop, 1);
    /* The FIN comes, and owners are killed around it, too. */
    uint32_t after = 0;
    while (after < 20 && !live(ends[owner], after, 1 + random_below(LIFE_US)))
        after++;
    if (after == 20)
        assert_true(live(ends[owner], 7, 0));
    int status;
    waitpid(other, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    print_message("%u kills, %llu frames\n", kills + after,
                  (unsigned long long)shared.state->frames);
    assert_true(shared.state->frames > kills);
    close(ends[owner]);
}

static void
who_connected_is_killed_and_no_byte_is_lost_or_doubled(void **state)
{
    (void)state;
    kill_owner(0, wanted_kills);
}

static void
who_accepted_is_killed_and_no_byte_is_lost_or_doubled(void **state)
{
    (void)state;
    kill_owner(1, wanted_kills);
}

static void
an_answer_that_cannot_be_is_refused(void **state)
{
    (void)state;
    int ends[2];
    static uint8_t buffer[2 * SIZE];
    struct tcp_in in;
    struct tcp_out out;
    uint64_t begun;
    connect_both(ends);
    assert_true(tcp_out_begin(ends[0], &begun));
    assert_false(tcp_in_open(&in, ends[0], buffer, SIZE, 1));
    assert_int_equal(errno, EPROTO);
    assert_false(tcp_out_open(&out, ends[0], buffer, SIZE, begun, SIZE + 1));
    assert_int_equal(errno, EPROTO);
    assert_true(tcp_in_open(&in, ends[0], buffer, SIZE, 0));
    assert_int_equal(tcp_in_receive(&in, 0), TCP_WAIT);
    assert_int_equal(send(ends[1], "abc", 3, 0), 3);
    close(ends[1]);
    assert_int_equal(tcp_in_receive(&in, 0), TCP_OK);
    assert_int_equal(tcp_in_receive(&in, 0), TCP_END);
    assert_int_equal(tcp_in_ready(&in, 0), 3);
    assert_true(tcp_in_open(&in, ends[0], buffer, SIZE, 0)); /* a FIN is no byte */
    assert_int_equal(tcp_in_ready(&in, 0), 3);
    close(ends[0]);
    assert_false(tcp_in_open(&in, ends[0], buffer, SIZE, 0));
}

/* A FIN that was counted cannot be told from a byte once the connection is gone. */
static void
a_connection_reset_behind_its_end_is_lost(void **state)
{
    (void)state;
    int ends[2];
    static uint8_t buffer[2 * SIZE];
    struct tcp_in in;
    uint64_t begun;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    connect_both(ends);
    assert_int_equal(send(ends[1], "abc", 3, 0), 3);
    assert_true(tcp_in_open(&in, ends[0], buffer, SIZE, 0));
    assert_int_equal(tcp_in_receive(&in, 0), TCP_OK);
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(ends[1]);
    assert_false(tcp_in_open(&in, ends[0], buffer, SIZE, 0));
    assert_int_equal(errno, ECONNRESET);
    assert_false(tcp_out_begin(ends[0], &begun));
    assert_int_equal(errno, ECONNRESET);
    close(ends[0]);
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        wanted_kills = (uint32_t)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_connected_is_killed_and_no_byte_is_lost_or_doubled),
        cmocka_unit_test(who_accepted_is_killed_and_no_byte_is_lost_or_doubled),
        cmocka_unit_test(an_answer_that_cannot_be_is_refused),
        cmocka_unit_test(a_connection_reset_behind_its_end_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
