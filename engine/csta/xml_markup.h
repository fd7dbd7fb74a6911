#ifndef ENGINE_CSTA_XML_MARKUP_H
#define ENGINE_CSTA_XML_MARKUP_H

/*
 * engine/csta/xml_markup.h - the scanner's own parts: what may stand between tags and texts.
 *
 * For xml_scan.c only. Each function reads one construct at scan->at and moves behind it. On
 * failure it returns false, scan->at is the offending byte, and result and why are set.
 */

#include "engine/csta/xml_scan.h"

/* xml_fail - note the failure at `at`; always false. */
bool xml_fail(struct xml_scan *scan, enum csta_result result, const char *at, const char *why);

/* xml_fail_cut_off - the bytes end inside the document; always false. */
bool xml_fail_cut_off(struct xml_scan *scan);

/* xml_skip_spaces - move over white space; was there any? */
bool xml_skip_spaces(struct xml_scan *scan);

/* xml_read_high - move over one character beyond ASCII, in the document's encoding. */
bool xml_read_high(struct xml_scan *scan, uint32_t *code);

/* xml_read_name - a Name; `local` is what follows the last colon. */
bool xml_read_name(struct xml_scan *scan, struct text *whole, struct text *local);

/* xml_read_reference - a character reference or one of the five entities, from & to ; */
bool xml_read_reference(struct xml_scan *scan, uint32_t *code);

/* xml_read_declaration - the XML declaration, if there is one; sets the encoding. */
bool xml_read_declaration(struct xml_scan *scan);

/* xml_read_instruction - a processing instruction, from <? to ?> */
bool xml_read_instruction(struct xml_scan *scan);

/* xml_read_comment - a comment, from <!-- to --> */
bool xml_read_comment(struct xml_scan *scan);

#endif
