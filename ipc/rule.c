#include "ipc/rule.h"

#include <assert.h>

#include "base/check.h"

static_assert(RULE_COUNT <= 256, "a byte of an outcome");
static_assert(FINDING_COUNT <= 8, "the bits of a byte of an outcome");

static const struct rule_row rules[] = {
    [RULE_NONE] = {"none", RULE_IS_NONE, "", "", "", ""},
#define RULE(name, kind, section, title, says, certain_if)                                         \
    [RULE_##name] = {#name, RULE_IS_##kind, section, title, says, certain_if},
#include "ipc/rule.def"
#undef RULE
};

static const struct finding_row findings[] = {
#define FINDING(name, printed, says, helps) [FINDING_##name] = {printed, says, helps},
#include "ipc/finding.def"
#undef FINDING
};

const struct rule_row *
rule_row(uint8_t rule)
{
    return &rules[rule < RULE_COUNT ? rule : RULE_NONE];
}

const struct finding_row *
finding_row(uint32_t finding)
{
    CHECK(finding < FINDING_COUNT);
    return &findings[finding];
}
