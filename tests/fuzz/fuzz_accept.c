/* Any bytes as an Accept header: the answer is a quality. */
#include "base/accept.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16)
        return 0;
    struct text header = {(const char *)data, (uint32_t)size};
    uint32_t plain = accept_quality(header, "text/plain");
    uint32_t open = accept_quality(header, "application/openmetrics-text");
    CHECK(plain <= ACCEPT_MOST);
    CHECK(open <= ACCEPT_MOST);
    if (size == 0)
        CHECK(plain == ACCEPT_MOST && open == ACCEPT_MOST);
    return 0;
}
