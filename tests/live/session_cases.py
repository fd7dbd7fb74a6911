"""session_cases.py - what can happen to a session: a peer for each thing, and what must come of it.

CASES lists them, for sessions.py.
"""

import os
import re
import socket
import ssl
import subprocess
import threading
import time

import peers

APPLICATION = 'xmlns="http://www.ecma-international.org/standards/ecma-354/appl_session"'
MORE = "answer-timeout = 1s\nreconnect = 200ms\nreconnect-most = 1s\n"
CASES = []


def application(root, inner=""):
    return "<%s %s>%s</%s>" % (root, APPLICATION, inner, root)


def status(line, word, invoke=1):
    line.send(peers.frame(invoke, peers.message("SystemStatus",
                                                "<systemStatus>%s</systemStatus>" % word)))


class Case:
    """A link: its settings, how its switch behaves, and what must have come of it."""

    settings = ""
    encoding = "xml"
    devices = 3
    says = ()     # must stand in the log, of this link
    silent = ()   # must not

    def __init__(self):
        self.asked = []   # (number of the connection, name of the request, seconds)
        self.peer = None

    @property
    def __name__(self):
        return re.sub(r"(?<!^)([A-Z])", r"-\1", type(self).__name__).lower()

    def __call__(self, line):
        number = self.peer.connections
        self.begin(line, number)
        for invoke, text in line.requests():
            root = re.search(r"<(\w+) xmlns", text).group(1)
            self.asked.append((number, root, time.monotonic()))
            if not self.hear(line, root, invoke, text, number):
                line.answer(invoke, text)

    def begin(self, line, number):
        pass

    def hear(self, line, root, invoke, text, number):
        """True: nothing more is to be answered."""
        return False

    def count(self, root, connection=None):
        return sum(name == root and connection in (None, number)
                   for number, name, _ in self.asked)

    def section(self):
        first = 3000000 + 100 * CASES.index(type(self))
        return "[link %s]\naddresses = %s\nencoding = %s\nmonitored = %d-%d\n%s%s\n" % (
            self.__name__, self.addresses(), self.encoding, first, first + self.devices - 1, MORE,
            self.settings)

    def addresses(self):
        return "127.0.0.1:%d" % self.peer.port

    def check(self):
        pass


def case(kind):
    CASES.append(kind)
    return kind


# ---- greeting


@case
class RegisterUnasked(Case):
    """The switch never says SystemStatus: it is registered with all the same."""
    settings = "session = register\n"
    says = ("3 of 3 monitors stand",)

    def check(self):
        assert [root for _, root, _ in self.asked][:2] == ["SystemRegister", "MonitorStart"]


@case
class RegisterRefused(Case):
    settings = "session = register\n"
    says = ("the switch does not let us register; going on without", "3 of 3 monitors stand")

    def begin(self, line, number):
        status(line, "normal")

    def hear(self, line, root, invoke, text, number):
        if root != "SystemRegister":
            return False
        line.send(peers.frame(invoke, peers.message("CSTAErrorCode",
                                                    "<operation>generic</operation>")))
        return True


@case
class RegisterSilent(Case):
    settings = "session = register\n"
    says = ("3 of 3 monitors stand",)

    def begin(self, line, number):
        status(line, "normal")

    def hear(self, line, root, invoke, text, number):
        return root == "SystemRegister"


class Application(Case):
    settings = "session = application\nsession-duration = 10s\nuser = me\n"
    seconds = 180

    def accept(self, line, invoke, number):
        line.send(peers.frame(invoke, application(
            "StartApplicationSessionPosResponse",
            "<sessionID>s%d</sessionID><actualProtocolVersion>ed3</actualProtocolVersion>"
            "<actualSessionDuration>%d</actualSessionDuration>" % (number, self.seconds))))

    def renewed(self, line, invoke):
        line.send(peers.frame(invoke, application(
            "ResetApplicationSessionTimerPosResponse",
            "<actualSessionDuration>%d</actualSessionDuration>" % self.seconds)))

    def hear(self, line, root, invoke, text, number):
        if root == "StartApplicationSession":
            self.accept(line, invoke, number)
        elif root == "ResetApplicationSessionTimer":
            self.renewed(line, invoke)
        else:
            return False
        return True


@case
class SessionRefused(Application):
    says = ("closed: the switch refused the application session",)

    def accept(self, line, invoke, number):
        line.send(peers.frame(invoke, application(
            "StartApplicationSessionNegResponse",
            "<errorCode><definedError>invalidApplicationInfo</definedError></errorCode>")))

    def check(self):
        assert self.peer.connections >= 2, "it did not try again"
        assert self.count("MonitorStart") == 0


@case
class SessionUnanswered(Application):
    says = ("closed: the switch does not answer our greeting",)

    def accept(self, line, invoke, number):
        pass

    def check(self):
        assert self.peer.connections >= 2 and self.count("MonitorStart") == 0


