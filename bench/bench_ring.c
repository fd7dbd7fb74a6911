/*
 * Messages from one process to another: the event ring, beside what else would carry them. A round
 * forks its consumer and ends when that one has read and checked the last message; making the
 * process is in the figure, and a hundredth of it. Producer and consumer have a core each.
 *
 * Every producer makes each message anew, every consumer looks at each. The event ring is written
 * and read in place; the others copy in and out, as their interfaces want it. "block" is the event
 * ring as a mere memory: a prepared batch is copied in and out in one piece.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "bench/peer_ring.h"
#include "ipc/segment.h"

enum {
    BATCH_MOST = 32,
    SLOT_COUNT = 4096,
    MESSAGE_LONGEST = 256,
    SPINS = 1000,     /* looks in vain before the core is given to somebody else */
    PATIENCE_S = 120, /* a consumer that died must not leave its producer waiting for ever */
    NAME_SIZE = 32,
};

enum way {
    WAY_RING,
    WAY_BLOCK,
    WAY_PIPE,
    WAY_SOCKET,
    WAY_PEER,
};

struct transfer {
    char name[NAME_SIZE];
    enum way way;
    uint32_t message_size;
    uint32_t batch;
    void *view; /* of the event ring */
    uint64_t view_size;
    const struct peer_ring *peer;
    void *peer_memory;
    int ends[2]; /* of the pipe or socket of this round: read, write */
};

static uint8_t batch[BATCH_MOST * MESSAGE_LONGEST];

/* Every message starts with its number; the consumer insists on all of them, in order. */
static void
expect_number(const void *message, uint64_t number)
{
    uint64_t found;
    memcpy(&found, message, sizeof found);
    CHECK(found == number);
}

static void
read_all(int descriptor, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = read(descriptor, bytes, size);
        CHECK(got > 0);
        bytes += got;
        size -= (size_t)got;
    }
}

static void
write_all(int descriptor, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(descriptor, bytes, size);
        CHECK(put > 0);
        bytes += put;
        size -= (size_t)put;
    }
}

/* Where there are more processes than cores, spinning on would only keep the other side away. */
static void
spin(uint32_t *spins, bool found)
{
    if (found) {
        *spins = 0;
    } else if (++*spins >= SPINS) {
        *spins = 0;
        sched_yield();
    }
}

static void
consume_ring(const struct transfer *transfer, uint64_t count)
{
    struct ring_spsc ring;
    CHECK(ring_attach_consumer(&ring, transfer->view, transfer->view_size) == ATTACH_OK);
    uint64_t start = ring.position;
    uint32_t spins = 0;
    while (ring.position - start < count) {
        uint32_t ready = ring_spsc_poll(&ring, transfer->batch);
        spin(&spins, ready > 0);
        for (uint32_t i = 0; i < ready; i++)
            expect_number(ring_spsc_slot(&ring, ring.position + i), ring.position + i - start);
        if (ready > 0)
            ring_spsc_release(&ring, ready);
    }
}

static void
produce_ring(const struct transfer *transfer, uint64_t count)
{
    struct ring_spsc ring;
    CHECK(ring_attach_producer(&ring, transfer->view, transfer->view_size) == ATTACH_OK);
    uint32_t spins = 0;
    for (uint64_t sent = 0; sent < count; sent += transfer->batch) {
        while (!ring_spsc_claim(&ring, transfer->batch))
            spin(&spins, false);
        spins = 0;
        for (uint64_t i = 0; i < transfer->batch; i++) {
            uint8_t *slot = ring_spsc_slot(&ring, ring.position + i);
            uint64_t number = sent + i;
            memset(slot, (int)(number & 0xff), transfer->message_size);
            memcpy(slot, &number, sizeof number);
        }
        ring_spsc_publish(&ring, transfer->batch);
    }
}

