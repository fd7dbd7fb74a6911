#!/usr/bin/env -S python3 -B
"""captured.py - frames captured on a link of phase II are what ber.py writes of their contents.

The bytes were captured on an Alcatel OXE; the notes beside them are what they hold, read by eye
from the bytes. Private data stands in the notes as bytes. What ber.py makes of the notes must be
the frames, byte for byte, their length prefix left out.
"""

import sys

import ber
import said

FRAMES = (
    (10728,
     "ConferencedEvent monitorCrossRefID=0x0135f303 primaryOldCall=0x2b7a/~0x08b30100 "
     "secondaryOldCall=0x2b7e/~0x08b30100 conferencingDevice=implicitPrivate:24103 "
     "addedParty=implicitPublic:0017 "
     "conferenceConnections=0x2b82/~0x08b30100@24103,0x2b82/~0x0bfe0104@0017,0x2b82/~0x0bfd010"
     "4@00789616004 localConnectionInfo=connected time=250301160723Z "
     "private=a135300b06062b0c89368378020100301206062b0c8936840904083422c367752b0100301206062b"
     "0c8936840a04086322c3677e2b0100",
     "a181d8020229e80201153081ce55040135f303a07ca17a30786b0a82022b7a830408b301006b0a82022b7e83"
     "0408b301006307840532343130336306820430303137304aa31530136b0a82022b82830408b3010080053234"
     "313033a31430126b0a82022b8283040bfe0104800430303137a31b30196b0a82022b8283040bfd0104800b30"
     "303738393631363030344e01037e48a00f170d3235303330313136303732335aa135300b06062b0c89368378"
     "020100301206062b0c8936840904083422c367752b0100301206062b0c8936840a04086322c3677e2b0100"),
    (10800,
     "ConnectionClearedEvent monitorCrossRefID=0x0135f303 "
     "droppedConnection=0x2b82/~0x08b30100 releasingDevice=implicitPrivate:24103 "
     "localConnectionInfo=null cause=normalClearing time=250301160827Z "
     "private=a114301206062b0c8936840904083422c367752b0100",
     "a15902022a30020115305055040135f303a01fa21d301b6b0a82022b82830408b30100630784053234313033"
     "4e01000a01307e27a00f170d3235303330313136303832375aa114301206062b0c8936840904083422c36775"
     "2b0100"),
    (10852,
     "DeliveredEvent monitorCrossRefID=0x013a9c03 connection=0x2b91/~0x09160100 "
     "alertingDevice=implicitPrivate:24650 callingDevice=implicitPrivate:24105 "
     "calledDevice=implicitPrivate:24640 lastRedirectionDevice=notRequired "
     "localConnectionInfo=connected cause=newCall time=250301160942Z "
     "private=a114301206062b0c8936840904083623c367912b0100",
     "a16f02022a6402011530665504013a9c03a035a33330316b0a82022b91830409160100630784053234363530"
     "610784053234313035620784053234363430640288004e01030a01167e27a00f170d32353033303131363039"
     "34325aa114301206062b0c8936840904083623c367912b0100"),
    (9255,
     "EstablishedEvent monitorCrossRefID=0x0135f303 establishedConnection=0x2ace/~0x0bff0104 "
     "answeringDevice=implicitPublic:000238221815 callingDevice=implicitPrivate:24103 "
     "calledDevice=implicitPublic:00238221815 lastRedirectionDevice=notRequired "
     "localConnectionInfo=connected cause=networkSignal time=250301154152Z "
     "private=a121300b06062b0c89368378020101301206062b0c893684090408af1cc367ce2a0100",
     "a1818a0202242702011530818055040135f303a042a540303e6b0a82022ace83040bff0104630e820c303030"
     "323338323231383135610784053234313033620d820b3030323338323231383135640288004e01030a012e7e"
     "34a00f170d3235303330313135343135325aa121300b06062b0c89368378020101301206062b0c8936840904"
     "08af1cc367ce2a0100"),
    (9409,
     "HeldEvent monitorCrossRefID=0x01d26503 heldConnection=0x2ad8/~0x08b40100 "
     "holdingDevice=implicitPrivate:24104 localConnectionInfo=hold cause=consultation "
     "time=250301154359Z private=a114301206062b0c893684090408ac1cc367cd2a0100",
     "a159020224c10201153050550401d26503a01fa71d301b6b0a82022ad8830408b40100630784053234313034"
     "4e01040a01257e27a00f170d3235303330313135343335395aa114301206062b0c893684090408ac1cc367cd"
     "2a0100"),
    (10412,
     "NetworkReachedEvent monitorCrossRefID=0x013a9c03 outboundConnection=0x2b63/~0x0bfc0104 "
     "networkInterfaceUsed=notKnown calledDevice=implicitPublic:00659732122 "
     "localConnectionInfo=connected cause=newCall time=250301160042Z "
     "private=a121300b06062b0c89368378020100301206062b0c8936840904081a21c367632b0100",
     "a170020228ac02011530675504013a9c03a029a82730256b0a82022b6383040bfc010463028700620d820b30"
     "303635393733323132324e01030a01167e34a00f170d3235303330313136303034325aa121300b06062b0c89"
     "368378020100301206062b0c8936840904081a21c367632b0100"),
    (10466,
     "OriginatedEvent monitorCrossRefID=0x013a9c03 originatedConnection=0x2b69/~0x08b50100 "
     "callingDevice=implicitPrivate:24105 calledDevice=implicitPublic:00659732122 "
     "localConnectionInfo=connected cause=newCall time=250301160139Z "
     "private=a114301206062b0c8936840904085321c367692b0100",
     "a168020228e2020115305f5504013a9c03a02ea92c302a6b0a82022b69830408b50100610784053234313035"
     "620d820b30303635393733323132324e01030a01167e27a00f170d3235303330313136303133395aa1143012"
     "06062b0c8936840904085321c367692b0100"),
    (15469,
     "ServiceInitiatedEvent monitorCrossRefID=0x01d26503 "
     "initiatedConnection=0x2dcb/~0x08b40100 localConnectionInfo=initiated time=250301173301Z "
     "private=a114301206062b0c893684090408bd36c367cb2d0100",
     "a14d02023c6d0201153044550401d26503a013ac11300f6b0a82022dcb830408b401004e01017e27a00f170d"
     "3235303330313137333330315aa114301206062b0c893684090408bd36c367cb2d0100"),
    (3958,
     "DivertedEvent monitorCrossRefID=0x01696a02 connection=0x4707/~0x0c7e0100 "
     "divertingDevice=implicitPrivate:24005 newDestination=implicitPrivate:24760 "
     "localConnectionInfo=null cause=redirected time=250302141354Z "
     "private=a114301206062b0c8936840904089259c46707470100",
     "a16202020f760201153059550401696a02a028a42630246b0a8202470783040c7e0100630784053234303035"
     "6307840532343736304e01000a011c7e27a00f170d3235303330323134313335345aa114301206062b0c8936"
     "840904089259c46707470100"),
)


def main():
    wrong = 0
    for invoke, note, captured in FRAMES:
        written = ber.pdu(said.from_note(note), 2, invoke).hex()
        if written != captured:
            print("%s\n  captured %s\n  written  %s" % (note, captured, written))
            wrong += 1
    print("%d captured frames, %d not as written" % (len(FRAMES), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
