/*
 * engine/live/mailbox.c - the only file that knows liburcu's wait-free queue.
 */
#include "engine/live/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <urcu/wfcqueue.h>

#include "base/check.h"

/* The queue is in a library that ThreadSanitizer does not see into. */
#if defined(__SANITIZE_THREAD__)
#define SAN_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SAN_THREAD 1
#endif
#endif
#ifdef SAN_THREAD
#include <sanitizer/tsan_interface.h>
#define TELL_RELEASE(at) __tsan_release(at)
#define TELL_ACQUIRE(at) __tsan_acquire(at)
#else
#define TELL_RELEASE(at) ((void)(at))
#define TELL_ACQUIRE(at) ((void)(at))
#endif

struct mailbox {
    struct __cds_wfcq_head head;
    struct cds_wfcq_tail tail;
    int descriptor; /* counts what was put */
    uint32_t count;
    /* The receiver's: what it took may be more than what it saw counted, for a moment. */
    uint64_t taken;
    uint64_t counted;
    struct cds_wfcq_node nodes[];
};

struct mailbox *
mailbox_open(uint32_t count)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox + count * sizeof mailbox->nodes[0]);
    if (mailbox == NULL)
        return NULL;
    mailbox->count = count;
    mailbox->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->descriptor < 0) {
        free(mailbox);
        return NULL;
    }
    __cds_wfcq_init(&mailbox->head, &mailbox->tail);
    return mailbox;
}

void
mailbox_close(struct mailbox *mailbox)
{
    close(mailbox->descriptor);
    free(mailbox);
}

int
mailbox_descriptor(const struct mailbox *mailbox)
{
    return mailbox->descriptor;
}

void
mailbox_put(struct mailbox *mailbox, uint32_t number)
{
    CHECK(number < mailbox->count);
    struct cds_wfcq_node *node = &mailbox->nodes[number];
    cds_wfcq_node_init(node);
    TELL_RELEASE(node);
    cds_wfcq_enqueue(&mailbox->head, &mailbox->tail, node);
    uint64_t one = 1;
    ssize_t wrote;
    do
        wrote = write(mailbox->descriptor, &one, sizeof one);
    while (wrote < 0 && errno == EINTR);
    CHECK(wrote == sizeof one);
}

/* The oldest node, or NULL; also while the sender is in the middle of putting one. */
static struct cds_wfcq_node *
dequeue(struct mailbox *mailbox)
{
    if (cds_wfcq_empty(&mailbox->head, &mailbox->tail))
        return NULL;
    struct cds_wfcq_node *node = __cds_wfcq_dequeue_nonblocking(&mailbox->head, &mailbox->tail);
    return node == CDS_WFCQ_WOULDBLOCK ? NULL : node;
}

int
mailbox_take(struct mailbox *mailbox)
{
    struct cds_wfcq_node *node = dequeue(mailbox);
    if (node == NULL && mailbox->taken != mailbox->counted) {
        uint64_t more;
        if (read(mailbox->descriptor, &more, sizeof more) == (ssize_t)sizeof more)
            mailbox->counted += more;
        node = dequeue(mailbox); /* put meanwhile, and counted away with the others */
    }
    if (node == NULL)
        return MAILBOX_EMPTY;
    TELL_ACQUIRE(node);
    mailbox->taken++;
    return (int)(node - mailbox->nodes);
}
