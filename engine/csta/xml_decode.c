#include "engine/csta/xml_decode.h"

#include "base/check.h"
#include "engine/csta/xml_expat.h"

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum csta_result
xml_decode(struct csta_message *message, const char *bytes, size_t length,
           const struct csta_options *options, struct csta_scratch *scratch, const char **why,
           size_t *where)
{
    CHECK(message != NULL && options != NULL && scratch != NULL && (bytes != NULL || length == 0));
    return xml_expat_decode(message, bytes, length, options, scratch, why, where);
}
/* NOLINTEND(readability-function-size) */
