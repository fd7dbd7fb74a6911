#include "engine/csta/outgoing.h"

#include "base/utf8.h"
#include "engine/csta/xml_char.h"

bool
outgoing_text_is_sound(struct text text)
{
    if (text.length == 0)
        return true;
    const uint8_t *at = (const uint8_t *)text.at, *end = at + text.length;
    if (text.length > OUTGOING_TEXT_MAX)
        return false;
    while (at < end) {
        uint32_t character = utf8_take(&at, end);
        bool is_control = character < 0x20 || (character >= 0x7f && character <= 0x9f);
        if (character == UTF8_WRONG || is_control || !xml_char_is_legal(character))
            return false;
    }
    return true;
}
