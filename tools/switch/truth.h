#ifndef TOOLS_SWITCH_TRUTH_H
#define TOOLS_SWITCH_TRUTH_H

/*
 * tools/switch/truth.h - who really hung up, and what was told of it: the file for the judge.
 *
 * One JSON object a line, added as it becomes known:
 *
 *   {"Truth":"link", "Link", "Encoding", "Profile"}
 *   {"Truth":"call", "Link", "Call", "CallID", "Story", "From", "To", ["Touched"], ["Unwatched"],
 *    ["Open"], ["Joined"], "Ends":[{"Party", ["Also"], ["By"], "Told", "Reason", "Event",
 *    "Monitored", "At"}], ["DeletedBy"], "DeletedTold"}
 *   {"Truth":"lost", "Link", "Calls":[Call, At, Call, At, ...]}   told in bytes that were lost
 *   {"Truth":"down", "Link", "From", "To"}          monitors were void, or muted, so long
 *
 * Call is the number of a call on its link, times are microseconds since 1970. Told is what the
 * switch gave as evidence: name (releasingDevice), state (localConnectionInfo, profile panasonic),
 * request (a granted request alone), maybe (a request whose meaning only the client knows),
 * nothing.
 * Touched: from then on something of the call was lost or told to nobody. Unwatched: a device of
 * the switch in it never had a monitor. Also: the dynamic device ID the party went by, which is all
 * that a client heard of it where no message named the device. By and DeletedBy are absent where
 * nobody did it.
 */

#include "tools/switch/simulator.h"

void truth_link(struct pbx *pbx);

/* truth_call - the call is over, or (`open`) the run; `joined`: the call it became part of, or 0;
 * `by` and `told`: of the act that ended it. */
struct truth_deletion {
    const struct pbx_device *by;
    enum told told;
    uint64_t joined;
    bool is_open;
};
void truth_call(const struct call *call, const struct truth_deletion *deletion);

/* truth_lost_* - one line of calls that had been written before they were known to be touched. */
void truth_lost_begin(struct pbx *pbx);
void truth_lost_add(struct pbx *pbx, uint64_t serial, int64_t time_us);
void truth_lost_end(struct pbx *pbx);

void truth_down(struct pbx *pbx, int64_t from_us, int64_t to_us);

const char *profile_word(enum pbx_profile profile);
const char *encoding_word(const struct pbx *pbx);

#endif
