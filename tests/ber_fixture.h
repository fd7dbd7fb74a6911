#ifndef TESTS_BER_FIXTURE_H
#define TESTS_BER_FIXTURE_H

/*
 * tests/ber_fixture.h - one decoder for the tests of ber_decode(): put a PDU together from hex and
 * elements, decode a copy of exactly its size, look at the message. Include it after cmocka.h.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/csta/ber_decode.h"

static struct csta_message message;
static struct csta_scratch scratch;
static const char *why;
static size_t where;
static char *decoded; /* the texts of `message` point here */

/* Where PDUs are put together; starts anew when it is full, long after the last one was used. */
static char arena[64 * CSTA_MESSAGE_MAX];
static size_t arena_used;

static inline struct text
kept(size_t length)
{
    assert_true(length <= CSTA_MESSAGE_MAX);
    if (length > sizeof(arena) - arena_used)
        arena_used = 0;
    struct text text = {arena + arena_used, (uint32_t)length};
    arena_used += length;
    return text;
}

/* The bytes that hex digits say; spaces do not matter. */
static inline struct text
hex(const char *digits)
{
    char bytes[CSTA_MESSAGE_MAX];
    size_t length = 0;
    for (const char *at = digits; *at != '\0';) {
        char *end;
        char pair[3] = {at[0], at[0] == ' ' ? '\0' : at[1], '\0'};
        if (strchr(" \n\r", at[0]) != NULL) {
            at++;
            continue;
        }
        bytes[length++] = (char)strtoul(pair, &end, 16);
        assert_true(end == pair + 2);
        at += 2;
    }
    struct text text = kept(length);
    memcpy((char *)(uintptr_t)text.at, bytes, length);
    return text;
}

static inline struct text
joined(const struct text *parts, size_t count)
{
    char bytes[CSTA_MESSAGE_MAX];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(length + parts[i].length <= sizeof(bytes));
        if (parts[i].length > 0)
            memcpy(bytes + length, parts[i].at, parts[i].length);
        length += parts[i].length;
    }
    struct text text = kept(length);
    memcpy((char *)(uintptr_t)text.at, bytes, length);
    return text;
}

/* Elements one after the other. */
#define ALL(...)                                                                                   \
    joined((const struct text[]){__VA_ARGS__},                                                     \
           sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text))

/* One element, its length in the shortest form. */
static inline struct text
tlv(uint8_t tag, struct text content)
{
    uint32_t length = content.length;
    char header[4] = {(char)tag, (char)length};
    uint32_t size = 2;
    if (length > 0xff) {
        memcpy(header + 1, (char[]){(char)0x82, (char)(length >> 8), (char)length}, 3);
        size = 4;
    } else if (length > 0x7f) {
        memcpy(header + 1, (char[]){(char)0x81, (char)length}, 2);
        size = 3;
    }
    return ALL(((struct text){header, size}), content);
}

#define STR(tag, string)  tlv((tag), text_of(string))
#define SEQ(tag, ...)     tlv((tag), ALL(__VA_ARGS__))
#define BYTE(tag, number) tlv((tag), ((struct text){(char[]){(char)(number)}, 1}))

/* A ROSE invoke and a return result, invokeID 7; the operation is a length and octets in hex. */
#define INVOKE(operation, ...) SEQ(0xA1, hex("02 01 07"), hex("02" operation), __VA_ARGS__)
#define RESULT(operation, ...)                                                                     \
    SEQ(0xA2, hex("02 01 07"), SEQ(0x30, hex("02" operation), __VA_ARGS__))

/* Reports of the three phases, monitorCrossRefID m1. */
#define REPORT1(type, ...)                                                                         \
    INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), hex("80" type), SEQ(0x30, __VA_ARGS__)))
#define REPORT2(tag, ...)                                                                          \
    INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, SEQ(tag, SEQ(0x30, __VA_ARGS__)))))