@case
class SessionRenewed(Application):
    """The switch gives a second only: the timer is reset before it is over."""
    seconds = 1
    says = ("3 of 3 monitors stand",)
    silent = ("application session is over", "connection lost", "closed")

    def check(self):
        assert self.count("StartApplicationSession") == 1
        assert self.count("ResetApplicationSessionTimer") >= 4, self.asked


@case
class SessionNotRenewed(Application):
    seconds = 1
    says = ("the application session is over, its timer was not reset; starting another",)

    def renewed(self, line, invoke):
        line.send(peers.frame(invoke, application(
            "ResetApplicationSessionTimerNegResponse",
            "<errorCode><definedError>invalidSessionID</definedError></errorCode>")))

    def check(self):
        assert self.peer.connections == 1, "the connection stays"
        assert self.count("StartApplicationSession") >= 2 and self.count("MonitorStart") >= 6


@case
class SessionTimerUnanswered(Application):
    seconds = 1
    says = ("the application session is over, nobody answered for its timer; starting another",)

    def renewed(self, line, invoke):
        pass


@case
class SessionTerminated(Application):
    says = ("the application session is over, the switch has ended it; starting another",)

    def hear(self, line, root, invoke, text, number):
        if root == "SnapshotDevice" and self.count(root) == 3:
            line.answer(invoke, text)
            line.send(peers.frame(2, application(
                "ApplicationSessionTerminated",
                "<sessionID>s%d</sessionID><sessionTermReason><definedTermReason>"
                "sessionTimerExpired</definedTermReason></sessionTermReason>" % number)))
            return True
        return super().hear(line, root, invoke, text, number)

    def check(self):
        assert self.peer.connections == 1, "the connection stays"
        assert self.count("StartApplicationSession") == 2
        assert self.count("MonitorStart") == 6, "all monitors again"


# ---- while it stands


@case
class Disabled(Case):
    says = ("the switch is disabled; its monitors are void",)

    def begin(self, line, number):
        def say():
            time.sleep(1)
            status(line, "disabled")
            time.sleep(0.3)
            self.before = len(self.asked)
            time.sleep(0.7)
            self.between = len(self.asked)
            status(line, "enabled")
        threading.Thread(target=say, daemon=True).start()

    def check(self):
        assert self.count("MonitorStart") == 6 and self.count("SnapshotDevice") == 6, self.asked
        assert self.before == self.between, "it asked a switch that is disabled"


@case
class MessagesLost(Case):
    def begin(self, line, number):
        threading.Timer(1, status, (line, "messagesLost")).start()

    def check(self):
        assert self.count("MonitorStart") == 3 and self.count("SnapshotDevice") == 6, self.asked


@case
class Overload(Case):
    """While the switch is overloaded nothing is asked; SystemStatus is answered all the same."""
    devices = 50
    settings = "request-gap = 10ms\n"
    says = ("the switch is overloaded; our requests wait", "50 of 50 monitors stand")

    def begin(self, line, number):
        def say():
            time.sleep(0.2)
            status(line, "overloadReached")
            time.sleep(0.3)
            self.before = sum(not root.endswith("Response") for _, root, _ in self.asked)
            time.sleep(0.7)
            self.between = sum(not root.endswith("Response") for _, root, _ in self.asked)
            status(line, "normal")
        threading.Thread(target=say, daemon=True).start()

    def check(self):
        assert 0 < self.before < 100 and self.before == self.between, (self.before, self.between)
        assert self.count("SystemStatusResponse") == 2


@case
class Mute(Case):
    """Nothing comes any more: it is asked twice, and given up."""
    settings = "keep-alive = 1s\nkeep-alive-count = 2\n"
    says = ("closed: the switch is silent, and does not answer when asked",)

    def hear(self, line, root, invoke, text, number):
        return root == "RequestSystemStatus"

    def check(self):
        assert self.count("RequestSystemStatus", 1) == 2, self.asked
        assert self.peer.connections >= 2


@case
class Quiet(Case):
    """Nothing comes, but it answers when asked."""
    settings = "keep-alive = 1s\nkeep-alive-count = 2\n"
    silent = ("closed", "connection lost")

    def check(self):
        assert self.count("RequestSystemStatus") >= 3 and self.peer.connections == 1


@case
class Unmonitored(Case):
    """The switch ends a monitor; it is asked for again."""
    settings = "monitor-retry = 500ms\n"
    says = ("the switch has ended the monitor of",)

    def begin(self, line, number):
        stop = peers.message("MonitorStop", "<monitorCrossRefID>2</monitorCrossRefID>")
        threading.Timer(1, line.send, (peers.frame(1, stop),)).start()

    def check(self):
        assert self.count("MonitorStopResponse") == 1
        assert self.count("MonitorStart") == 4, self.asked


