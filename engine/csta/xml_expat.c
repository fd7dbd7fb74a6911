#include "engine/csta/xml_expat.h"

#include <expat.h>

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_walk.h"

/* One document on its way through expat. */
struct reading {
    XML_Parser parser;
    struct xml_walk walk;
    uint32_t depth;
    const char *refusal; /* why reading was stopped, NULL while it was not */
    size_t refused_at;
};

/* Where the markup that is being told begins, and where it ends; from the document's first byte. */
static size_t
begin_of_markup(const struct reading *reading)
{
    XML_Index index = XML_GetCurrentByteIndex(reading->parser);
    return index < 0 ? 0 : (size_t)index;
}

static size_t
end_of_markup(const struct reading *reading)
{
    return begin_of_markup(reading) + (size_t)XML_GetCurrentByteCount(reading->parser);
}

static void
refuse(struct reading *reading, const char *why)
{
    reading->refusal = why;
    reading->refused_at = begin_of_markup(reading);
    XML_StopParser(reading->parser, XML_FALSE);
}

static const char *
local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

static bool
is_dynamic(const XML_Char **attributes)
{
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(local_name(attributes[0]), "typeOfNumber") == 0 &&
            strcmp(attributes[1], "dynamic") == 0)
            return true;
    }
    return false;
}

static void XMLCALL
on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = user;
    if (reading->refusal != NULL)
        return;
    if (++reading->depth > XML_DEPTH_MAX) {
        refuse(reading, "elements nested deeper than 32");
        return;
    }
    const char *local = local_name(name);
    size_t name_at = begin_of_markup(reading) + 1 + (size_t)(local - name);
    if (xml_walk_open(&reading->walk, text_of(local), name_at, end_of_markup(reading)) &&
        is_dynamic(attributes))
        xml_walk_dynamic(&reading->walk);
}

static void XMLCALL
on_end(void *user, const XML_Char *name)
{
    struct reading *reading = user;
    (void)name;
    if (reading->refusal != NULL)
        return;
    reading->depth--;
    xml_walk_close(&reading->walk, end_of_markup(reading));
}

static void XMLCALL
on_text(void *user, const XML_Char *bytes, int length)
{
    struct reading *reading = user;
    if (reading->refusal == NULL)
        xml_walk_text(&reading->walk, (struct text){bytes, (uint32_t)length},
                      begin_of_markup(reading));
}

static void XMLCALL
on_declaration(void *user, const XML_Char *version, const XML_Char *encoding, int standalone)
{
    struct reading *reading = user;
    (void)encoding, (void)standalone;
    if (version == NULL || strncmp(version, "1.", 2) != 0 || version[2] == '\0' ||
        version[2 + strspn(version + 2, "0123456789")] != '\0')
        refuse(reading, "an XML version other than 1.x");
}

static void XMLCALL
on_doctype(void *user, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
           int has_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_subset;
    refuse(user, "a document type definition");
}

/* The parser, as new. It is made once, and by the first document that needs it. */
static XML_Parser
fresh_parser(struct reading *reading)
{
    static XML_Parser parser;
    if (parser == NULL)
        parser = XML_ParserCreate(NULL);
    else if (XML_ParserReset(parser, NULL) != XML_TRUE)
        return NULL;
    if (parser == NULL)
        return NULL;
    XML_SetUserData(parser, reading);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetXmlDeclHandler(parser, on_declaration);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    return parser;
}

static enum csta_result
result_of(enum XML_Error error)
{
    switch ((int)error) { /* as a number: there are many more, and they are all one */
    case XML_ERROR_NO_ELEMENTS:
    case XML_ERROR_UNCLOSED_TOKEN:
    case XML_ERROR_UNCLOSED_CDATA_SECTION:
    case XML_ERROR_PARTIAL_CHAR:
        return CSTA_INCOMPLETE;
    case XML_ERROR_NO_MEMORY:
    case XML_ERROR_UNKNOWN_ENCODING:
    case XML_ERROR_INCORRECT_ENCODING:
    case XML_ERROR_ABORTED:
        return CSTA_REFUSED;
    default:
        return CSTA_MALFORMED;
    }
}

/* NUL is half a letter in UTF-16: there, nothing is taken off but pairs of zeros at the end. */
static bool
is_utf_16(struct text bytes)
{
    return bytes.length >= 4 &&
           (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0 ||
            (bytes.at[0] == '<' && bytes.at[1] == '\0') ||
            (memcmp(bytes.at, "\0<\0", 3) == 0 && bytes.at[3] != '\0'));
}

static struct text
without_padding(struct text bytes)
{
    if (!is_utf_16(bytes))
        return xml_without_padding(bytes);
    while (bytes.length >= 2 && memcmp(bytes.at + bytes.length - 2, "\0\0", 2) == 0)
        bytes.length -= 2;
    return bytes;
}

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum csta_result
xml_expat_decode(struct csta_message *message, const char *bytes, size_t length,
                 const struct csta_options *options, struct csta_scratch *scratch, const char **why,
                 size_t *where)
{
    struct text document = without_padding((struct text){bytes, (uint32_t)length});
    size_t skipped = (size_t)(document.at - bytes);
    struct reading reading = {.depth = 0};
    reading.parser = fresh_parser(&reading);
    *where = skipped;
    if (document.length > CSTA_MESSAGE_MAX || reading.parser == NULL) {
        *why = reading.parser == NULL ? "no memory" : "a document over 65536 bytes";
        return CSTA_REFUSED;
    }
    xml_walk_begin(&reading.walk, message, options, scratch);
    if (XML_Parse(reading.parser, document.at, (int)document.length, XML_TRUE) == XML_STATUS_OK) {
        enum csta_result result = xml_walk_end(&reading.walk, why, where);
        *where += result == CSTA_OK ? 0 : skipped;
        return result;
    }
    enum XML_Error error = XML_GetErrorCode(reading.parser);
    bool is_refused = reading.refusal != NULL;
    *why = is_refused ? reading.refusal : XML_ErrorString(error);
    *where = skipped + (is_refused ? reading.refused_at : begin_of_markup(&reading));
    return result_of(error);
}
/* NOLINTEND(readability-function-size) */