#define REPORT3(tag, ...)                                                                          \
    INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, SEQ(tag, __VA_ARGS__))))

/* A connection and a device, phases I and II. */
#define CONNECTION1(call, device) SEQ(0x6B, STR(0x82, call), STR(0x80, device))
#define DEVICE1(tag, number)      SEQ(tag, STR(0x80, number))

/* Likewise, phase III. */
#define ID3(number)               SEQ(0x30, STR(0x80, number))
#define DEVICE3(tag, number)      SEQ(tag, ID3(number))
#define BOTH3(call, device)       SEQ(0x30, STR(0x80, call), SEQ(0xA1, ID3(device)))
#define CONNECTION3(call, device) SEQ(0x6B, BOTH3(call, device))

static inline enum csta_result
decode_text(struct text pdu, enum csta_encoding phase)
{
    free(decoded);
    decoded = malloc(pdu.length > 0 ? pdu.length : 1);
    assert_non_null(decoded);
    if (pdu.length > 0)
        memcpy(decoded, pdu.at, pdu.length);
    why = NULL;
    where = SIZE_MAX;
    enum csta_result result =
        ber_decode(&message, decoded, pdu.length, phase, &scratch, &why, &where);
    assert_true((result == CSTA_OK) == (why == NULL));
    assert_true(result == CSTA_OK || where <= pdu.length);
    return result;
}

static inline void
check_is(const char *file, int line, struct text text, const char *expected)
{
    if (text_is_equal(text, text_of(expected)))
        return;
    print_error("%s:%d: \"%.*s\", not \"%s\"\n", file, line, (int)text.length, text.at, expected);
    fail();
}

static inline void
check_decodes(const char *file, int line, struct text pdu, enum csta_encoding phase)
{
    if (decode_text(pdu, phase) == CSTA_OK)
        return;
    print_error("%s:%d: %s at %zu\n", file, line, why, where);
    fail();
}

/* The text holds just these characters; "" for an absent one. */
#define IS(text, expected)   check_is(__FILE__, __LINE__, (text), (expected))
#define HAS(which, expected) IS(message.event.texts[EVENT_TEXT_##which], (expected))
#define DECODES(phase, pdu)  check_decodes(__FILE__, __LINE__, (pdu), ENCODING_BER##phase)
#define CLASS_IS(wanted)     assert_int_equal(message.message_class, MESSAGE_##wanted)
#define KIND_IS(wanted)      assert_int_equal(message.event.kind, EVENT_##wanted)
#define STATE_IS(wanted)     assert_int_equal(message.event.local_state, LOCAL_##wanted)
#define CAUSE_IS(wanted)     assert_int_equal(message.event.cause, (wanted))
#define ITEM(index)          message.event.items[index]
#define FAILS(phase, pdu, result, at)                                                              \
    do {                                                                                           \
        assert_int_equal(decode_text((pdu), ENCODING_BER##phase), CSTA_##result);                  \
        assert_int_equal(where, (at));                                                             \
    } while (0)

/* read_oxe - a sample of tests/samples/ that is written in hex, without its length prefix. */
static inline struct text
read_oxe(const char *name)
{
    char path[512];
    char digits[4096] = "";
    snprintf(path, sizeof(path), "%s/samples/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(digits, 1, sizeof(digits) - 1, file);
    assert_true(feof(file) && length > 0);
    fclose(file);
    struct text frame = hex(digits);
    assert_true(frame.length > 2 &&
                (uint8_t)frame.at[0] * 256 + (uint8_t)frame.at[1] == (int)frame.length - 2);
    return text_skip(frame, 2);
}

/* for_each_oxe - every BER sample; how many there were. */
static inline int
for_each_oxe(void (*visit)(struct text pdu))
{
    DIR *directory = opendir(TESTS_DIR "/samples");
    assert_non_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".hex") != 0)
            continue;
        visit(read_oxe(entry->d_name));
        count++;
    }
    closedir(directory);
    return count;
}

#endif