@case
class NoLicence(Case):
    says = ("in an hour, since resources or licences lack",)

    def hear(self, line, root, invoke, text, number):
        if root != "MonitorStart" or self.count(root) < 2:
            return False
        line.send(peers.frame(invoke, peers.message(
            "CSTAErrorCode", "<subscribedResourceAvailability>objectMonitorLimitExceeded"
            "</subscribedResourceAvailability>")))
        return True

    def check(self):
        assert self.count("MonitorStart") == 3, "asked again at once"


# ---- BER


class Association(Case):
    encoding = "ber3"
    devices = 1

    def __call__(self, line):
        self.asked.append((self.peer.connections, "AARQ" if line.socket.recv(3)[2:] == b"\x60"
                           else "?", time.monotonic()))
        self.begin(line, self.peer.connections)
        while line.socket.recv(1 << 16):
            pass


@case
class AssociationRefused(Association):
    says = ("closed: the switch refused the association",)

    def begin(self, line, number):
        refused = bytes.fromhex("6115a10706052b0c008a48a203020101a305a103020101")
        line.send(len(refused).to_bytes(2, "big") + refused)

    def check(self):
        assert self.count("AARQ") >= 2 and self.peer.connections >= 2


@case
class AssociationUnanswered(Association):
    says = ("closed: the switch does not answer our greeting",)

    def check(self):
        assert self.count("AARQ") >= 2 and self.peer.connections >= 2


@case
class AssociationAborted(Association):
    says = ("closed: the switch ended the association",)

    def begin(self, line, number):
        line.send(b"\0\5\x64\3\x80\1\1")


# ---- addresses


@case
class SecondAddress(Case):
    """The first of two is dead, later it lives: after a loss it is the one that is taken."""
    says = ("3 of 3 monitors stand",)

    def addresses(self):
        self.closed = socket.socket()
        self.closed.bind(("127.0.0.1", 0))
        port = self.closed.getsockname()[1]
        self.closed.close()
        self.first = None
        self.port = port
        return "127.0.0.1:%d, 127.0.0.1:%d" % (port, self.peer.port)

    def begin(self, line, number):
        def revive():
            time.sleep(1.5)
            self.first = peers.Peer(lambda other: other.serve(), self.port)
            time.sleep(0.1)
            line.socket.shutdown(socket.SHUT_RDWR)
        if number == 1:
            threading.Thread(target=revive, daemon=True).start()

    def check(self):
        assert self.peer.connections == 1, "the second was taken although the first lives"
        assert self.first is not None and self.first.connections == 1


@case
class ConnectTimeout(Case):
    """Nobody takes the call: the next address, after connect-timeout."""
    settings = "connect-timeout = 500ms\n"
    says = ("3 of 3 monitors stand",)

    def addresses(self):
        self.full = socket.socket()
        self.full.bind(("127.0.0.1", 0))
        self.full.listen(0)
        port = self.full.getsockname()[1]
        self.queued = [socket.socket() for _ in range(3)]
        for waiting in self.queued:
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        return "127.0.0.1:%d, 127.0.0.1:%d" % (port, self.peer.port)

    def check(self):
        assert self.peer.connections == 1


# ---- TLS


class Secure(Case):
    certificate = "server"
    authority = "ca"
    checks_name = ""

    def __call__(self, line):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder + "/%s.pem" % self.certificate,
                                self.folder + "/%s.key" % self.certificate)
        try:
            line.socket = context.wrap_socket(line.socket, server_side=True)
        except OSError as error:
            self.asked.append((0, type(error).__name__, time.monotonic()))
            return
        super().__call__(line)

    def section(self):
        self.settings = "tls = yes\ntls-ca = %s/%s.pem\n%s" % (self.folder, self.authority,
                                                              self.checks_name)
        return super().section()


@case
class TlsRight(Secure):
    says = ("3 of 3 monitors stand",)
    checks_name = "tls-name = pbx.example\n"


@case
class TlsWrongName(Secure):
    checks_name = "tls-name = other.example\n"
    says = ("its certificate is not for other.example",)
    silent = ("monitors stand",)

    def check(self):
        assert self.count("MonitorStart") == 0


@case
class TlsUnknownAuthority(Secure):
    authority = "stranger"
    says = ("its certificate is not accepted",)
    silent = ("monitors stand",)

    def check(self):
        assert self.count("MonitorStart") == 0


def make_certificates(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *key, "-keyout", name + ".key", "-out", name + ".pem", "-subj",
                "/CN=" + name, "-days", "2")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=pbx")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as names:
        names.write("subjectAltName = IP:127.0.0.1, DNS:pbx.example\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out",
            "server.pem", "-extfile", "names", "-days", "2", "-CAcreateserial")
