#include "bench/peer_rapidxml.h"

#include <rapidxml/rapidxml.hpp>

/* Made when it is first asked for: its constructor may throw. */
static rapidxml::xml_document<> &
document()
{
    static rapidxml::xml_document<> made;
    return made;
}

int
peer_rapidxml_parse(char *bytes_terminated)
{
    try {
        document().clear();
        document().parse<rapidxml::parse_fastest>(bytes_terminated);
        return 1;
    } catch (const rapidxml::parse_error &) {
        return 0;
    }
}

static size_t
count(const rapidxml::xml_node<> *node)
{
    size_t found = node->type() == rapidxml::node_element;
    for (const auto *child = node->first_node(); child != nullptr; child = child->next_sibling())
        found += count(child);
    return found;
}

size_t
peer_rapidxml_elements()
{
    return count(&document());
}