static void
consume_blocks(const struct transfer *transfer, uint64_t count)
{
    struct ring_spsc ring;
    CHECK(ring_attach_consumer(&ring, transfer->view, transfer->view_size) == ATTACH_OK);
    uint32_t spins = 0;
    for (uint64_t got = 0; got < count;) {
        uint32_t ready = ring_spsc_poll(&ring, transfer->batch);
        spin(&spins, ready > 0);
        if (ready == 0)
            continue;
        memcpy(batch, ring_spsc_slot(&ring, ring.position), (size_t)ready * transfer->message_size);
        cbench_keep(batch);
        ring_spsc_release(&ring, ready);
        got += ready;
    }
}

static void
produce_blocks(const struct transfer *transfer, uint64_t count)
{
    struct ring_spsc ring;
    CHECK(ring_attach_producer(&ring, transfer->view, transfer->view_size) == ATTACH_OK);
    uint32_t spins = 0;
    for (uint64_t sent = 0; sent < count; sent += transfer->batch) {
        while (!ring_spsc_claim(&ring, transfer->batch))
            spin(&spins, false);
        memcpy(ring_spsc_slot(&ring, ring.position), batch,
               (size_t)transfer->batch * transfer->message_size);
        ring_spsc_publish(&ring, transfer->batch);
    }
}

static void
make_batch(const struct transfer *transfer, uint64_t first)
{
    for (uint64_t i = 0; i < transfer->batch; i++) {
        uint8_t *message = batch + i * transfer->message_size;
        uint64_t number = first + i;
        memset(message, (int)(number & 0xff), transfer->message_size);
        memcpy(message, &number, sizeof number);
    }
}

static void
check_batch(const struct transfer *transfer, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        expect_number(batch + i * transfer->message_size, first + i);
}

static void
consume_bytes(const struct transfer *transfer, uint64_t count)
{
    for (uint64_t got = 0; got < count; got += transfer->batch) {
        read_all(transfer->ends[0], batch, (size_t)transfer->batch * transfer->message_size);
        check_batch(transfer, got, transfer->batch);
    }
}

static void
produce_bytes(const struct transfer *transfer, uint64_t count)
{
    for (uint64_t sent = 0; sent < count; sent += transfer->batch) {
        make_batch(transfer, sent);
        write_all(transfer->ends[1], batch, (size_t)transfer->batch * transfer->message_size);
    }
}

static void
consume_peer(const struct transfer *transfer, uint64_t count)
{
    uint32_t spins = 0;
    for (uint64_t got = 0; got < count;) {
        uint32_t ready = transfer->peer->take(transfer->peer_memory, batch, transfer->message_size,
                                              transfer->batch);
        spin(&spins, ready > 0);
        check_batch(transfer, got, ready);
        got += ready;
    }
}

static void
produce_peer(const struct transfer *transfer, uint64_t count)
{
    uint32_t spins = 0;
    for (uint64_t sent = 0; sent < count; sent += transfer->batch) {
        make_batch(transfer, sent);
        for (uint32_t put = 0; put < transfer->batch;) {
            uint32_t taken = transfer->peer->put(transfer->peer_memory,
                                                 batch + (size_t)put * transfer->message_size,
                                                 transfer->message_size, transfer->batch - put);
            spin(&spins, taken > 0);
            put += taken;
        }
    }
}

static void (*const consume[])(const struct transfer *transfer, uint64_t count) = {
    consume_ring, consume_blocks, consume_bytes, consume_bytes, consume_peer};
static void (*const produce[])(const struct transfer *transfer, uint64_t count) = {
    produce_ring, produce_blocks, produce_bytes, produce_bytes, produce_peer};

static void
open_ends(struct transfer *transfer)
{
    int pair[2] = {-1, -1};
    if (transfer->way == WAY_SOCKET)
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    else
        CHECK(pipe(pair) == 0);
    memcpy(transfer->ends, pair, sizeof pair);
}

