#include "ipc/histogram.h"

#include "base/check.h"

void
latency_add(struct latency *latency, const struct shm_histogram *histogram)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        /* relaxed: no edge. A torn view is one that was true of each bucket a moment ago. */
        uint64_t count = atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
        latency->bucket[i] += count;
        latency->count += count;
    }
    /* relaxed: no edge. */
    uint64_t longest_ns = atomic_load_explicit(&histogram->longest_ns, memory_order_relaxed);
    latency->sum_ns += atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
    if (longest_ns > latency->longest_ns)
        latency->longest_ns = longest_ns;
}

void
latency_subtract(struct latency *latency, const struct latency *before)
{
    if (latency->count < before->count || latency->sum_ns < before->sum_ns)
        return;
    latency->count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t now = latency->bucket[i];
        latency->bucket[i] = now > before->bucket[i] ? now - before->bucket[i] : 0;
        latency->count += latency->bucket[i];
    }
    latency->sum_ns -= before->sum_ns;
}

uint64_t
latency_quantile_ns(const struct latency *latency, uint32_t per_mille)
{
    CHECK(per_mille <= 1000);
    if (latency->count == 0)
        return 0;
    /* Without a product that could overflow, whatever the words of a foreign segment say. */
    uint64_t rank = latency->count / 1000 * per_mille + latency->count % 1000 * per_mille / 1000;
    uint64_t passed = 0;
    uint32_t at = 0;
    for (; at < HISTOGRAM_BUCKETS - 1; at++) {
        passed += latency->bucket[at];
        if (passed > rank || passed == latency->count)
            break;
    }
    uint64_t end = histogram_end(at);
    bool is_last = at == HISTOGRAM_BUCKETS - 1 || end > latency->longest_ns;
    return is_last && latency->longest_ns != 0 ? latency->longest_ns : end;
}

const char *
stage_name(enum stage stage)
{
    static const char *const names[] = {
#define STAGE(name, printed, meaning) [STAGE_##name] = printed,
#include "ipc/stage.def"
#undef STAGE
    };
    CHECK(stage < STAGE_COUNT);
    return names[stage];
}

const char *
stage_meaning(enum stage stage)
{
    static const char *const meanings[] = {
#define STAGE(name, printed, meaning) [STAGE_##name] = meaning,
#include "ipc/stage.def"
#undef STAGE
    };
    CHECK(stage < STAGE_COUNT);
    return meanings[stage];
}
