# tests/kill/mass.awk - a recording in which single messages end any number of calls.
#
#   awk -v calls=N -f mass.awk </dev/null
#
# A conference of N parties that is cleared at once; N calls of one device that are lost while the
# link is down; N calls that nobody speaks of for eight hours; N calls transferred out of sight just
# before the input ends.

function said(time, what, name, inside) {
    print time, "pbx1", what, "<" name " xmlns=\"http://www.ecma-international.org/standards/" \
        "ecma-323/csta/ed3\">" inside "</" name ">"
}

function device(tag, number) {
    return "<" tag "><deviceIdentifier>" number "</deviceIdentifier></" tag ">"
}

function connection(tag, call, number) {
    return "<" tag "><callID>" call "</callID><deviceID>" number "</deviceID></" tag ">"
}

function monitor(number) {
    return "<monitorCrossRefID>" number "</monitorCrossRefID>"
}

function established(time, call, number, calling) {
    said(time, "< 9999", "EstablishedEvent", monitor(number) \
        connection("establishedConnection", call, number) device("answeringDevice", number) \
        device("callingDevice", calling) device("calledDevice", number) \
        "<lastRedirectionDevice><notKnown/></lastRedirectionDevice>" \
        "<localConnectionInfo>connected</localConnectionInfo><cause>newCall</cause>")
}

BEGIN {
    print "# onhook-trace 1"
    print "# link pbx1 monitored=2001,2002,2003"
    for (i = 0; i < calls; i++)
        established("1.000", "conference", 3000 + i, 2001)
    said("2.000", "< 9999", "CallClearedEvent", monitor(2001) \
        connection("clearedCall", "conference", 2001) \
        "<localConnectionInfo>null</localConnectionInfo><cause>normalClearing</cause>")
    for (i = 0; i < calls; i++)
        established("3.000", "lost-" i, 2001, 9000 + i)
    print "4.000 pbx1 ! down"
    print "5.000 pbx1 ! up"
    said("6.000", "> 0101", "SnapshotDevice", "<snapshotObject>2001</snapshotObject>")
    said("6.100", "< 0101", "SnapshotDeviceResponse",
        "<crossRefIDorSnapshotData><snapshotData></snapshotData></crossRefIDorSnapshotData>")
    for (i = 0; i < calls; i++)
        established("7.000", "stale-" i, 2002, 9000 + i)
    print "28900.000 pbx1 ! tick"
    for (i = 0; i < calls; i++)
        established("28901.000", "sight-" i, 2003, 9000 + i)
    for (i = 0; i < calls; i++)
        said("28901.000", "< 9999", "TransferedEvent", monitor(2003) \
            connection("primaryOldCall", "sight-" i, 2003) device("transferringDevice", 2003) \
            "<transferredToDevice><notKnown/></transferredToDevice><transferredConnections>" \
            "<connectionListItem>" connection("newConnection", "sight-" i, 9000 + i) \
            connection("oldConnection", "sight-" i, 9000 + i) \
            "</connectionListItem></transferredConnections>" \
            "<localConnectionInfo>null</localConnectionInfo><cause>singleStepTransfer</cause>")
}