/* One round. */
static void
send_messages(void *context, uint64_t operations)
{
    struct transfer *transfer = context;
    CHECK(operations % transfer->batch == 0);
    int word[2];
    uint8_t byte = 0;
    open_ends(transfer);
    CHECK(pipe(word) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* Nobody waits for a consumer without its producer; it would spin for ever. */
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        cbench_pin(1);
        write_all(word[1], &byte, 1);
        consume[transfer->way](transfer, operations);
        write_all(word[1], &byte, 1);
        _exit(0);
    }
    close(transfer->ends[0]);
    close(word[1]);
    read_all(word[0], &byte, 1);
    produce[transfer->way](transfer, operations);
    read_all(word[0], &byte, 1);
    CHECK(waitpid(child, NULL, 0) == child);
    close(transfer->ends[1]);
    close(word[0]);
}

/* A ring in a segment of its own, as the engine makes them; the name is gone at once. */
static void
make_ring(struct transfer *transfer)
{
    struct ring_shape shape = {
        .kind = SEGMENT_RING,
        .slot_size = transfer->message_size,
        .slot_count = SLOT_COUNT,
        .ring_count = 1,
    };
    char name[SEGMENT_NAME_MAX];
    snprintf(name, sizeof name, "bench-%ld", (long)getpid());
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RING, 0);
    struct shared_segment segment;
    CHECK(segment_create(&segment, path, ring_size(&shape), true) == SEGMENT_OK);
    segment_unlink(&segment);
    CHECK(segment_map_rings(&segment, &shape) == SEGMENT_OK);
    ring_format(segment.mapping, &shape, 0, 1);
    transfer->view = segment.mapping;
    transfer->view_size = ring_view_size(&shape);
}

static struct transfer transfers[CBENCH_CASES_MAX];
static struct cbench_case cases[CBENCH_CASES_MAX];
static uint32_t case_count;

static struct transfer *
add_case(const char *suffix, enum way way, uint32_t message_size, uint32_t batch_size)
{
    CHECK(case_count < CBENCH_CASES_MAX);
    struct transfer *transfer = &transfers[case_count];
    *transfer = (struct transfer){.way = way, .message_size = message_size, .batch = batch_size};
    snprintf(transfer->name, sizeof transfer->name, "ring.%u%s", message_size, suffix);
    if (way == WAY_RING || way == WAY_BLOCK)
        make_ring(transfer);
    cases[case_count++] = (struct cbench_case){
        transfer->name,
        "message",
        way == WAY_PIPE || way == WAY_SOCKET ? UINT64_C(1) << 18 : UINT64_C(1) << 20,
        send_messages,
        transfer,
        batch_size};
    return transfer;
}

#if defined BENCH_CK || defined BENCH_RTE
static void
add_peer(const struct peer_ring *peer, uint32_t message_size)
{
    char suffix[16];
    snprintf(suffix, sizeof suffix, ".%s", peer->name);
    struct transfer *transfer = add_case(suffix, WAY_PEER, message_size, BATCH_MOST);
    transfer->peer = peer;
    transfer->peer_memory = peer->make(message_size, SLOT_COUNT);
}
#endif

/* Of one size: the event ring first, everything is compared with it. */
static void
measure(uint32_t message_size)
{
    struct cbench_result results[CBENCH_CASES_MAX];
    struct cbench_options options = cbench_options_default();
    case_count = 0;
    add_case("", WAY_RING, message_size, BATCH_MOST);
    add_case(".block", WAY_BLOCK, message_size, BATCH_MOST);
    add_case(".pipe", WAY_PIPE, message_size, BATCH_MOST);
    add_case(".socket", WAY_SOCKET, message_size, BATCH_MOST);
#ifdef BENCH_CK
    add_peer(&peer_ck, message_size);
#endif
#ifdef BENCH_RTE
    add_peer(&peer_rte, message_size);
#endif
    if (message_size == 64) {
        add_case(".batch_8", WAY_RING, message_size, 8);
        add_case(".batch_1", WAY_RING, message_size, 1);
    }
    cbench_run(results, cases, case_count, &options);
    for (uint32_t i = 0; i < case_count; i++)
        cbench_print(&results[i]);
    for (uint32_t i = 1; i < case_count; i++)
        cbench_print_comparison(&results[0], &results[i]);
}

int
main(void)
{
    alarm(PATIENCE_S);
    cbench_pin(0);
    measure(64);
    measure(128);
    measure(256);
    return 0;
}
