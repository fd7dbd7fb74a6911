"""peers.py - switches that mean harm, or at least do it: each a listener of its own, in a thread.

A peer is a generator function of PEERS: it gets a Line, one connection that was accepted, and does
its worst until the connection is over. Nothing of onhook is used.
"""

import itertools
import random
import re
import socket
import struct
import threading
import time

SPACE = 'xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed4"'
LIMIT = 65535 - 8


def frame(invoke, text):
    if isinstance(text, str):
        text = text.encode()
    if isinstance(invoke, int):
        invoke = b"%04d" % (invoke % 10000)
    return b"\0\0" + struct.pack(">H", len(text) + 8) + invoke + text


def message(root, inner=""):
    return "<%s %s>%s</%s>" % (root, SPACE, inner, root)


def cleared(call, device="5000", cross_ref=1):
    return message("ConnectionClearedEvent",
                   "<monitorCrossRefID>%s</monitorCrossRefID><droppedConnection><callID>%s</callID>"
                   "<deviceID>%s</deviceID></droppedConnection><releasingDevice><deviceIdentifier>"
                   "%s</deviceIdentifier></releasingDevice><cause>normalClearing</cause>"
                   % (cross_ref, call, device, device))


def delivered(call, device="5000", cross_ref=1):
    name = "<deviceIdentifier>%s</deviceIdentifier>"
    return message("DeliveredEvent",
                   "<monitorCrossRefID>%s</monitorCrossRefID><connection><callID>%s</callID>"
                   "<deviceID>%s</deviceID></connection><alertingDevice>%s</alertingDevice>"
                   "<callingDevice>%s</callingDevice><calledDevice>%s</calledDevice>"
                   "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>"
                   "<localConnectionInfo>alerting</localConnectionInfo><cause>normal</cause>"
                   % (cross_ref, call, device, name % device, name % "00311", name % device))


def item(call, device):
    return ("<snapshotDeviceResponseInfo><connectionIdentifier><callID>%s</callID><deviceID>%s"
            "</deviceID></connectionIdentifier><endpointDevice><deviceIdentifier>%s"
            "</deviceIdentifier></endpointDevice><localCallState><compoundCallState>"
            "<localConnectionState>connected</localConnectionState></compoundCallState>"
            "</localCallState></snapshotDeviceResponseInfo>" % (call, device, device))


