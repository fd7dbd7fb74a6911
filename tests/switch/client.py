"""client.py - an independent client of `onhook switch`: monitors all, and writes a trace of it.

    client.py LISTENER-LINE... --seconds N --trace FILE [--release N]

LISTENER-LINE is a line of the ready file. What came and went is written as an onhook trace, so
that `onhook replay` judges it without any live engine. BER is written by tests/dialects/ber.py,
XML here; of the engine nothing is used. It connects again when a link is cut, monitors and
snapshots all; with --snapshots it asks from then on who is in each call it hears of, once.
"""

import argparse
import os
import re
import selectors
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dialects"))
import ber   # noqa: E402
import said  # noqa: E402

SPACE = "http://www.ecma-international.org/standards/ecma-323/csta/ed4"
SESSION = "http://www.ecma-international.org/standards/ecma-354/appl_session"
WINDOW = 200  # requests on their way


def numbers(text):
    first, _, last = text.partition("-")
    return [str(n) for n in range(int(first), int(last or first) + 1)]


class Link:
    def __init__(self, line, options, trace):
        self.name, address, *keys = line.split()
        self.host, _, port = address.partition(":")
        self.port = int(port)
        self.keys = dict(key.partition("=")[::2] for key in keys)
        self.phase = {"xml": 0, "ber1": 1, "ber2": 2, "ber3": 3}[self.keys["encoding"]]
        self.profile = self.keys["profile"]
        self.devices = [n for key in ("agents", "queues", "route-points")
                        for n in numbers(self.keys[key])]
        self.options, self.trace = options, trace
        self.socket, self.closed = None, 0.0
        self.was_up = False
        self.retries = {}
        self.releases = 0

    # ---- the trace

    def write(self, direction, invoke, payload, by=""):
        text = payload.decode() if self.phase == 0 else "hex:" + payload.hex()
        invoke = "%04d" % (invoke % 10000) if invoke is not None else "-"
        self.trace.write("%.6f %s %s %s%s %s\n" % (time.time(), self.name, direction, invoke,
                                                   by and " by=" + by, text))

    # ---- the connection

    def connect(self, selector):
        try:
            self.socket = socket.create_connection((self.host, self.port), 5)
        except OSError:
            self.closed = time.time()
            return
        self.socket.setblocking(False)
        self.incoming, self.outgoing = b"", b""
        self.invoke, self.waiting, self.queue = 0, {}, []
        self.is_open = False
        self.asked = set()
        self.selector = selector
        selector.register(self.socket, selectors.EVENT_READ, self)
        self.was_cut = self.was_up
        if self.was_up:
            self.trace.write("%.6f %s ! up\n" % (time.time(), self.name))
        self.was_up = True
        if self.phase and self.profile == "oxe":
            self.send(None, ber.association(said.Said("AARQ", {}), self.phase))
        elif self.profile == "avaya-dmcc":
            self.request("StartApplicationSession")
        elif self.profile != "openscape":
            self.begin()

    def close(self):
        self.selector.unregister(self.socket)
        self.socket.close()
        self.socket, self.closed = None, time.time()
        self.trace.write("%.6f %s ! down\n" % (self.closed, self.name))

    def begin(self):
        self.is_open = True
        for device in self.devices:
            self.queue.append(("MonitorStart", device))
        if self.options.snapshots:
            for device in self.devices:
                self.queue.append(("SnapshotDevice", device))
        self.pump()

    def pump(self):
        while self.queue and len(self.waiting) < WINDOW:
            self.request(*self.queue.pop(0))

    def send(self, invoke, content, by=""):
        self.write(">", invoke, content, by)
        if self.phase:
            content = len(content).to_bytes(2, "big") + content
        elif self.profile == "unitel":
            content += b"\0"
        else:
            content = b"\0\0" + (len(content) + 8).to_bytes(2, "big") + b"%04d" % invoke + content
        self.outgoing += content
        self.flush()

    def flush(self):
        if self.socket is None:
            return
        try:
            while self.outgoing:
                self.outgoing = self.outgoing[self.socket.send(self.outgoing):]
        except BlockingIOError:
            pass
        except OSError:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.outgoing else 0)
        self.selector.modify(self.socket, events, self)

    # ---- what is asked

    def device(self, number):
        if self.profile == "avaya-dmcc":
            return '<%%s typeOfNumber="other">%s:SWITCH::0</%%s>' % number
        return "<%%s>%s</%%s>" % number

    def xml(self, what, object_):
        space = SESSION if "Session" in what else SPACE
        if what == "MonitorStart":
            inner = "<monitorObject>" + self.device(object_) % ("deviceObject", "deviceObject") + \
                "</monitorObject><monitorType>device</monitorType>"
        elif what == "SnapshotDevice":
            inner = self.device(object_) % ("snapshotObject", "snapshotObject")
        elif what == "SnapshotCall":
            inner = "<snapshotObject><callID>%s</callID></snapshotObject>" % object_
        elif what == "ClearConnection":
            inner = "<connectionToBeCleared><callID>%s</callID><deviceID>%s</deviceID>" \
                "</connectionToBeCleared>" % object_
        elif what == "StartApplicationSession":
            inner = "<applicationInfo><applicationID>test</applicationID>" \
                "<applicationSpecificInfo><a:SessionLoginInfo xmlns:a=\"x\"><a:userName>" \
                "%s</a:userName><a:password>%s</a:password></a:SessionLoginInfo>" \
                "</applicationSpecificInfo></applicationInfo>" % self.options.login
        elif what == "SystemRegister":
            inner = "<requestTypes><systemStatus>true</systemStatus></requestTypes>"
        else:
            inner = ""
        return ('<%s xmlns="%s">%s</%s>' % (what, space, inner, what)).encode()

    def pdu(self, what, object_, invoke):
        values = {}
        if what == "MonitorStart":
            values = {"deviceObject": said.Device("dialingNumber", object_.encode()),
                      "monitorType": "device"}
        elif what == "SnapshotDevice":
            values = {"snapshotDevice": said.Device("dialingNumber", object_.encode())}
        elif what == "SnapshotCall":
            values = {"snapshotCall": said.Connection(object_, None, False)}
        elif what == "ClearConnection":
            call, device = object_
            values = {"connectionToBeCleared":
                      said.Connection(call, device, isinstance(device, bytes) and
                                      self.profile == "oxe")}
        return ber.pdu(said.Said(what, values), self.phase, invoke)

    def request(self, what, object_=None, by=""):
        self.invoke = (self.invoke + 1) % 9998
        invoke = self.invoke
        self.waiting[invoke] = (what, object_)
        content = self.pdu(what, object_, invoke) if self.phase else self.xml(what, object_)
        self.send(invoke if self.profile != "unitel" else None, content, by)

    # ---- what comes

    def read(self):
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not self.options.discard or self.queue or self.waiting or not self.is_open:
            self.incoming += data
            self.take()
        if not data and self.socket is not None:
            self.close()

    def take(self):
        at, data = 0, self.incoming
        while True:
            invoke = None
            if self.phase:
                size = int.from_bytes(data[at:at + 2], "big") + 2
                if len(data) - at < max(size, 3):
                    break
                content = data[at + 2:at + size]
                if len(content) < 4 or (content[1] < 128 and content[1] + 2 != len(content)):
                    self.close()
                    return
            elif self.profile == "unitel":
                end = data.find(b"\0", at)
                if end < 0:
                    break
                size, content = end + 1 - at, data[at:end]
            else:
                size = int.from_bytes(data[at + 2:at + 4], "big")
                if len(data) - at < max(size, 9):
                    break
                if size < 9 or data[at:at + 2] != b"\0\0":
                    self.close()
                    return
                invoke, content = int(data[at + 4:at + 8]), data[at + 8:at + size]
            at += size
            self.message(invoke, content)
            if self.socket is None:
                return
        self.incoming = data[at:]

    def message(self, invoke, content):
        if self.phase:
            self.ber_message(content)
        else:
            self.xml_message(invoke, content)

    def answered(self, invoke, refused):
        if self.profile == "unitel" and self.waiting:
            invoke = next(iter(self.waiting))
        what = self.waiting.pop(invoke, None)
        if what and refused and what[0] == "MonitorStart":
            self.queue.append(what)
        if what and what[0] in ("StartApplicationSession", "SystemRegister") and not refused:
            self.begin()
        self.pump()

    def xml_message(self, invoke, content):
        self.write("<", invoke, content)
        root = re.search(rb"<(\w+)[ />]", content).group(1)
        if root == b"SystemStatus":
            self.send(invoke, b'<SystemStatusResponse xmlns="%s"/>' % SPACE.encode())
            if self.profile == "openscape" and not self.is_open:
                self.request("SystemRegister")
            if b">enabled<" in content:
                self.begin()
        elif root.endswith(b"Response") or root == b"CSTAErrorCode":
            self.answered(invoke, root == b"CSTAErrorCode" or root.endswith(b"NegResponse"))
        elif root.endswith(b"Event") and b"<callID>" in content:
            call = re.search(rb"<callID>(\d+)<", content).group(1).decode()
            self.ask_who(call)
            if root != b"EstablishedEvent" or not self.wants_release():
                return
            device = re.search(rb"<deviceID>([^<]*)<", content).group(1).decode()
            self.request("ClearConnection", (call, device))

    def ask_who(self, call):
        """Of what happened while the link was down only the switch can tell."""
        if self.options.snapshots and self.was_cut and call not in self.asked:
            self.asked.add(call)
            self.queue.insert(0, ("SnapshotCall", call))
            self.pump()

    def wants_release(self):
        self.releases += 1
        return self.options.release and self.releases % self.options.release == 0

    def ber_message(self, content):
        tag, id_length = content[0], 0
        body = content[2 if content[1] < 128 else 2 + (content[1] & 127):]
        invoke = int.from_bytes(body[2:2 + body[1]], "big") if tag & 0xf0 == 0xa0 else None
        id_length = 2 + body[1] if invoke is not None else 0
        self.write("<", None if tag == 0xa1 and body[id_length + 2] == 21 else invoke, content)
        if tag == 0xa1:
            call = re.search(rb"\x6b.0.\x80(.)", body, re.DOTALL)  # phase III's callID
            if body[id_length + 2] == 21 and call is not None:
                self.ask_who(body[call.end():call.end() + call.group(1)[0]])
            if body[id_length + 2] != 21:
                operation = body[id_length:id_length + 2 + body[id_length + 1]]
                self.send(invoke, ber.tlv(0xa2, ber.number(invoke),
                                          ber.sequence(operation, ber.tlv(5))))
                if body[-1] == 1:
                    self.begin()
        elif tag in (0xa2, 0xa3):
            self.answered(invoke, tag == 0xa3)
        elif tag == 0x61:
            self.begin()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("lines")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--trace", required=True)
    parser.add_argument("--release", type=int, default=0)
    parser.add_argument("--snapshots", action="store_true")
    parser.add_argument("--discard", action="store_true", help="read all, keep nothing")
    parser.add_argument("--login", default="user:password", type=lambda s: tuple(s.split(":")))
    options = parser.parse_args()
    selector = selectors.DefaultSelector()
    with open(options.trace, "w", encoding="utf-8") as trace, \
            open(options.lines, encoding="ascii") as lines:
        links = [Link(line, options, trace) for line in lines]
        trace.write("# onhook-trace 1\n")
        for link in links:
            trace.write("# link %s encoding=%s profile=%s route-points=%s\n" % (
                link.name, link.keys["encoding"], link.profile,
                ",".join(numbers(link.keys["route-points"]))))
            link.connect(selector)
        end = time.time() + options.seconds
        gone = 0
        while time.time() < end and gone < 100:
            for key, events in selector.select(0.05):
                if events & selectors.EVENT_WRITE:
                    key.data.flush()
                if events & selectors.EVENT_READ:
                    key.data.read()
            for link in links:
                if link.socket is None and time.time() - link.closed > 0.1:
                    link.connect(selector)
            gone = gone + 1 if all(link.socket is None for link in links) else 0


if __name__ == "__main__":
    main()
