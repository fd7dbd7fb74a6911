#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

/*
 * bench/messages.h - two ordinary messages as switches send them: ECMA-323 edition 4, an element a
 * line, the standard's long namespace, device texts with the decoration seen in the field.
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

#endif
