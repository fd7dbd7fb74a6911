/*
 * dump_held.c - what each process of an engine had in hand when it was looked at, or died: its
 * transaction, and its claims in the result ring.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "ipc/front_state.h"
#include "ipc/publisher_memory.h"
#include "ipc/ring_result.h"
#include "ipc/worker_journal.h"
#include "tools/inspect/dump_walk.h"

enum {
    CLAIMS_MAX = 256,
    CLAIMS_SHOWN = 16,
    JSON_SIZE = 1 << 20,
    SLOTS_AT_ONCE = 64,
};

/* A slot of the result ring that is claimed and not committed. */
struct claim {
    uint64_t position;
    uint32_t owner; /* engine_channel() */
    bool has_body;  /* all its bytes are there */
};

struct held {
    uint32_t claim_count; /* found; CLAIMS_MAX are kept */
    struct claim claims[CLAIMS_MAX];
};

/* A transaction of a process, as its journal says. */
struct in_hand {
    bool is_known;
    bool is_open;
    uint64_t commit;
    uint64_t old_count;
};

static void
note_claim(struct held *held, const struct shm_result_slot *slot)
{
    uint64_t header;
    uint64_t body;
    memcpy(&header, &slot->header, sizeof header);
    memcpy(&body, &slot->body_position, sizeof body);
    struct ring_result_claim claim = ring_result_claim_of(header);
    if (!claim.is_open)
        return;
    if (held->claim_count < CLAIMS_MAX)
        held->claims[held->claim_count] = (struct claim){
            claim.position, claim.owner, body == claim.position && slot->owner == claim.owner};
    held->claim_count++;
}

static void
find_claims(struct held *held, const struct view *view)
{
    static struct shm_result_slot slots[SLOTS_AT_ONCE];
    struct view_file file;
    held->claim_count = 0;
    uint64_t at = sizeof(struct shm_result_header);
    if (view_file_open(&file, view, SEGMENT_RESULT, 0))
        while (at < file.size && (file.size - at) / sizeof *slots > 0) {
            uint64_t count = (file.size - at) / sizeof *slots;
            count = count < SLOTS_AT_ONCE ? count : SLOTS_AT_ONCE;
            if (!view_file_read(&file, at, slots, count * sizeof *slots))
                break;
            for (uint64_t i = 0; i < count; i++)
                note_claim(held, &slots[i]);
            at += count * sizeof *slots;
        }
    view_file_close(&file);
}

static struct in_hand
in_hand_of(const struct view *view, uint32_t process)
{
    struct in_hand hand = {.is_known = false};
    struct view_file file;
    uint64_t words[3]; /* commit, undo_of, undo_count */
    static const enum segment_kind kinds[] = {[ROLE_SUPERVISOR] = SEGMENT_NONE,
                                              [ROLE_FRONTEND] = SEGMENT_FRONTEND,
                                              [ROLE_WORKER] = SEGMENT_JOURNAL,
                                              [ROLE_PUBLISHER] = SEGMENT_PUBLISHER};
    enum segment_kind kind = kinds[view_role(view, process)];
    if (view_file_open(&file, view, kind, view_role_index(view, process)) &&
        view_file_memory(&file, kind) == ATTACH_OK &&
        view_file_read(&file, sizeof(struct shm_memory_header), words, sizeof words))
        hand = (struct in_hand){true, words[1] == words[0] + 1, words[0], words[2]};
    view_file_close(&file);
    return hand;
}

static bool
is_alive(const struct view *view, uint32_t process, uint32_t owner)
{
    uint32_t pid = view_pid(view, process);
    return owner != 0 && pid != 0 && (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

static bool
is_of(const struct claim *claim, const struct view *view, uint32_t process)
{
    return view_role(view, process) == ROLE_WORKER &&
           view_role_index(view, process) == claim->owner % view->fixed.workers;
}

/* ---- text ---------------------------------------------------------------------------------- */

static void
print_claims(const struct held *held, const struct view *view, uint32_t process)
{
    uint32_t shown = 0;
    for (uint32_t i = 0; i < held->claim_count && i < CLAIMS_MAX; i++) {
        if (!is_of(&held->claims[i], view, process) || shown++ >= CLAIMS_SHOWN)
            continue;
        printf("  claims result position %" PRIu64 ", %s", held->claims[i].position,
               held->claims[i].has_body ? "its outcome is there" : "its outcome is not there yet");
    }
}

static void
print_process(const struct held *held, const struct view *view, uint32_t process, uint32_t owner)
{
    struct in_hand hand = in_hand_of(view, process);
    const char *state = view_is_done(view, process)      ? "done"
                        : is_alive(view, process, owner) ? "runs"
                                                         : "DEAD";
    printf("  %-10s %4" PRIu32 " %9" PRIu32 "  %-5s", view_role_name(view, process),
           view_role_index(view, process), view_pid(view, process), state);
    if (!hand.is_known)
        printf("  no journal");
    else if (hand.is_open)
        printf("  transaction %" PRIu64 " in hand, undo entries: %" PRIu64, hand.commit + 1,
               hand.old_count);
    else
        printf("  %" PRIu64 " transactions committed, none in hand", hand.commit);
    print_claims(held, view, process);
    printf("\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void
json_process(struct json_writer *json, const struct held *held, const struct view *view,
             uint32_t process, uint32_t owner)
{
    struct in_hand hand = in_hand_of(view, process);
    json_open(json, '{');
    json_string(json, "Role", view_role_name(view, process));
    json_unsigned(json, "Index", view_role_index(view, process));
    json_unsigned(json, "Pid", view_pid(view, process));
    json_bool(json, "Alive", is_alive(view, process, owner));
    json_bool(json, "Done", view_is_done(view, process));
    if (hand.is_known) {
        json_unsigned(json, "Committed", hand.commit);
        json_bool(json, "InHand", hand.is_open);
        json_unsigned(json, "OldBytes", hand.is_open ? hand.old_count : 0);
    } else {
        json_null(json, "Committed");
        json_null(json, "InHand");
        json_null(json, "OldBytes");
    }
    json_open_key(json, "Claims", '[');
    for (uint32_t i = 0; i < held->claim_count && i < CLAIMS_MAX; i++) {
        if (!is_of(&held->claims[i], view, process))
            continue;
        json_open(json, '{');
        json_unsigned(json, "Position", held->claims[i].position);
        json_unsigned(json, "FrontEnd", held->claims[i].owner / view->fixed.workers);
        json_bool(json, "HasOutcome", held->claims[i].has_body);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void
held_json(const struct held *held, const struct view *view, uint32_t owner)
{
    static char buffer[JSON_SIZE];
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", DUMP_VERSION);
    json_string(&json, "Engine", view->name);
    json_unsigned(&json, "Owner", owner);
    json_unsigned(&json, "OpenClaims", held->claim_count);
    json_open_key(&json, "Held", '[');
    for (uint32_t i = 0; i < view->process_count; i++)
        json_process(&json, held, view, i, owner);
    json_close(&json, ']');
    json_close(&json, '}');
    fwrite(buffer, 1, json_end(&json), stdout);
    printf("\n");
}

void
dump_held(const struct view *view, bool json)
{
    static struct held held;
    uint32_t owner = view_owner(view);
    find_claims(&held, view);
    if (json) {
        held_json(&held, view, owner);
        return;
    }
    printf("  %-10s %4s %9s  %-5s  %s\n", "process", "", "pid", "", "in hand");
    for (uint32_t i = 0; i < view->process_count; i++)
        print_process(&held, view, i, owner);
    printf("\n");
}
