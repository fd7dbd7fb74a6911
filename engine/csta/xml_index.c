#include "engine/csta/xml_index.h"

#include <endian.h>
#include <string.h>

#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WIDE(features) __attribute__((target(features)))
#endif

/* Small steps of the loops below: a call for each would cost more than what they do. */
#define STEP static inline __attribute__((always_inline))

static_assert(CSTA_MESSAGE_MAX % XML_BLOCK == 0, "every byte has its bit");

STEP uint32_t
count_blocks(size_t length)
{
    CHECK(length <= CSTA_MESSAGE_MAX);
    return (uint32_t)((length + XML_BLOCK - 1) / XML_BLOCK);
}

/* The bytes of a block; the last one may have to be filled up with spaces, in `last`. */
STEP const char *
block_at(char last[XML_BLOCK], const char *bytes, size_t length, size_t block)
{
    size_t left = length - block * XML_BLOCK;
    if (left >= XML_BLOCK)
        return bytes + block * XML_BLOCK;
    memset(last, ' ', XML_BLOCK);
    memcpy(last, bytes + block * XML_BLOCK, left);
    return last;
}

/* ------------------------------------------------------------------------ plain: 8 bytes in a word */

#define EVERY(byte) (0x0101010101010101u * (byte))

/* The high bit of each byte that is `byte`. */
static uint64_t
equal(uint64_t word, uint8_t byte)
{
    uint64_t other = word ^ EVERY(byte);
    return ~(((other & EVERY(0x7f)) + EVERY(0x7f)) | other | EVERY(0x7f));
}

/* The high bits of a word's bytes, the first byte's lowest. */
static uint64_t
gather(uint64_t high)
{
    return ((high >> 7) * 0x0102040810204080u) >> 56;
}

static void
take_words(struct xml_index *index, const char *bytes, size_t block)
{
    uint64_t tags = 0, references = 0, quotes = 0, high = 0, control = 0, returns = 0, brackets = 0;
    for (uint32_t i = 0; i < XML_BLOCK; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word = le64toh(word);
        tags |= gather(equal(word, '<')) << i;
        references |= gather(equal(word, '&')) << i;
        quotes |= gather(equal(word, '"')) << i;
        uint64_t carriage = equal(word, '\r');
        high |= word;
        control |= ~((word | EVERY(0x80)) - EVERY(0x20)) & ~word & ~equal(word, '\n') &
                   ~equal(word, '\t') & ~carriage;
        returns |= carriage;
        brackets |= equal(word, ']');
    }
    index->tags[block] = tags;
    index->references[block] = references;
    index->quotes[block] = quotes;
    index->has_high |= (high & EVERY(0x80)) != 0;
    index->has_control |= (control & EVERY(0x80)) != 0;
    index->has_return |= returns != 0;
    index->has_bracket |= brackets != 0;
}

static void
build_plain(struct xml_index *index, const char *bytes, size_t length)
{
    char last[XML_BLOCK];
    index->block_count = count_blocks(length);
    index->has_high = index->has_control = index->has_return = index->has_bracket = false;
    for (size_t block = 0; block < index->block_count; block++)
        take_words(index, block_at(last, bytes, length, block), block);
}

/* ------------------------------------------------------------------------ AVX2: 32 bytes */

#if defined(__x86_64__)

/* What the blocks so far had, in any of their bytes. */
struct avx2_seen {
    __m256i high;
    __m256i control;
    __m256i returns;
    __m256i brackets;
};

WIDE("avx2")
STEP uint64_t
avx2_mask(__m256i first, __m256i second, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(first, wanted));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(second, wanted));
    return low | (uint64_t)high << 32;
}

WIDE("avx2")
STEP void
avx2_see(struct avx2_seen *seen, __m256i bytes)
{
    /* Each white control character at its own low nibble, at all others something else. */
    const __m256i white =
        _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1, /**/
                         -1, -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1);
    __m256i is_white = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(white, bytes), bytes);
    /* As signed numbers, bytes over 0x7f are below 0x20 too; they are told apart at the end. */
    __m256i is_low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes);
    __m256i is_control = _mm256_andnot_si256(_mm256_or_si256(is_white, bytes), is_low);
    seen->high = _mm256_or_si256(seen->high, bytes);
    seen->control = _mm256_or_si256(seen->control, is_control);
    seen->returns =
        _mm256_or_si256(seen->returns, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r')));
    seen->brackets =
        _mm256_or_si256(seen->brackets, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(']')));
}

WIDE("avx2")
static void
build_avx2(struct xml_index *index, const char *bytes, size_t length)
{
    const __m256i none = _mm256_setzero_si256();
    struct avx2_seen seen = {none, none, none, none};
    char last[XML_BLOCK];
    index->block_count = count_blocks(length);
    for (size_t block = 0; block < index->block_count; block++) {
        const char *from = block_at(last, bytes, length, block);
        __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)from);
        __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(from + 32));
        avx2_see(&seen, first);
        avx2_see(&seen, second);
        index->tags[block] = avx2_mask(first, second, '<');
        index->references[block] = avx2_mask(first, second, '&');
        index->quotes[block] = avx2_mask(first, second, '"');
    }
    index->has_high = _mm256_movemask_epi8(seen.high) != 0;
    index->has_control = _mm256_movemask_epi8(seen.control) != 0;
    index->has_return = _mm256_movemask_epi8(seen.returns) != 0;
    index->has_bracket = _mm256_movemask_epi8(seen.brackets) != 0;
}

/* ------------------------------------------------------------------------ AVX-512: 64 bytes */

WIDE("avx512bw")
static void
build_avx512(struct xml_index *index, const char *bytes, size_t length)
{
    uint64_t high = 0, control = 0, returns = 0, brackets = 0;
    index->block_count = count_blocks(length);
    for (size_t block = 0; block < index->block_count; block++) {
        size_t left = length - block * XML_BLOCK;
        __mmask64 there = left < XML_BLOCK ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
        __m512i wide = _mm512_maskz_loadu_epi8(there, bytes + block * XML_BLOCK);
        uint64_t carriage = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('\r'));
        control |= _mm512_mask_cmplt_epu8_mask(there, wide, _mm512_set1_epi8(0x20)) &
                   ~(_mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('\n')) | carriage |
                     _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('\t')));
        high |= _mm512_movepi8_mask(wide);
        returns |= carriage;
        brackets |= _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8(']'));
        index->tags[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('<'));
        index->references[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('&'));
        index->quotes[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('"'));
    }
    index->has_high = high != 0;
    index->has_control = control != 0;
    index->has_return = returns != 0;
    index->has_bracket = brackets != 0;
}

#endif

/* ------------------------------------------------------------------------ which one */

static struct xml_index_way ways[3] = {{"plain", build_plain}};
static uint32_t way_count = 1;

#if defined(__x86_64__)
__attribute__((constructor)) static void
find_ways(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        ways[way_count++] = (struct xml_index_way){"avx2", build_avx2};
    if (__builtin_cpu_supports("avx512bw"))
        ways[way_count++] = (struct xml_index_way){"avx512", build_avx512};
}
#endif

uint32_t
xml_index_ways(const struct xml_index_way **found)
{
    *found = ways;
    return way_count;
}

const struct xml_index_way *
xml_index_best(void)
{
    return &ways[way_count - 1];
}
