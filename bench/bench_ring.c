/*
 * Messages from one process to another: the event ring in batches of 32, beside a pipe written and
 * read in the same batches. A round forks its consumer and ends when that one has read and checked
 * the last message; making the process is in the figure, and a hundredth of it.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "ipc/segment.h"

enum {
    BATCH = 32,
    SLOT_COUNT = 4096,
    MESSAGE_LONGEST = 128,
    SPINS = 1000,     /* looks in vain before the core is given to somebody else */
    PATIENCE_S = 300, /* a consumer that died must not leave its producer waiting for ever */
};

struct transfer {
    uint32_t message_size;
    void *view; /* of the ring; NULL: through a pipe */
    uint64_t view_size;
};

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
        uint32_t ready = ring_spsc_poll(&ring, BATCH);
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
    for (uint64_t sent = 0; sent < count; sent += BATCH) {
        while (!ring_spsc_claim(&ring, BATCH))
            spin(&spins, false);
        spins = 0;
        for (uint64_t i = 0; i < BATCH; i++) {
            uint8_t *slot = ring_spsc_slot(&ring, ring.position + i);
            uint64_t number = sent + i;
            memset(slot, (int)(number & 0xff), transfer->message_size);
            memcpy(slot, &number, sizeof number);
        }
        ring_spsc_publish(&ring, BATCH);
    }
}

static void
consume_pipe(const struct transfer *transfer, uint64_t count, int descriptor)
{
    static uint8_t batch[BATCH * MESSAGE_LONGEST];
    for (uint64_t got = 0; got < count; got += BATCH) {
        read_all(descriptor, batch, (size_t)BATCH * transfer->message_size);
        for (uint64_t i = 0; i < BATCH; i++)
            expect_number(batch + i * transfer->message_size, got + i);
    }
}

static void
produce_pipe(const struct transfer *transfer, uint64_t count, int descriptor)
{
    static uint8_t batch[BATCH * MESSAGE_LONGEST];
    for (uint64_t sent = 0; sent < count; sent += BATCH) {
        for (uint64_t i = 0; i < BATCH; i++) {
            uint8_t *message = batch + i * transfer->message_size;
            uint64_t number = sent + i;
            memset(message, (int)(number & 0xff), transfer->message_size);
            memcpy(message, &number, sizeof number);
        }
        write_all(descriptor, batch, (size_t)BATCH * transfer->message_size);
    }
}

/* One round: `view` says which way the messages go. */
static void
send_messages(void *context, uint64_t operations)
{
    const struct transfer *transfer = context;
    CHECK(operations % BATCH == 0);
    int data[2];
    int word[2];
    uint8_t byte = 0;
    CHECK(pipe(data) == 0 && pipe(word) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        write_all(word[1], &byte, 1);
        if (transfer->view)
            consume_ring(transfer, operations);
        else
            consume_pipe(transfer, operations, data[0]);
        write_all(word[1], &byte, 1);
        _exit(0);
    }
    close(data[0]);
    close(word[1]);
    read_all(word[0], &byte, 1);
    if (transfer->view)
        produce_ring(transfer, operations);
    else
        produce_pipe(transfer, operations, data[1]);
    read_all(word[0], &byte, 1);
    CHECK(waitpid(child, NULL, 0) == child);
    close(data[1]);
    close(word[0]);
}

/* A ring in a segment of its own, as the engine makes them; the name is gone at once. */
static struct transfer
ring_of(uint32_t message_size)
{
    struct ring_shape shape = {
        .kind = SEGMENT_RING,
        .slot_size = message_size,
        .slot_count = SLOT_COUNT,
        .ring_count = 1,
    };
    char name[SEGMENT_NAME_MAX];
    snprintf(name, sizeof name, "bench-%ld-%u", (long)getpid(), message_size);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RING, 0);
    struct shared_segment segment;
    CHECK(segment_create(&segment, path, ring_size(&shape), true) == SEGMENT_OK);
    segment_unlink(&segment);
    CHECK(segment_map_rings(&segment, &shape) == SEGMENT_OK);
    ring_format(segment.mapping, &shape, 0, 1);
    return (struct transfer){
        .message_size = message_size,
        .view = segment.mapping,
        .view_size = ring_view_size(&shape),
    };
}

int
main(void)
{
    alarm(PATIENCE_S);
    struct transfer ring_64 = ring_of(64);
    struct transfer ring_128 = ring_of(128);
    struct transfer pipe_64 = {.message_size = 64};
    struct transfer pipe_128 = {.message_size = 128};
    const struct cbench_case cases[] = {
        {"ring.64", "message", UINT64_C(1) << 22, send_messages, &ring_64, 0},
        {"ring.64.pipe", "message", UINT64_C(1) << 20, send_messages, &pipe_64, 0},
        {"ring.128", "message", UINT64_C(1) << 22, send_messages, &ring_128, 0},
        {"ring.128.pipe", "message", UINT64_C(1) << 20, send_messages, &pipe_128, 0},
    };
    struct cbench_result results[4];
    struct cbench_options options = cbench_options_default();
    cbench_run(results, cases, 4, &options);
    for (uint32_t i = 0; i < 4; i++)
        cbench_print(&results[i]);
    cbench_print_comparison(&results[0], &results[1]);
    cbench_print_comparison(&results[2], &results[3]);
    return 0;
}
