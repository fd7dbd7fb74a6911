#include "engine/csta/xml_decode.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_expat.h"
#include "engine/csta/xml_fast.h"

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum csta_result
xml_decode(struct csta_message *message, const char *bytes, size_t length,
           const struct csta_options *options, struct csta_scratch *scratch, const char **why,
           size_t *where)
{
    CHECK(message != NULL && options != NULL && scratch != NULL);
    CHECK((bytes != NULL || length == 0) && length <= UINT32_MAX);
    struct text document = xml_without_padding((struct text){bytes, (uint32_t)length});
    switch (xml_fast_decode(message, document, xml_index_best(), options, scratch, why, where)) {
    case XML_FAST_OK:
        return CSTA_OK;
    case XML_FAST_UNUSABLE:
        *where += (size_t)(document.at - bytes);
        return CSTA_UNUSABLE;
    case XML_FAST_PASSED_ON:
        break;
    }
    return xml_expat_decode(message, bytes, length, options, scratch, why, where);
}
/* NOLINTEND(readability-function-size) */
