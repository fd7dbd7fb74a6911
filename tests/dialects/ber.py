"""ber.py - one CSTA message in BER: phases I (ECMA-180), II (ECMA-218) and III (ECMA-285).

The other side of the engine's decoder: written from the standards' ASN.1 and captured frames, it
shares nothing with the engine. It writes definite, minimal lengths, the fields in the order of the
standard, and refuses (Unsayable) what a phase has no field for: a rendering loses nothing in
silence. Where a field is mandatory and the message does not have it, it says notKnown, or
notRequired for lastRedirectionDevice, as captured frames of phase II do. EventCause is mandatory in
phase III; where the message has none, it stays absent, as it may on real links.
"""

from said import KINDS

# Root; its number in phases I, II and III (the inner tag in II and III); its fields in I and II,
# and in III where they differ. C is a ConnectionID, T one under [0], L a ConnectionList, M one
# under [1], D a bare DeviceID, P a progress indicator; a digit N is a device under
# [APPLICATION N]: 3 the subject, 1 the calling, 2 the called, 4 the last redirection device. ? may
# be absent.
SIDES = "callingDevice:1 calledDevice:2 lastRedirectionDevice:4"
ORIGIN = "originatingNIDConnection:C?"
JOINED = "primaryOldCall:C secondaryOldCall:"
EVENTS = {}
for _line in """
BridgedEvent          - -  0 | - | bridgedConnection:C bridgedAppearance:3
CallClearedEvent      1 0  1 | clearedCall:C
ConferencedEvent      2 1  2 | {JOINED}C? conferencingDevice:3 addedParty:3 conferenceConnections:L
ConnectionClearedEvent 3 2 3 | droppedConnection:C releasingDevice:3
DeliveredEvent        4 3  4 | connection:C alertingDevice:3 {SIDES} \
                             | connection:C alertingDevice:3 {SIDES} {ORIGIN}
DigitsDialedEvent     - -  5 | - | dialingConnection:C dialingDevice:3 dialingSequence:D
DivertedEvent         5 4  6 | connection:C divertingDevice:3 newDestination:3 \
                             | connection:C divertingDevice:3 newDestination:3 callingDevice:1? \
                               calledDevice:2? lastRedirectionDevice:4
EstablishedEvent      6 5  7 | establishedConnection:C answeringDevice:3 {SIDES} \
                             | establishedConnection:C answeringDevice:3 {SIDES} {ORIGIN}
FailedEvent           7 6  8 | failedConnection:C failingDevice:3 calledDevice:2 \
                             | failedConnection:C failingDevice:3 {SIDES} {ORIGIN}
HeldEvent             8 7  9 | heldConnection:C holdingDevice:3
NetworkCapabilitiesChangedEvent - - 10 | - | outboundConnection:C networkInterfaceUsed:3 \
                               calledDevice:2 progressIndicator:P
NetworkReachedEvent   9 8 11 | outboundConnection:C networkInterfaceUsed:3 calledDevice:2 \
                             | outboundConnection:C networkInterfaceUsed:3 {SIDES} {ORIGIN}
OfferedEvent          - - 12 | - | offeredConnection:C offeredDevice:3 {SIDES} {ORIGIN}
OriginatedEvent      10 9 13 | originatedConnection:C callingDevice:1 calledDevice:2 \
                             | originatedConnection:C callingDevice:3 calledDevice:2 \
                               originatingDevice:D?
QueuedEvent         11 10 14 | queuedConnection:C queue:3 {SIDES}
RetrievedEvent      12 11 15 | retrievedConnection:C retrievingDevice:3
ServiceInitiatedEvent 13 12 16 | initiatedConnection:C | initiatedConnection:C initiatingDevice:3
TransferedEvent     14 13 17 | {JOINED}C? transferringDevice:3 transferredToDevice:3 \
                               transferredConnections:L \
                             | {JOINED}T? transferringDevice:3 transferredToDevice:3 \
                               transferredConnections:M
""".strip().split("\n"):
    _head, _old, *_new = _line.format(SIDES=SIDES, ORIGIN=ORIGIN, JOINED=JOINED).split("|")
    _name, *_numbers = _head.split()
    EVENTS[_name] = (_numbers, _old.split(), (_new or [_old])[0].split())

