#include "engine/csta/xml_index.h"

#include <string.h>

#include "base/check.h"
#include "engine/csta/xml_char.h"

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

/* Vectors of the compiler's own: every processor has something for them. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

static bool
is_any(sixteen marks)
{
    uint64_t halves[2];
    memcpy(halves, &marks, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* Finds out which of the bytes that are rare there are. */
static void
look_closer(struct xml_index *index, const char *bytes, size_t length)
{
    sixteen high = {0}, control = {0}, returns = {0}, brackets = {0};
    char last[XML_BLOCK];
    for (size_t block = 0; block < index->block_count; block++) {
        const char *from = block_at(last, bytes, length, block);
        for (size_t i = 0; i < XML_BLOCK; i += sizeof(sixteen)) {
            sixteen some;
            memcpy(&some, from + i, sizeof(some));
            sixteen is_return = (sixteen)(some == '\r');
            high |= some & 0x80;
            control |= (sixteen)(some < ' ') & (sixteen)(some != '\t') & (sixteen)(some != '\n') &
                       ~is_return;
            returns |= is_return;
            brackets |= (sixteen)(some == ']');
        }
    }
    index->has_high = is_any(high);
    index->has_control = is_any(control);
    index->has_return = is_any(returns);
    index->has_bracket = is_any(brackets);
}

/* Most documents have no byte that is rare. */
STEP void
finish(struct xml_index *index, const char *bytes, size_t length, bool has_suspects)
{
    index->has_high = index->has_control = index->has_return = index->has_bracket = false;
    if (has_suspects)
        look_closer(index, bytes, length);
}

/* ------------------------------------------------------------------------ plain: byte by byte */

enum {
    CLASS_TAG = 1 << 0,
    CLASS_REFERENCE = 1 << 1,
    CLASS_QUOTE = 1 << 2,
    CLASS_NAME = 1 << 3,
    CLASS_SUSPECT = 1 << 4, /* needs a closer look */
};

static uint8_t classes[256];

__attribute__((constructor)) static void
fill_classes(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        bool is_name = xml_byte_is((char)byte, XML_BYTE_NAME);
        bool is_suspect = (byte < ' ' && byte != '\n') || byte >= 0x80 || byte == ']';
        classes[byte] = (uint8_t)((is_name ? CLASS_NAME : 0) | (is_suspect ? CLASS_SUSPECT : 0));
    }
    classes['<'] = CLASS_TAG;
    classes['&'] = CLASS_REFERENCE;
    classes['"'] = CLASS_QUOTE;
}

#define EVERY(byte) (0x0101010101010101u * (byte))

/* One bit of each of eight classes, the first one's lowest. */
STEP uint64_t
gather(uint64_t eight, uint8_t class)
{
    return (((eight & EVERY(class)) / class) * 0x0102040810204080u) >> 56;
}

STEP uint64_t
classify(const char *bytes)
{
    uint64_t eight = 0;
    for (uint32_t i = 0; i < 8; i++)
        eight |= (uint64_t)classes[(uint8_t)bytes[i]] << 8 * i;
    return eight;
}

static void
build_plain(struct xml_index *index, const char *bytes, size_t length)
{
    char last[XML_BLOCK];
    uint64_t all = 0;
    index->block_count = count_blocks(length);
    for (size_t block = 0; block < index->block_count; block++) {
        const char *from = block_at(last, bytes, length, block);
        uint64_t tags = 0, references = 0, quotes = 0, names = 0;
        for (uint32_t i = 0; i < XML_BLOCK; i += 8) {
            uint64_t eight = classify(from + i);
            tags |= gather(eight, CLASS_TAG) << i;
            references |= gather(eight, CLASS_REFERENCE) << i;
            quotes |= gather(eight, CLASS_QUOTE) << i;
            names |= gather(eight, CLASS_NAME) << i;
            all |= eight;
        }
        index->tags[block] = tags;
        index->references[block] = references;
        index->quotes[block] = quotes;
        index->names[block] = names;
    }
    finish(index, bytes, length, (all & EVERY(CLASS_SUSPECT)) != 0);
}

/* ------------------------------------------------------------------------ AVX2: 32 bytes */

#if defined(__x86_64__)

/* Which bytes are of names, by their halves: a byte is one if what its high half and its low half
 * may be has a bit in common.
 *   1: - .   2: 0 to 9   4: A to O, a to o   8: P to Z, p to z   16: _ */
