"""said.py - what one CSTA message says, read from XML or from the one-line notation of the tests.

Both give a Said: the root's name and a dictionary from element names to values. A value is a text
(str), or one of the tuples below. The XML is that of the tests' own traces: any prefix, no DTD.

The notation, for golden traces, is ROOT ELEMENT=VALUE ... with values by element name:

  connections    CALL/DEVICE, CALL or /DEVICE; a DEVICE that begins with ~ is a dynamic ID
  devices        NUMBER, KIND:NUMBER (implicitPublic:0017), or notKnown, restricted, notRequired,
                 notSpecified
  lists          NEW<OLD@ENDPOINT,... of a join; <OLD and @ENDPOINT may be absent
                 CONNECTION@STATE,... of a snapshot
  octets         0x0a1b, else the characters themselves
"""

import collections
import xml.etree.ElementTree

Connection = collections.namedtuple("Connection", "call device dynamic")
Device = collections.namedtuple("Device", "kind text")
Item = collections.namedtuple("Item", "new old endpoint")
Snap = collections.namedtuple("Snap", "connection state")          # SnapshotDevice
CallSnap = collections.namedtuple("CallSnap", "device connection state")  # SnapshotCall

KINDS = ("dialingNumber deviceNumber implicitPublic explicitPublic implicitPrivate explicitPrivate "
         "other").split()
NOBODY = "notKnown restricted notRequired notSpecified".split()
CONNECTIONS = """initiatedConnection originatedConnection offeredConnection connection
establishedConnection heldConnection retrievedConnection queuedConnection failedConnection
outboundConnection bridgedConnection dialingConnection droppedConnection clearedCall primaryOldCall
secondaryOldCall originatingNIDConnection connectionToBeCleared callToBeCleared callObject
snapshotCall""".split()
DEVICES = """initiatingDevice callingDevice calledDevice originatingDevice offeredDevice
alertingDevice lastRedirectionDevice answeringDevice holdingDevice retrievingDevice queue
divertingDevice newDestination failingDevice networkInterfaceUsed bridgedAppearance dialingDevice
dialingSequence conferencingDevice addedParty transferringDevice transferredToDevice releasingDevice
networkCallingDevice networkCalledDevice associatedCallingDevice associatedCalledDevice deviceObject
snapshotDevice agentDevice""".split()
JOINS = ["conferenceConnections", "transferredConnections"]
SPELLED = {"originatinNIDConnection": "originatingNIDConnection",
           "TransferredEvent": "TransferedEvent"}


def octets(text):
    """The bytes that a CallID, device or crossRefID of the notation stands for."""
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])
    return text.encode("ascii")


class Said(collections.namedtuple("Said", "name values")):
    def octets(self, element):
        return octets(self.values[element])


# ---- XML ----------------------------------------------------------------------------------------


def local_name(element):
    name = element.tag.rsplit("}", 1)[-1]
    return SPELLED.get(name, name)


def xml_child(element, name):
    for child in element:
        if local_name(child) == name:
            return child
    return None


def xml_text(element, name):
    child = xml_child(element, name)
    return None if child is None else (child.text or "").encode("ascii")


def xml_connection(element):
    device = xml_child(element, "deviceID")
    dynamic = device is not None and device.get("typeOfNumber") == "dynamic"
    return Connection(xml_text(element, "callID"), xml_text(element, "deviceID"), dynamic)


def xml_device(element):
    if len(element) == 0:
        return Device("dialingNumber", (element.text or "").encode("ascii"))
    name = local_name(element[0])
    if name in NOBODY:
        return Device(name, None)
    if name not in ("deviceIdentifier", "deviceID", "numberDialed"):
        raise ValueError("a device that is %s" % name)
    kind = element[0].get("typeOfNumber", "dialingNumber").split(":")[0]
    return Device(kind, (element[0].text or "").encode("ascii"))


def xml_item(element):
    found = {local_name(child): child for child in element}
    old = found.get("oldConnection")
    endpoint = found.get("endpoint")
    return Item(xml_connection(found["newConnection"]),
                None if old is None else xml_connection(old),
                None if endpoint is None else xml_device(endpoint))


def xml_snap(element):
    found = {local_name(child): child for child in element}
    if "deviceOnCall" in found:
        connection = found.get("callIdentifier")
        return CallSnap(xml_device(found["deviceOnCall"]),
                        None if connection is None else xml_connection(connection),
                        found["localConnectionInfo"].text
                        if "localConnectionInfo" in found else None)
    state = [part.text for part in found["localCallState"].iter() if part.text and
             part.text.strip()]
    return Snap(xml_connection(found["connectionIdentifier"]), state[0] if state else "connected")


def xml_value(name, element):
    if name in CONNECTIONS:
        return xml_connection(element)
    if name in DEVICES:
        return xml_device(element)
    if name in JOINS:
        return [xml_item(item) for item in element]
    if name == "snapshotData":
        return [xml_snap(item) for item in element]
    return element.text or ""


def from_xml(text):
    root = xml.etree.ElementTree.fromstring(text)
    name = local_name(root)
    values = {}
    for child in root:
        element = local_name(child)
        if element in ("monitorObject", "crossRefIDorSnapshotData"):
            child = child[0]
            element = local_name(child)
        elif element == "snapshotObject":
            element = "snapshotDevice" if name == "SnapshotDevice" else "snapshotCall"
        elif name == "CSTAErrorCode":
            values["error"] = element
            element = "value"
        values[element] = xml_value(element, child)
    return Said(name, values)


# ---- the notation -------------------------------------------------------------------------------


def note_connection(text):
    call, _, device = text.partition("/")
    dynamic = device.startswith("~")
    return Connection(octets(call) if call else None,
                      octets(device.lstrip("~")) if device else None, dynamic)


def note_device(text):
    if text in NOBODY:
        return Device(text, None)
    kind, _, number = text.rpartition(":")
    return Device(kind or "dialingNumber", octets(number))


def note_item(text):
    rest, _, endpoint = text.partition("@")
    new, _, old = rest.partition("<")
    return Item(note_connection(new), note_connection(old) if old else None,
                note_device(endpoint) if endpoint else None)


def note_snap(text):
    connection, _, state = text.partition("@")
    return Snap(note_connection(connection), state)


def note_value(name, text):
    if name in CONNECTIONS:
        return note_connection(text)
    if name in DEVICES:
        return note_device(text)
    if name in JOINS:
        return [note_item(item) for item in text.split(",")]
    if name == "snapshotData":
        return [note_snap(item) for item in text.split(",") if item]
    return text


def from_note(text):
    name, *pairs = text.split()
    values = {}
    for pair in pairs:
        element, separator, value = pair.partition("=")
        if not separator:
            raise ValueError("%s is not ELEMENT=VALUE" % pair)
        values[element] = note_value(element, value)
    return Said(SPELLED.get(name, name), values)
