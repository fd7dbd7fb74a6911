#ifndef ENGINE_ADDRESS_LIST_H
#define ENGINE_ADDRESS_LIST_H

/*
 * engine/address_list.h - where a switch listens, as a configuration writes it.
 */

#include "engine/settings.h"

enum {
    ADDRESS_TEXT_SIZE = ADDRESS_HOST_MAX + 16, /* of one as it is written, with its end */
};

/* address_write - number `at` of the list as it stands in a configuration: host:port */
void address_write(char text[ADDRESS_TEXT_SIZE], const struct address_list *list, uint32_t at);

/*
 * address_list_read - host:port, with commas between; an IPv6 address in [brackets]
 *
 * An empty value is an empty list. False, *list untouched: a port that is none of 1..65535, a host
 * of more than ADDRESS_HOST_MAX bytes or with characters no host name has, more than ADDRESSES_MAX.
 */
bool address_list_read(struct address_list *list, struct text value);

/* address_list_is_same - the same addresses, in the same order? */
bool address_list_is_same(const struct address_list *one, const struct address_list *other);

#endif
