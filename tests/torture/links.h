#ifndef TESTS_TORTURE_LINKS_H
#define TESTS_TORTURE_LINKS_H

/*
 * tests/torture/links.h - two outputs, link by link: with several front-ends the results of links
 * come mixed, but each link's are in order.
 */

#include <stdbool.h>

/* links_are_same - do both files say the same of each link, in the same order? */
bool links_are_same(const char *one, const char *other);

#endif
