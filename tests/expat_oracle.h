#ifndef TESTS_EXPAT_ORACLE_H
#define TESTS_EXPAT_ORACLE_H

/*
 * tests/expat_oracle.h - one XML document as libexpat sees it: the only user of libexpat.
 *
 * For comparing with xml_decode(). White space and NULs around the document are dropped before
 * expat sees it, because the decoder does so too.
 */

#include <expat.h>
#include <string.h>
#include <strings.h>

#include "engine/csta/xml_char.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_scan.h"

enum { ORACLE_TEXT_MAX = CSTA_MESSAGE_MAX };

struct oracle {
    bool is_accepted;
    size_t error_at; /* offset in the bytes given */
    bool may_refuse; /* something the decoder refuses though it is well-formed */
    int depth;
    bool is_latin;

    /* The first monitorCrossRefID right below the root, if it has no child elements. */
    char cross_ref[ORACLE_TEXT_MAX];
    size_t cross_ref_length;
    enum { CROSS_REF_NONE, CROSS_REF_OPEN, CROSS_REF_DONE } cross_ref_state;
};

static inline const char *
oracle_local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

static inline void XMLCALL
oracle_on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct oracle *oracle = user;
    int count = 0;
    while (attributes[count] != NULL)
        count++;
    if (count / 2 > XML_ATTRIBUTES_MAX || ++oracle->depth > XML_DEPTH_MAX)
        oracle->may_refuse = true;
    if (oracle->cross_ref_state == CROSS_REF_OPEN) {
        oracle->cross_ref_length = 0; /* a text with elements inside is no text */
        oracle->cross_ref_state = CROSS_REF_DONE;
    } else if (oracle->cross_ref_state == CROSS_REF_NONE && oracle->depth == 2 &&
               strcmp(oracle_local_name(name), "monitorCrossRefID") == 0) {
        oracle->cross_ref_state = CROSS_REF_OPEN;
    }
}

static inline void XMLCALL
oracle_on_end(void *user, const XML_Char *name)
{
    struct oracle *oracle = user;
    (void)name;
    oracle->depth--;
    if (oracle->cross_ref_state == CROSS_REF_OPEN)
        oracle->cross_ref_state = CROSS_REF_DONE;
}

static inline void XMLCALL
oracle_on_text(void *user, const XML_Char *text, int length)
{
    struct oracle *oracle = user;
    if (oracle->cross_ref_state != CROSS_REF_OPEN ||
        oracle->cross_ref_length + (size_t)length > sizeof(oracle->cross_ref))
        return;
    memcpy(oracle->cross_ref + oracle->cross_ref_length, text, (size_t)length);
    oracle->cross_ref_length += (size_t)length;
}

static inline void XMLCALL
oracle_on_declaration(void *user, const XML_Char *version, const XML_Char *encoding, int standalone)
{
    struct oracle *oracle = user;
    (void)standalone;
    if (version == NULL || strncmp(version, "1.", 2) != 0 || strlen(version) < 3 ||
        strspn(version + 2, "0123456789") != strlen(version + 2))
        oracle->may_refuse = true;
    if (encoding == NULL)
        return;
    oracle->is_latin = strcasecmp(encoding, "ISO-8859-1") == 0;
    if (strcasecmp(encoding, "UTF-8") != 0 && strcasecmp(encoding, "US-ASCII") != 0 &&
        !oracle->is_latin)
        oracle->may_refuse = true;
}

static inline void XMLCALL
oracle_on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                  const XML_Char *public_id, int has_subset)
{
    struct oracle *oracle = user;
    (void)name, (void)system_id, (void)public_id, (void)has_subset;
    oracle->may_refuse = true;
}

static inline bool
oracle_is_padding(char byte)
{
    return byte == '\0' || byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* oracle_read - fill *oracle with what expat says of the document. */
static inline void
oracle_read(struct oracle *oracle, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;
    while (at < end && oracle_is_padding(*at))
        at++;
    while (at < end && oracle_is_padding(end[-1]))
        end--;
    length = (size_t)(end - at);

    memset(oracle, 0, offsetof(struct oracle, cross_ref));
    oracle->cross_ref_length = 0;
    oracle->cross_ref_state = CROSS_REF_NONE;
    bool has_mark = length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0;
    bool is_utf16 = length >= 2 && (at[1] == '\0' || memcmp(at, "\xff\xfe", 2) == 0 ||
                                    memcmp(at, "\xfe\xff", 2) == 0);
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, oracle);
    XML_SetElementHandler(parser, oracle_on_start, oracle_on_end);
    XML_SetCharacterDataHandler(parser, oracle_on_text);
    XML_SetXmlDeclHandler(parser, oracle_on_declaration);
    XML_SetStartDoctypeDeclHandler(parser, oracle_on_doctype);
    oracle->is_accepted = XML_Parse(parser, at, (int)length, XML_TRUE) == XML_STATUS_OK;
    XML_Index index = XML_GetCurrentByteIndex(parser);
    oracle->error_at = (size_t)(at - bytes) + (index < 0 ? 0 : (size_t)index);
    XML_ParserFree(parser);
    if (is_utf16 || length > CSTA_MESSAGE_MAX || (has_mark && oracle->is_latin))
        oracle->may_refuse = true;
}

/*
 * oracle_knows_fewer_names - expat goes by the fourth edition's names, the decoder by the fifth's
 *
 * True if the byte where expat stopped begins a character that only the fifth edition allows.
 */
static inline bool
oracle_knows_fewer_names(const struct oracle *oracle, const char *bytes, size_t length)
{
    uint32_t code;
    if (oracle->error_at >= length || (uint8_t)bytes[oracle->error_at] < 0x80)
        return false;
    return xml_char_read(bytes + oracle->error_at, bytes + length, &code) > 0 &&
           xml_char_is_name(code, false);
}

/* oracle_knows_more_names - in Latin-1 expat lets 0xAA, 0xB5 and 0xBA be letters of names. */
static inline bool
oracle_knows_more_names(const struct oracle *oracle, char byte)
{
    return oracle->is_latin && (byte == '\xaa' || byte == '\xb5' || byte == '\xba');
}

#endif
