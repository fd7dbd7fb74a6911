#include "engine/address_list.h"

#include <stdio.h>

static bool
is_host_byte(char byte, bool in_brackets)
{
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    bool is_digit = byte >= '0' && byte <= '9';
    return is_letter || is_digit || memchr("._-", byte, 3) != NULL ||
           (in_brackets && memchr(":%", byte, 2) != NULL);
}

static bool
read_port(struct text text, uint16_t *port)
{
    uint32_t value = 0;
    if (text.length < 1 || text.length > 5)
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.at[i] - '0');
    }
    *port = (uint16_t)value;
    return value >= 1 && value <= UINT16_MAX;
}

static bool
read_host(struct text text, char host[ADDRESS_HOST_MAX + 1])
{
    bool in_brackets = text.length >= 2 && text.at[0] == '[' && text.at[text.length - 1] == ']';
    if (in_brackets)
        text = (struct text){text.at + 1, text.length - 2};
    if (text.length < 1 || text.length > ADDRESS_HOST_MAX)
        return false;
    for (uint32_t i = 0; i < text.length; i++)
        if (!is_host_byte(text.at[i], in_brackets))
            return false;
    memcpy(host, text.at, text.length);
    host[text.length] = '\0';
    return true;
}

static struct text
trim(struct text text)
{
    while (text.length > 0 && (*text.at == ' ' || *text.at == '\t'))
        text = text_skip(text, 1);
    while (text.length > 0 && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
        text.length--;
    return text;
}

static bool
add_address(struct address_list *list, struct text text)
{
    uint32_t colon = text.length;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    if (colon == 0 || list->count == ADDRESSES_MAX)
        return false;
    struct text host = {text.at, colon - 1};
    if (!read_host(host, list->at[list->count].host) ||
        !read_port(text_skip(text, colon), &list->at[list->count].port))
        return false;
    list->count++;
    return true;
}

bool
address_list_read(struct address_list *list, struct text value)
{
    struct address_list found = {.count = 0};
    value = trim(value);
    while (!text_is_none(value)) {
        const char *comma = memchr(value.at, ',', value.length);
        uint32_t length = comma != NULL ? (uint32_t)(comma - value.at) : value.length;
        if (!add_address(&found, trim((struct text){value.at, length})))
            return false;
        value = text_skip(value, length + (comma != NULL));
        if (comma != NULL && text_is_none(value))
            return false; /* nothing behind the comma */
    }
    *list = found;
    return true;
}

bool
address_list_is_same(const struct address_list *one, const struct address_list *other)
{
    bool same = one->count == other->count;
    for (uint32_t i = 0; same && i < one->count; i++)
        same =
            one->at[i].port == other->at[i].port && strcmp(one->at[i].host, other->at[i].host) == 0;
    return same;
}

void
address_write(char text[ADDRESS_TEXT_SIZE], const struct address_list *list, uint32_t at)
{
    const char *host = list->at[at].host;
    bool brackets = strchr(host, ':') != NULL;
    snprintf(text, ADDRESS_TEXT_SIZE, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "",
             (unsigned)list->at[at].port);
}