class Line:
    """One connection."""

    def __init__(self, peer, connection):
        self.peer, self.socket = peer, connection
        self.rest = b""
        self.cross_refs = itertools.count(1)

    def send(self, data):
        self.socket.sendall(data)

    def requests(self, seconds=3600):
        """(invoke, XML) of all that comes, for so long; ends with the connection."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while len(self.rest) >= 4:
                size = struct.unpack(">H", self.rest[2:4])[0]
                if len(self.rest) < size:
                    break
                whole, self.rest = self.rest[:size], self.rest[size:]
                yield whole[4:8], whole[8:].decode(errors="replace")
            self.socket.settimeout(max(0.01, min(1, end - time.monotonic())))
            try:
                data = self.socket.recv(1 << 16)
            except socket.timeout:
                continue
            finally:
                self.socket.settimeout(None)
            if not data:
                raise ConnectionError("closed")
            self.rest += data

    def drain(self, seconds=3600):
        for _ in self.requests(seconds):
            pass

    def answer(self, invoke, text, cross_ref=None, data=""):
        """What a good switch says."""
        root = re.match(r"(?:<\?.*?\?>)?\s*<(\w+)", text).group(1)
        inner = ""
        if root.endswith("Response") or root.endswith("ErrorCode"):
            return
        if root == "MonitorStart":
            number = next(self.cross_refs) if cross_ref is None else cross_ref
            inner = "<monitorCrossRefID>%s</monitorCrossRefID>" \
                "<monitorExistingCalls>true</monitorExistingCalls>" % number
        elif root == "SnapshotDevice" or root == "SnapshotCall":
            inner = "<crossRefIDorSnapshotData>%s</crossRefIDorSnapshotData>" % \
                (data or "<snapshotData/>")
        elif root == "RequestSystemStatus":
            inner = "<systemStatus>normal</systemStatus>"
        self.send(frame(invoke, message(root + "Response", inner)))

    def serve(self, seconds=3600):
        for invoke, text in self.requests(seconds):
            self.answer(invoke, text)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


# ---- lengths and parts


def one_byte(line):
    line.send(b"\0")
    line.drain()


def drip(line):
    line.send(b"\0\0\xff\xff9999<?xml")
    while True:
        time.sleep(1)
        line.send(b" ")


def zero_length(line):
    line.send(b"\0\0\0\0" * 1000)
    line.drain()


def wrong_length(line):
    line.send(b"\0\0\0\x05" + b"9999<SystemStatus/>")
    line.drain()


def short_length(line):
    """Says less than it is, so that the next header is in the middle of XML."""
    line.send(b"\0\0\0\x20" + frame(9999, cleared(1))[4:] * 100)
    line.drain()


def gigantic(line):
    while True:
        line.send(b"\0\0\xff\xff9999" + b"<" * LIMIT)


def gigantic_ber(line):
    line.send(b"\xff\xff\x30\x84\xff\xff\xff\xff" + b"\x30\x80" * 30000)
    line.drain()


def silent(line):
    line.drain()


def deaf(line):
    threading.Event().wait(3600)


# ---- floods


def flood_events(line):
    monitored = 0
    for invoke, text in line.requests(2):
        line.answer(invoke, text)
        monitored += 1
    chunk = b"".join(frame(9999, cleared(n)) for n in range(700))
    while True:
        line.send(chunk)


def flood_calls(line):
    """Calls that begin and never end."""
    line.serve(1)
    for n in itertools.count(0, 300):
        line.send(b"".join(frame(9999, delivered(call)) for call in range(n, n + 300)))


def status(n):
    return frame(n % 9000, message("SystemStatus", "<systemStatus>normal</systemStatus>"))


def flood_status(line):
    """As many as can be, reading the answers; peer.count is of answers, peer.asked of questions."""
    line.serve(0.5)

    def count():
        try:
            for _, text in line.requests():
                line.peer.count += "<SystemStatusResponse" in text
        except (OSError, ConnectionError):
            pass
    reader = threading.Thread(target=count, daemon=True)
    reader.start()
    while not line.peer.is_enough:
        line.peer.asked += 500
        line.send(b"".join(status(i) for i in range(500)))
        time.sleep(0.05)
    reader.join()


def flood_status_deaf(line):
    for n in itertools.count(0, 500):
        line.send(b"".join(status(i) for i in range(n, n + 500)))


# ---- ends


def storm(line):
    line.socket.close()


def reset(line):
    line.reset()


def close_at_stages(line):
    """After one more request each time."""
    count = line.peer.connections % 12
    for n, (invoke, text) in enumerate(line.requests(5)):
        if n == count:
            break
        line.answer(invoke, text)
    if line.peer.connections % 2:
        line.reset()
    else:
        line.send(b"\0\0\0")
        line.socket.close()


def reset_in_frame(line):
    line.serve(0.3)
    line.send(frame(9999, cleared(1))[:100])
    line.reset()


# ---- answers


def unasked(line):
    for n in itertools.count():
        for root in ("MonitorStartResponse", "SnapshotDeviceResponse", "MonitorStopResponse",
                     "ClearConnectionResponse", "CSTAErrorCode", "SystemRegisterResponse",
                     "StartApplicationSessionPosResponse", "SnapshotDeviceData",
                     "ResetApplicationSessionTimerNegResponse", "ApplicationSessionTerminated"):
            line.send(frame(n, message(root, "<monitorCrossRefID>%d</monitorCrossRefID>" % n)))
        line.serve(0.002)


def doubled(line):
    """Each answer three times, each with a monitorCrossRefID of its own."""
    for invoke, text in line.requests():
        for _ in range(3):
            line.answer(invoke, text)


def one_cross_ref(line):
    for invoke, text in line.requests():
        line.answer(invoke, text, cross_ref=7)


def stopper(line):
    """Ends each monitor as soon as it stands, and all others again and again."""
    for invoke, text in line.requests():
        line.answer(invoke, text)
        for n in range(1, 30):
            line.send(frame(n, message("MonitorStop",
                                       "<monitorCrossRefID>%d</monitorCrossRefID>" % n)))


def refuser(line):
    for invoke, text in line.requests():
        line.send(frame(invoke, message("CSTAErrorCode", "<operation>invalidDeviceID</operation>")))


def strange_invoke(line):
    line.serve(0.5)
    for invoke in itertools.cycle((b"\0\0\0\0", b"\xff\xff\xff\xff", b"-001", b"12 4", b"<a/>",
                                   b"9999", b"\n\n\n\n")):
        line.send(frame(invoke, message("SystemStatus", "<systemStatus>normal</systemStatus>")))
        line.send(frame(invoke, message("MonitorStartResponse",
                                        "<monitorCrossRefID>1</monitorCrossRefID>")))
        line.serve(0.02)


def long_texts(line):
    """Names as long as frames allow."""
    for invoke, text in line.requests():
        line.answer(invoke, text, cross_ref="9" * 40000)
        line.send(frame(9999, cleared("8" * 20000, "7" * 20000)))
        line.send(frame(9999, message("StartApplicationSessionPosResponse",
                                      "<sessionID>%s</sessionID>" % ("6" * 50000))))


def snapshot_thousands(line):
    for invoke, text in line.requests():
        items = "".join(item(random.randrange(1 << 31), "5000") for _ in range(180))
        line.answer(invoke, text, data="<snapshotData>%s</snapshotData>" % items)


def endless_segments(line):
    """Each answer is to come in segments, and the last never does."""
    for n in itertools.count(1):
        for invoke, text in line.requests(0.01):
            line.answer(invoke, text, data="<serviceCrossRefID>5</serviceCrossRefID>")
        items = "".join(item(n * 50 + i, "5000") for i in range(50))
        line.send(frame(n % 9000, message(
            "SnapshotDeviceData", "<serviceCrossRefID>5</serviceCrossRefID><segmentID>%d"
            "</segmentID><lastSegment>false</lastSegment><snapshotData>%s</snapshotData>"
            % (n, items))))


def messages_lost(line):
    """Everything was lost, again and again."""
    line.serve(0.2)
    for n in itertools.count():
        for word in ("messagesLost", "disabled", "enabled", "initializing", "normal",
                     "overloadReached"):
            line.send(frame(n, message("SystemStatus", "<systemStatus>%s</systemStatus>" % word)))
        line.serve(0.01)


# ---- TLS


def tls_garbage(line):
    """A record that may come, and holds nothing that can be."""
    line.socket.recv(4096)
    while True:
        line.send(b"\x16\x03\x03\x40\0" + b"\x02\0\0\xff" * 4096)


# ---- content


def garbage(line):
    source = random.Random(1)
    line.serve(0.3)
    while True:
        line.send(frame(9999, b"<" + source.randbytes(source.randrange(1, 3000))))
        time.sleep(0.001)


def bombs(line):
    entities = '<!DOCTYPE a [<!ENTITY a0 "' + "x" * 1000 + '">' + "".join(
        '<!ENTITY a%d "%s">' % (n, "&a%d;" % (n - 1) * 10) for n in range(1, 12)) + "]>"
    external = '<!DOCTYPE a [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>'
    line.serve(0.3)
    while True:
        for head in (entities, external):
            line.send(frame(9999, '<?xml version="1.0"?>' + head + cleared("&a11;")))
        time.sleep(0.01)


def deep(line):
    line.serve(0.3)
    while True:
        line.send(frame(9999, "<a>" * (LIMIT // 3)))
        line.send(frame(9999, message("ConnectionClearedEvent", "<a>" * 8000 + "</a>" * 8000)))
        line.send(frame(9999, "<a " + " ".join("b%d=''" % n for n in range(6000)) + "/>"))
        time.sleep(0.01)


def deep_ber(line):
    body = b"\xa1\x84\0\0\xea\x5a" + b"\x30\x80" * 29900
    while True:
        line.send(struct.pack(">H", len(body)) + body)
        time.sleep(0.01)


def garbage_ber(line):
    source = random.Random(2)
    while True:
        body = source.randbytes(source.randrange(4, 120))
        line.send(struct.pack(">H", len(body) + 2) + bytes([0xa1, len(body)]) + body)
        time.sleep(0.001)


SECURE = (silent, storm, reset, one_byte, drip, gigantic, tls_garbage)
BER = (gigantic_ber, deep_ber, garbage_ber)
SPEECHLESS = (storm, reset, zero_length, wrong_length, gigantic_ber)
PEERS = (one_byte, drip, zero_length, wrong_length, short_length, gigantic, gigantic_ber, silent,
         deaf, flood_events, flood_calls, flood_status, flood_status_deaf, storm, reset,
         close_at_stages, reset_in_frame, unasked, doubled, one_cross_ref, stopper, refuser,
         strange_invoke, long_texts, snapshot_thousands, endless_segments, messages_lost, garbage,
         bombs, deep, deep_ber, garbage_ber)


class Peer:
    """A listener that gives each connection to `conduct`."""

    def __init__(self, conduct, port=0, prefix=""):
        self.conduct, self.prefix = conduct, prefix
        self.connections = self.count = self.asked = 0
        self.is_enough = False
        self.errors = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def name(self):
        return self.prefix + self.conduct.__name__.replace("_", "-")

    def section(self, more=""):
        return "[link %s]\naddresses = 127.0.0.1:%d\nencoding = %s\nmonitored = 5000-5039\n" \
            "shared = yes\n%s\n" % (self.name, self.port,
                                    "ber3" if self.conduct in BER else "xml", more)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._conduct, args=(connection,), daemon=True).start()

    def _conduct(self, connection):
        line = Line(self, connection)
        try:
            self.conduct(line)
        except (OSError, ConnectionError):
            pass
        except Exception as error:  # a mistake of the test
            self.errors.append(repr(error))
        finally:
            connection.close()

    def close(self):
        self.listener.close()