AGENTS = ("AgentLoggedOnEvent", "AgentLoggedOffEvent")

# In phase III after the cause.
LATER = {"networkCallingDevice": 7, "networkCalledDevice": 8, "associatedCallingDevice": 5,
         "associatedCalledDevice": 6}
STATES = "null initiated alerting connected hold queued fail".split()
STATUSES = """initializing enabled normal messagesLost disabled overloadImminent overloadReached
overloadRelieved""".split()
# EventCause from 1 on; 34 was withdrawn.
CAUSES = """
activeParticipation alternate busy callBack callCancelled callForwardImmediate callForwardBusy
callForwardNoAnswer callForward callNotAnswered callPickup campOn destNotObtainable doNotDisturb
incompatibleDestination invalidAccountCode keyOperation lockout maintenance networkCongestion
networkNotObtainable newCall noAvailableAgents override park overflow recall redirected
reorderTone resourcesNotAvailable silentParticipation transfer trunksBusy - blocked
characterCountReached consultation distributed dTMFDigitDetected durationExceeded
endOfMessageDetected enteringDistribution forcedPause makeCall messageSizeExceeded networkSignal
nextMessage normalClearing noSpeechDetected numberChanged singleStepConference singleStepTransfer
speechDetected switchingFunctionTerminated terminationCharacterReceived timeout aCDBusy aCDForward
aCDSaturated alertTimeExpired autoWork campOnTrunks conference destDetected destOutOfOrder
distributionDelay forcedTransition intrude invalidNumberFormat joinCall keyOperationInUse
makePredictiveCall messageDurationExceeded multipleAlerting multipleQueuing networkDialling
networkOutOfOrder normal notAvailableBearerService notSupportedBearerService numberUnallocated
queueCleared remainsInQueue reserved selectedTrunkBusy suspend unauthorisedBearerService
activation babble badAttribute badGrammar badVoice badURI busyOverflow calendarOverflow
capacityOverflow duplicateDTMF earlyStop emptyQueue interdigitTimeout invalidConnection
invalidConnectionState makeConnection maxTimeout noAudioSaved noQueue noRule outOfGrammar
pathReplacement queueTimeOverflow recallBusy recallForwarded recallNoAnswer
recallResourcesNotAvailable unknownOverflow callInterception callInterceptionBusy
callInterceptionForwarded callInterceptionNoAnswer callInterceptionResourcesNotAvailable
lawfulInterception""".split()
OPERATIONS = {"ClearCall": 4, "ClearConnection": 5, "MonitorStart": 71, "MonitorStop": 73,
              "SnapshotDevice": 74, "SnapshotCall": 75, "SystemStatus": 211}
# Tags of a universalFailure in phases I and II; III counts from one less but has security in it.
FAILURES = {"operation": (1, 0), "security": (None, 1), "stateIncompatibility": (2, 2),
            "systemResourceAvailability": (3, 3), "systemResourceAvailibility": (3, 3)}
FAILED = {"generic": 1, "noConnectionToClear": 7, "noCallToClear": 6, "invalidCallID": 11,
          "invalidConnectionID": 13, "objectNotKnown": 4}
CONTEXT = bytes.fromhex("06052b0c008134")  # CSTA's application context
USER_INFORMATION = bytes.fromhex("06072b0c00815a8148")


class Unsayable(ValueError):
    """The phase has no field for this."""


def is_event(said):
    return said.name in EVENTS or said.name in AGENTS


# ---- BER ----------------------------------------------------------------------------------------


def tlv(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 128 + size]) + length.to_bytes(size, "big") + content


def number(value, tag=2):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def sequence(*contents):
    return tlv(0x30, *contents)


# ---- devices and connections --------------------------------------------------------------------


def device_number(device):
    """The CHOICE that all phases share: [0] dialingNumber to [6] other."""
    if device.kind not in KINDS:
        raise Unsayable("a device of kind %s" % device.kind)
    tag = KINDS.index(device.kind)
    if device.kind == "deviceNumber":
        return number(int(device.text), 0x81)
    if device.kind.startswith("explicit"):
        return tlv(0xa0 + tag, tlv(0x80, device.text))
    return tlv(0x80 + tag, device.text)