#define NAME_BY_LOW                                                                                \
    2 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, 2 | 4 | 8, \
        2 | 4 | 8, 4 | 8, 4, 4, 1 | 4, 1 | 4, 4 | 16
#define NAME_BY_HIGH 0, 0, 1, 2, 4, 8 | 16, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0

WIDE("avx2")
STEP uint32_t
avx2_names(__m256i bytes)
{
    const __m256i by_low = _mm256_setr_epi8(NAME_BY_LOW, NAME_BY_LOW);
    const __m256i by_high = _mm256_setr_epi8(NAME_BY_HIGH, NAME_BY_HIGH);
    const __m256i half = _mm256_set1_epi8(0x0f);
    __m256i low = _mm256_and_si256(bytes, half);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    __m256i common =
        _mm256_and_si256(_mm256_shuffle_epi8(by_low, low), _mm256_shuffle_epi8(by_high, high));
    __m256i is_none = _mm256_cmpeq_epi8(common, _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(is_none);
}

WIDE("avx2")
STEP uint64_t
avx2_mask(__m256i first, __m256i second, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(first, wanted));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(second, wanted));
    return low | (uint64_t)high << 32;
}

/* Those of the bytes that need a closer look. */
WIDE("avx2")
STEP __m256i
avx2_suspects(__m256i bytes)
{
    /* As signed numbers, bytes over 0x7f are below 0x20 too. */
    __m256i is_low = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes);
    __m256i is_line_feed = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n'));
    __m256i is_bracket = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(']'));
    return _mm256_or_si256(_mm256_andnot_si256(is_line_feed, is_low), is_bracket);
}

WIDE("avx2")
static void
build_avx2(struct xml_index *index, const char *bytes, size_t length)
{
    __m256i suspects = _mm256_setzero_si256();
    char last[XML_BLOCK];
    index->block_count = count_blocks(length);
    for (size_t block = 0; block < index->block_count; block++) {
        const char *from = block_at(last, bytes, length, block);
        __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)from);
        __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(from + 32));
        index->tags[block] = avx2_mask(first, second, '<');
        index->references[block] = avx2_mask(first, second, '&');
        index->quotes[block] = avx2_mask(first, second, '"');
        index->names[block] = avx2_names(first) | (uint64_t)avx2_names(second) << 32;
        suspects =
            _mm256_or_si256(suspects, _mm256_or_si256(avx2_suspects(first), avx2_suspects(second)));
    }
    finish(index, bytes, length, !_mm256_testz_si256(suspects, suspects));
}

/* ------------------------------------------------------------------------ AVX-512: 64 bytes */

WIDE("avx512bw")
STEP uint64_t
avx512_names(__m512i bytes)
{
    const __m512i by_low = _mm512_broadcast_i32x4(_mm_setr_epi8(NAME_BY_LOW));
    const __m512i by_high = _mm512_broadcast_i32x4(_mm_setr_epi8(NAME_BY_HIGH));
    const __m512i half = _mm512_set1_epi8(0x0f);
    __m512i low = _mm512_and_si512(bytes, half);
    __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half);
    return _mm512_test_epi8_mask(_mm512_shuffle_epi8(by_low, low),
                                 _mm512_shuffle_epi8(by_high, high));
}

WIDE("avx512bw")
static void
build_avx512(struct xml_index *index, const char *bytes, size_t length)
{
    const __m512i space = _mm512_set1_epi8(' '), line_feed = _mm512_set1_epi8('\n');
    __mmask64 suspects = 0;
    index->block_count = count_blocks(length);
    for (size_t block = 0; block < index->block_count; block++) {
        size_t left = length - block * XML_BLOCK;
        __mmask64 there = left < XML_BLOCK ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
        __m512i wide = _mm512_mask_loadu_epi8(space, there, bytes + block * XML_BLOCK);
        index->tags[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('<'));
        index->references[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('&'));
        index->quotes[block] = _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8('"'));
        index->names[block] = avx512_names(wide);
        /* As signed numbers, bytes over 0x7f are below 0x20 too. */
        __mmask64 low = _mm512_cmplt_epi8_mask(wide, space);
        suspects |= _mm512_mask_cmpneq_epi8_mask(low, wide, line_feed) |
                    _mm512_cmpeq_epi8_mask(wide, _mm512_set1_epi8(']'));
    }
    finish(index, bytes, length, suspects != 0);
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
