#include "engine/dialect.h"

#include "engine/csta/ber_decode.h"
#include "engine/csta/xml_decode.h"

const char *
dialect_name(enum csta_encoding encoding)
{
    switch (encoding) {
    case ENCODING_XML:
        return "XML";
    case ENCODING_BER1:
        return "BER phase I";
    case ENCODING_BER2:
        return "BER phase II";
    case ENCODING_BER3:
        return "BER phase III";
    case ENCODING_AUTO:
        break;
    }
    return "unknown";
}

void
dialect_settle(struct shm_dialect *dialect, const struct link_settings *settings)
{
    dialect->profile_flags = profile_row(settings->profile)->flags;
    dialect->told = (uint8_t)settings->encoding;
    if (dialect->told == ENCODING_AUTO && (dialect->profile_flags & PROFILE_PHASE_II) != 0)
        dialect->told = ENCODING_BER2;
    if (dialect->told != ENCODING_AUTO)
        dialect->found = dialect->told;
}

struct source_options
dialect_options(const struct source_options *options, struct settings *settings, const char *path)
{
    struct source_options known = *options;
    char name[EVENT_TEXT_LENGTH + 1];
    source_link_name(name, path);
    const struct link_settings *link = settings_link_find(settings, text_of(name));
    if (link != NULL && known.encoding == ENCODING_AUTO)
        known.encoding = link->encoding;
    return known;
}

/* In either order of bytes, with a byte order mark or without. */
static bool
looks_like_utf_16(struct text payload)
{
    static const char beginnings[][3] = {"\xFF\xFE", "\xFE\xFF", "<\0", "\0<"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (text_has_prefix(payload, (struct text){beginnings[i], 2}))
            return true;
    }
    return false;
}

/* The first byte that is neither white space nor part of a byte order mark decides. */
static bool
looks_like_xml(struct text payload)
{
    if (looks_like_utf_16(payload))
        return true;
    if (text_has_prefix(payload, TEXT("\xEF\xBB\xBF")))
        payload = text_skip(payload, 3);
    while (payload.length > 0 && (payload.at[0] == ' ' || payload.at[0] == '\t' ||
                                  payload.at[0] == '\r' || payload.at[0] == '\n'))
        payload = text_skip(payload, 1);
    return payload.length > 0 && payload.at[0] == '<';
}

/* ---- a BER message of a link whose phase is not known yet ---------------------------------- */

/* Reads by each of the phases; they must agree. One that refuses what another reads does not. */
static const char *
read_by_phases(struct dialect_reader *reader, uint32_t phases, struct text payload, size_t *where)
{
    static const char differ[] =
        "BER that each phase reads differently: say encoding = ber1, ber2 or ber3";
    const char *why = NULL;
    bool is_read = false;
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER3; phase++) {
        const char *problem = NULL;
        size_t at = 0;
        if ((phases & 1u << phase) == 0)
            continue;
        reader->other_scratch.used = 0;
        if (ber_decode(&reader->other, payload.at, payload.length, phase, &reader->other_scratch,
                       &problem, &at) != CSTA_OK) {
            why = problem;
            *where = at;
            continue;
        }
        if (is_read && !csta_message_is_equal(&reader->message, &reader->other))
            return differ;
        if (!is_read && ber_decode(&reader->message, payload.at, payload.length, phase,
                                   &reader->scratch, &problem, &at) == CSTA_OK)
            is_read = true;
    }
    return is_read && why != NULL ? differ : why;
}

/* The phase that is left when all others are ruled out. */
static enum csta_encoding
phase_left(uint32_t phases)
{
    bool is_one = (phases & (phases - 1)) == 0;
    return is_one ? (enum csta_encoding)__builtin_ctz(phases) : ENCODING_AUTO;
}

/* A phase is ruled out by a message that could be read, and only then. */
static const char *
read_ber_unknown(struct dialect_reader *reader, struct shm_dialect *dialect, struct text payload,
                 size_t *where)
{
    uint32_t shown = ber_phases(payload.at, payload.length);
    uint32_t phases = shown & ~(uint32_t)dialect->ruled_out;
    if (phases == 0)
        phases = shown; /* it contradicts what came before, and says it more clearly */
    const char *why = read_by_phases(reader, phases, payload, where);
    if (why == NULL) {
        dialect->ruled_out = (uint8_t)(BER_ANY_PHASE & ~phases);
        dialect->found = (uint8_t)phase_left(phases);
    }
    return why;
}

/* ---- one message --------------------------------------------------------------------------- */

static const char *
read_xml(struct dialect_reader *reader, const struct shm_dialect *dialect, struct text payload,
         size_t *where)
{
    struct csta_options options = {
        .loose_causes = (dialect->profile_flags & PROFILE_LOOSE_CAUSES) != 0,
    };
    const char *why = NULL;
    if (!looks_like_xml(payload))
        return "not XML";
    return xml_decode(&reader->message, payload.at, payload.length, &options, &reader->scratch,
                      &why, where) == CSTA_OK
               ? NULL
               : why;
}

static const char *
read_ber(struct dialect_reader *reader, enum csta_encoding phase, struct text payload,
         size_t *where)
{
    const char *why = NULL;
    return ber_decode(&reader->message, payload.at, payload.length, phase, &reader->scratch, &why,
                      where) == CSTA_OK
               ? NULL
               : why;
}

static const char *
decode(struct dialect_reader *reader, struct shm_dialect *dialect, struct text payload,
       size_t *where)
{
    bool is_open = dialect->found == ENCODING_AUTO;
    if (is_open && !looks_like_xml(payload))
        return read_ber_unknown(reader, dialect, payload, where);
    if (!is_open && dialect->found != ENCODING_XML)
        return read_ber(reader, (enum csta_encoding)dialect->found, payload, where);
    const char *why = read_xml(reader, dialect, payload, where);
    if (why == NULL)
        dialect->found = ENCODING_XML;
    return why;
}

const char *
dialect_read(struct dialect_reader *reader, struct shm_dialect *dialect, struct text payload,
             struct text by, size_t *where)
{
    if (payload.length > CSTA_MESSAGE_MAX)
        return "a message of more than 65536 bytes";
    reader->scratch.used = 0;
    const char *why = decode(reader, dialect, payload, where);
    if (why != NULL)
        return why;
    *where = 0;
    complete_start(&reader->completer, dialect->profile_flags);
    reader->message.event.texts[EVENT_TEXT_REQUESTER] = by;
    return complete_message(&reader->completer, &reader->message);
}