def nobody(device, phase, application):
    """notKnown and its like; [8] is notRequired but for phase III, where it is restricted."""
    words = ["notKnown", "notRequired"]
    if phase == 3:
        words = ["notKnown", "restricted"]
        if application == 4:
            words = ["notKnown", "notRequired", "notSpecified", "restricted"]
    if device.kind not in words:
        raise Unsayable("%s in phase %d" % (device.kind, phase))
    return tlv(0x87 + words.index(device.kind))


def device_id(device, phase):
    inner = device_number(device)
    return sequence(inner) if phase == 3 else inner


def a_device(device, phase, application):
    if device is None:
        return tlv(0x60 + application, tlv(0x87 if application != 4 or phase == 3 else 0x88))
    if device.text is None:
        return tlv(0x60 + application, nobody(device, phase, application))
    return tlv(0x60 + application, device_id(device, phase))


def local_device(connection, phase):
    if connection.dynamic:
        if phase == 1:
            raise Unsayable("a dynamic device ID in phase I")
        return tlv(0x83, connection.device)
    return sequence(tlv(0x80, connection.device)) if phase == 3 else tlv(0x80, connection.device)


def connection_parts(connection, phase):
    """What stands inside [APPLICATION 11], or inside a tag that takes its place."""
    call, device = connection.call, connection.device
    if phase < 3:
        return (b"" if call is None else tlv(0x82, call)) + \
            (b"" if device is None else local_device(connection, phase))
    calls = b"" if call is None else tlv(0x80, call)
    devices = b"" if device is None else tlv(0xa1, local_device(connection, phase))
    return sequence(calls, devices) if calls and devices else calls + devices


def a_connection(connection, phase):
    return tlv(0x6b, connection_parts(connection, phase))


def list_item(item, phase):
    new = a_connection(item.new, phase)
    if phase == 3:
        old = b"" if item.old is None else tlv(0xa1, a_connection(item.old, phase))
        endpoint = b""
        if item.endpoint is not None:
            known = item.endpoint.text is not None
            endpoint = tlv(0xa2, device_id(item.endpoint, phase) if known else tlv(5))
        return sequence(tlv(0xa0, new), old, endpoint)
    if item.old is not None:
        raise Unsayable("the old connection in a list of phase %d" % phase)
    if phase == 1:
        return new
    if item.endpoint is None or item.endpoint.text is None:
        return tlv(0xa0, new)
    return tlv(0xa3, sequence(new, device_number(item.endpoint)))


def a_list(items, phase, tag):
    return tlv(0x6c if phase == 1 else tag, *[list_item(item, phase) for item in items])


# ---- events -------------------------------------------------------------------------------------


def a_field(kind, value, phase):
    if kind.isdigit():
        return a_device(value, phase, int(kind))
    if value is None:
        raise Unsayable("a message without its connection or list")
    if kind == "C":
        return a_connection(value, phase)
    if kind == "T":
        return tlv(0xa0, connection_parts(value, phase))
    if kind == "D":
        return device_id(value, phase)
    if kind == "P":
        return sequence(number(0, 10), number(0, 10))
    return a_list(value, phase, 0xa1 if kind == "M" else 0x30)


def drop_initiator(said):
    """What phases I and II do not say of a ServiceInitiated, where the connection says it."""
    device, connection = said.values.get("initiatingDevice"), said.values["initiatedConnection"]
    if device is not None and not connection.dynamic and connection.device == device.text:
        del said.values["initiatingDevice"]


def fields_of(said, fields, phase):
    out = b""
    for field in fields:
        name, _, kind = field.partition(":")
        value = said.values.get(name)
        if value is not None or not kind.endswith("?"):
            # What phase I calls a destination is a called device; it names a caller as a subject.
            if phase == 1 and name == "newDestination":
                kind = "2"
            if phase == 1 and said.name == "OriginatedEvent" and name == "callingDevice":
                kind = "3"
            out += a_field(kind.rstrip("?"), value, phase)
    return out


