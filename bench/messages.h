#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

/*
 * bench/messages.h - three ordinary messages as switches send them: ECMA-323 edition 4, the
 * standard's long namespace, device texts with the decoration seen in the field. Two have an
 * element a line; one has no white space, and says much that nobody here asks for.
 */

#define MESSAGE_CONNECTION_CLEARED                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                 \
    "<ConnectionClearedEvent\n"                                                                    \
    "  xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4\"\n"                  \
    "  xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"                                  \
    "  xsi:schemaLocation=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4 "        \
    "event.xsd\">\n"                                                                               \
    "  <monitorCrossRefID>000000000000041</monitorCrossRefID>\n"                                   \
    "  <droppedConnection>\n"                                                                      \
    "    <callID>FF00010000000000A1B25F6E2C0A0000</callID>\n"                                      \
    "    <deviceID typeOfNumber=\"dialingNumber\">N&lt;4989100200&gt;;displayNumber=200;noa=nk"    \
    "</deviceID>\n"                                                                                \
    "  </droppedConnection>\n"                                                                     \
    "  <releasingDevice>\n"                                                                        \
    "    <deviceIdentifier typeOfNumber=\"dialingNumber\">N&lt;4989100200&gt;;displayNumber=200"   \
    ";noa=nk</deviceIdentifier>\n"                                                                 \
    "  </releasingDevice>\n"                                                                       \
    "  <localConnectionInfo>null</localConnectionInfo>\n"                                          \
    "  <cause>normalClearing</cause>\n"                                                            \
    "</ConnectionClearedEvent>\n"

#define MESSAGE_ESTABLISHED                                                                        \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                 \
    "<EstablishedEvent\n"                                                                          \
    "  xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4\"\n"                  \
    "  xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"                                  \
    "  xsi:schemaLocation=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4 "        \
    "event.xsd\">\n"                                                                               \
    "  <monitorCrossRefID>000000000000041</monitorCrossRefID>\n"                                   \
    "  <establishedConnection>\n"                                                                  \
    "    <callID>FF00010000000000A1B25F6E2C0A0000</callID>\n"                                      \
    "    <deviceID typeOfNumber=\"dialingNumber\">N&lt;4989100200&gt;;displayNumber=200;noa=nk"    \
    "</deviceID>\n"                                                                                \
    "  </establishedConnection>\n"                                                                 \
    "  <answeringDevice>\n"                                                                        \
    "    <deviceIdentifier typeOfNumber=\"dialingNumber\">N&lt;4989100200&gt;;displayNumber=200"   \
    ";noa=nk</deviceIdentifier>\n"                                                                 \
    "  </answeringDevice>\n"                                                                       \
    "  <callingDevice>\n"                                                                          \
    "    <deviceIdentifier>498955512345</deviceIdentifier>\n"                                      \
    "  </callingDevice>\n"                                                                         \
    "  <calledDevice>\n"                                                                           \
    "    <deviceIdentifier typeOfNumber=\"dialingNumber\">N&lt;4989100200&gt;;displayNumber=200"   \
    ";noa=nk</deviceIdentifier>\n"                                                                 \
    "  </calledDevice>\n"                                                                          \
    "  <lastRedirectionDevice>\n"                                                                  \
    "    <notRequired/>\n"                                                                         \
    "  </lastRedirectionDevice>\n"                                                                 \
    "  <localConnectionInfo>connected</localConnectionInfo>\n"                                     \
    "  <cause>normal</cause>\n"                                                                    \
    "  <networkCallingDevice>\n"                                                                   \
    "    <deviceIdentifier>498955512345</deviceIdentifier>\n"                                      \
    "  </networkCallingDevice>\n"                                                                  \
    "</EstablishedEvent>\n"

#define MESSAGE_DELIVERED                                                                          \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                   \
    "<DeliveredEvent xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4\">"     \
    "<monitorCrossRefID>1169730059</monitorCrossRefID>"                                            \
    "<connection><callID>FF000100000000002D65C85C1C750000</callID>"                                \
    "<deviceID>4989100201</deviceID></connection>"                                                 \
    "<alertingDevice><deviceIdentifier>N&lt;4989100201&gt;;noa=nk</deviceIdentifier>"              \
    "</alertingDevice>"                                                                            \
    "<callingDevice><deviceIdentifier>498955512345</deviceIdentifier></callingDevice>"             \
    "<calledDevice><deviceIdentifier>N&lt;4989100201&gt;;displayNumber=4989100201;noa=nk"          \
    "</deviceIdentifier></calledDevice>"                                                           \
    "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>"                                \
    "<localConnectionInfo>alerting</localConnectionInfo>"                                          \
    "<cause>newCall</cause>"                                                                       \
    "<servicesPermitted><callControlServices><answerCall>true</answerCall>"                        \
    "<clearConnection>true</clearConnection><deflectCall>true</deflectCall>"                       \
    "</callControlServices><callAssociatedServices/></servicesPermitted>"                          \
    "<callLinkageData><globalCallData><globalCallLinkageID>"                                       \
    "<globallyUniqueCallLinkageID>00D065C85C1C7500</globallyUniqueCallLinkageID>"                  \
    "</globalCallLinkageID></globalCallData></callLinkageData>"                                    \
    "</DeliveredEvent>"

#endif
