"""bench/goals.py - what is to be reached, and which figures say whether it is."""
import collections

# section: where docs/speed.md says why it was missed. goal: in words. case: whose median is the
# figure. most, least: the bound for it, if there is one. peers: the least ratio to each peer of the
# same run, the peer's time over ours; 0 asks for nothing and is shown. than: the figure is the
# case's median over this one's, and `most` is for that. missing: why there is no figure.
Goal = collections.namedtuple("Goal", "section what goal case most least peers than missing",
                              defaults=(None, None, None, {}, None, None))

RING = {"rte": 1, "ck": 4, "block": 0.8, "pipe": 0, "socket": 0}
SHOWN = {"ck": 0, "rte": 0, "fetchadd": 0}

GOALS = [
    Goal("decode", "XML decode, 791 B, to an event record",
         "300 ns; 50 x expat, 4 x rapidxml, at most twice the structural index", "decode.cleared",
         most=300, peers={"expat": 50, "rapidxml": 4, "libxml2": 0, "index": 0.5, "memchr": 0}),
    Goal("ber", "BER decode, phase I", "100 ns, 70 x asn1c", "ber.cleared1", most=100,
         peers={"asn1c": 70, "memcpy": 0}),
    Goal("ber", "BER decode, phase II", "the same", "ber.cleared2", most=100,
         peers={"asn1c": 70, "memcpy": 0}),
    Goal("ber", "BER decode, phase III, 119 B", "the same", "ber.cleared3", most=100,
         peers={"asn1c": 70, "memcpy": 0}),
    Goal("event-ring", "event ring, 64 B, batches of 32",
         "rte_ring's bursts, 4 x ck_ring, 80 % of a block copy", "ring.64", peers=RING),
    Goal("event-ring", "event ring, 128 B", "the same", "ring.128", peers=RING),
    Goal("result-ring", "result ring, 2 producers", "10 M/s: 100 ns", "result.2", most=100,
         peers=SHOWN),
    Goal("result-ring", "result ring, 4 producers on 2 cores", "10 x ck_ring, 10 x rte_ring",
         "result.4", peers={"ck": 10, "rte": 10, "fetchadd": 0}),
    Goal("step", "call step: found, changed, judged; 1 M live calls", "120 ns", "step.1m",
         most=120),
    Goal("step", "the same, 8 M live calls", "200 ns", "step.8m", most=200),
    Goal("table", "of which a live call found and changed, 1 M live", "", "table.1m",
         peers={"lfht": 0, "uthash": 0}),
    Goal("table", "the same, 8 M live", "", "table.8m", peers={"lfht": 0, "uthash": 0}),
    Goal("replay", "replay end to end, XML", "1.5 M messages/s", "site.xml.rate", least=1.5e6),
    Goal("replay", "replay end to end, BER", "4 M messages/s", "site.ber3.rate", least=4e6),
    Goal("twin", "the same, beside expat, uthash and pipes, a process a stage",
         "20 x the naive twin", "twin.onhook", peers={"twin": 20}),
    Goal("twin", "the same in processor time, of all processes", "", "twin.processor",
         peers={"twin": 0}),
    Goal("sqlite", "replay end to end, outcomes to SQLite", "150 k outcomes/s",
         missing="not built yet"),
    Goal("live", "live TCP, loopback, XML", "500 k messages/s", "live.rate", least=5e5),
    Goal("live", "50 k/s offered, bytes received to outcome published, p99", "200 us", "live.p99",
         most=200),
    Goal("live", "the same, p99.9", "2 ms", "live.p999", most=2000),
    Goal("memory", "shared memory of a live call of two parties", "1.5 KiB", "site.xml.bytes",
         most=1536),
    Goal("idle", "an idle engine with ten links", "1 % of one core", "idle", most=1),
    Goal("growth", "cost of a message, 250 k live calls over 1,000", "1.5 x", "growth.live.250000",
         most=1.5, than="growth.live.1000"),
    Goal("growth", "cost of a call step, 1 M live calls over 1,000", "1.5 x", "step.1m", most=1.5,
         than="step.1k"),
    Goal("restart", "a worker of 100,000 calls killed: until the next record is handled", "",
         "restart"),
    Goal("price", "a replay beside one that writes down nothing of its changes", "",
         "price.protected", peers={"none": 0}),
    Goal("latency", "cost of keeping how long messages take", "", "latency.processor",
         peers={"untimed": 0.98}),
    Goal("inspection", "cost of being looked at by everybody", "2 %", "inspection",
         peers={"alone": 0.98}),
    Goal("json", "a line of JSON", "", "json", peers={"printf": 0}),
    Goal("transaction", "64 bytes changed in a transaction, against without", "", "transaction.64",
         peers={"none": 0}),
]

# Pictures: name, what is along the bottom, cases NAME.POINT or a list of (point, case).
PLOTS = [
    ("growth-live", "live calls, whole pipeline", "growth.live"),
    ("growth-step", "live calls, call step alone",
     [(1000, "step.1k"), (1 << 16, "step.64k"), (1 << 20, "step.1m"), (1 << 23, "step.8m")]),
    ("growth-links", "links", "growth.links"),
    ("growth-workers", "workers", "growth.workers"),
    ("growth-parties", "parties of a call", "growth.parties"),
    ("growth-copies", "copies of each event", "growth.copies"),
]