def tail_of(said, phase):
    """localConnectionInfo, cause and what follows them."""
    values, out = said.values, b""
    if values.get("localConnectionInfo"):
        state = STATES.index(values["localConnectionInfo"])
        out += number(state, 0x4e)
    if values.get("cause"):
        out += number(1 + CAUSES.index(values["cause"]), 10)
    for name, application in LATER.items():
        if name in values:
            out += a_device(values[name], phase, application)
    return out


def extension(said, phase):
    """The security extension with its time stamp, YYMMDDHHMMSSZ or in III YYYYMMDDHHMMSSZ, and
    the bytes of private data behind it."""
    if "time" not in said.values:
        return b""
    if phase == 1:
        raise Unsayable("a time stamp in phase I")
    tag = 0xa5 if phase == 3 and said.name == "ConferencedEvent" else 0x7e
    stamp = tlv(0x17 if phase == 2 else 0x18, said.values["time"].encode())
    return tlv(tag, tlv(0xa0, stamp), bytes.fromhex(said.values.get("private", "")))


def check_known(said, fields, others):
    known = {field.partition(":")[0] for field in fields} | set(others)
    for name in said.values:
        if name not in known:
            raise Unsayable("%s has no %s" % (said.name, name))


def agent_event(said, phase):
    """Phase III, [4] logicalDeviceFeatureEvents; phase I by number. Of phase II nobody tells."""
    check_known(said, [], ["monitorCrossRefID", "agentDevice", "agentID", "cause"])
    which = 1 if said.name == "AgentLoggedOnEvent" else 2
    reference = tlv(0x55, said.octets("monitorCrossRefID"))
    device = a_device(said.values["agentDevice"], phase, 3)
    agent = said.octets("agentID")
    if phase == 1:
        return sequence(reference, number(200 + which, 0x80),
                        sequence(device, tlv(0x8a, agent)))
    if phase == 2:
        raise Unsayable("an agent's event in phase II")
    return sequence(reference, tlv(0xa4, tlv(0xa0 + which, device, tlv(0x82, agent),
                                             tail_of(said, phase))))


def event(said, phase):
    if said.name in AGENTS:
        return agent_event(said, phase)
    numbers, old, new = EVENTS[said.name]
    if numbers[phase - 1] == "-":
        raise Unsayable("phase %d has no %s" % (phase, said.name))
    fields = new if phase == 3 else old
    if said.name == "ServiceInitiatedEvent" and phase < 3:
        drop_initiator(said)
    others = ["monitorCrossRefID", "localConnectionInfo", "cause", "time", "private"]
    check_known(said, fields, others + (list(LATER) if phase == 3 else []))
    content = fields_of(said, fields, phase) + tail_of(said, phase)
    which = int(numbers[phase - 1])
    reference = tlv(0x55, said.octets("monitorCrossRefID"))
    if phase == 1:
        return sequence(reference, number(which, 0x80), sequence(content))
    if phase == 2:
        body = tlv(0xa0, tlv(0xa0 + which, sequence(content)))
        return sequence(reference, body, extension(said, phase))
    return sequence(reference, tlv(0xa0, tlv(0xa0 + which, content, extension(said, phase))))


# ---- services -----------------------------------------------------------------------------------


def operation(name, phase):
    if name == "SystemStatus" and phase < 3:
        return 52
    return OPERATIONS[name]


def monitor_start(said, phase):
    if "callObject" in said.values:
        watched = a_connection(said.values["callObject"], phase)
    else:
        watched = device_id(said.values["deviceObject"], phase)
    kind = said.values.get("monitorType")
    return sequence(watched, number(0 if kind == "call" else 1, 10) if kind else b"")


def argument(said, phase):
    name, values = said.name, said.values
    if name == "MonitorStart":
        return monitor_start(said, phase)
    if name == "MonitorStop":
        reference = tlv(0x55, said.octets("monitorCrossRefID"))
        return sequence(reference) if phase == 3 else reference
    if name == "SystemStatus":
        status = number(STATUSES.index(values.get("systemStatus", "normal")), 10)
        return sequence(status) if phase == 3 else status
    if name == "SnapshotDevice":
        watched = device_id(values["snapshotDevice"], phase)
        return sequence(watched) if phase == 3 else watched
    key = {"ClearConnection": "connectionToBeCleared", "ClearCall": "callToBeCleared",
           "SnapshotCall": "snapshotCall"}[name]
    asked = a_connection(values[key], phase)
    return sequence(asked) if phase == 3 else asked


