#include "bench/peer_asn1c.h"

/* Ours has that name too; tests/asn1/build.sh compiles asn1c's under this one. */
#define ber_decode asn1c_ber_decode
#include <EventReport1.h>
#include <EventReport2.h>
#include <EventReport3.h>
#include <RosePdu.h>
#undef ber_decode

static bool
decode_as(asn_TYPE_descriptor_t *type, void **structure, const void *bytes, size_t length)
{
    *structure = NULL;
    asn_dec_rval_t result = asn1c_ber_decode(NULL, type, structure, bytes, length);
    return result.code == RC_OK && result.consumed == length;
}

bool
peer_asn1c_read(const char *bytes, size_t length, enum csta_encoding phase)
{
    asn_TYPE_descriptor_t *type = phase == ENCODING_BER1   ? &asn_DEF_EventReport1
                                  : phase == ENCODING_BER2 ? &asn_DEF_EventReport2
                                                           : &asn_DEF_EventReport3;
    void *pdu;
    void *report = NULL;
    bool is_read = decode_as(&asn_DEF_RosePdu, &pdu, bytes, length);
    if (is_read) {
        const ANY_t *argument = ((RosePdu_t *)pdu)->choice.invoke.argument;
        is_read =
            argument != NULL && decode_as(type, &report, argument->buf, (size_t)argument->size);
    }
    if (report != NULL)
        type->free_struct(type, report, 0);
    if (pdu != NULL)
        asn_DEF_RosePdu.free_struct(&asn_DEF_RosePdu, pdu, 0);
    return is_read;
}