def snap(item, phase):
    state = number(STATES.index(item.state), 0x4e)
    if phase < 3:
        return sequence(tlv(0x63, tlv(0x80, item.connection.device)),
                        a_connection(item.connection, phase), state)
    return sequence(a_connection(item.connection, phase), tlv(0xa0, state))


def call_snap(item, phase):
    """One of SnapshotCall's; phase II is taken to write it as it does SnapshotDevice's."""
    connection = b"" if item.connection is None else a_connection(item.connection, phase)
    state = number(STATES.index(item.state), 0x4e) if item.state else b""
    return sequence(a_device(item.device, phase, 3), connection, state)


def result(said, phase):
    if said.name == "MonitorStartResponse":
        check_known(said, [], ["monitorCrossRefID", "monitorExistingCalls"])
        return sequence(tlv(0x55, said.octets("monitorCrossRefID")))
    if said.name.startswith("Snapshot"):
        check_known(said, [], ["snapshotData"])
        tag, a_snap = (0x76, snap) if said.name == "SnapshotDeviceResponse" else (0x77, call_snap)
        data = tlv(tag, *[a_snap(item, phase) for item in said.values["snapshotData"]])
        return sequence(data) if phase == 3 else data
    check_known(said, [], [])
    return tlv(5)


def failure(said, phase):
    old, new = FAILURES[said.values.get("error", "operation")]
    code = FAILED.get(said.values.get("value"), 1)
    if phase == 3:
        return tlv(0xa0 + new, number(code, 10))
    if old is None:
        raise Unsayable("a security error in phase %d" % phase)
    return number(code, 0x80 + old)


# ---- PDUs ---------------------------------------------------------------------------------------


def associate(tag, said, phase, *middle):
    versions = {1: b"\x07\x80", 2: b"\x06\x40", 3: b"\x05\x20"}[phase]
    information = tlv(0xa0, sequence(tlv(3, versions)))
    return tlv(tag, tlv(0x80, b"\x07\x80"), tlv(0xa1, CONTEXT), *middle,
               tlv(0xbe, tlv(0x28, USER_INFORMATION, information)))


def association(said, phase):
    if said.name == "AARQ":
        return associate(0x60, said, phase)
    if said.name == "AARE":
        refused = 1 if said.values.get("result") == "refused" else 0
        return associate(0x61, said, phase, tlv(0xa2, number(refused)),
                         tlv(0xa3, tlv(0xa1, number(refused))))
    if said.name == "RLRQ":
        return tlv(0x62, number(0, 0x80))
    if said.name == "RLRE":
        return tlv(0x63, number(0, 0x80))
    return tlv(0x64, number(1, 0x80))  # ABRT by the provider


def pdu(said, phase, invoke):
    """The PDU without its length prefix; `invoke` is the ROSE invokeID."""
    if said.name in ("AARQ", "AARE", "RLRQ", "RLRE", "ABRT"):
        return association(said, phase)
    if is_event(said):
        return tlv(0xa1, number(invoke), number(21), event(said, phase))
    if said.name in OPERATIONS:
        return tlv(0xa1, number(invoke), number(operation(said.name, phase)),
                   argument(said, phase))
    if said.name == "CSTAErrorCode":
        return tlv(0xa3, number(invoke), number(1), failure(said, phase))
    if said.name == "Reject":
        return tlv(0xa4, number(invoke), number(1, 0x81))
    if said.name == "Result":  # does not say of what
        return tlv(0xa2, number(invoke))
    asked = said.name[:-len("Response")] if said.name.endswith("Response") else None
    if asked not in OPERATIONS:
        raise Unsayable("%s in BER" % said.name)
    return tlv(0xa2, number(invoke), sequence(number(operation(asked, phase)),
                                              result(said, phase)))

