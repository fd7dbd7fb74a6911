/*
 * Every sample, cut off at every byte and with every bit turned over: nothing outside the message
 * is read (each is decoded in a piece of memory of exactly its size, for the sanitizers), and no
 * device is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/csta/ber_decode.h"
#include "engine/csta/xml_decode.h"

#define BIT(text) (UINT32_C(1) << EVENT_TEXT_##text)

enum {
    BER_PREFIX = 2, /* bytes of length before a PDU in a sample */
};

static const uint32_t device_texts =
    BIT(DEVICE) | BIT(SUBJECT) | BIT(RELEASING) | BIT(CALLING) | BIT(CALLED) |
    BIT(LAST_REDIRECTION) | BIT(NEW_DESTINATION) | BIT(NETWORK_DEVICE) | BIT(SECOND_DEVICE) |
    BIT(ASSOCIATED_CALLING) | BIT(ASSOCIATED_CALLED) | BIT(NETWORK_CALLING) | BIT(NETWORK_CALLED);

static struct csta_message message;
static struct csta_scratch scratch;
static unsigned long decoded; /* messages, and those of them that could be read */
static unsigned long readable;

/* ---- what a device may come from ------------------------------------------------------------- */

static bool
holds(const char *bytes, size_t length, const char *run, size_t run_length)
{
    return memmem(bytes, length, run, run_length) != NULL;
}

/* One reference, such as &lt; or &#x41;; gives the bytes it took, 0 if it is none of ours. */
static size_t
unescape_one(const char *at, size_t length, char *out)
{
    static const struct {
        const char *name;
        char is;
    } named[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        size_t size = strlen(named[i].name);
        if (length >= size && memcmp(at, named[i].name, size) == 0) {
            *out = named[i].is;
            return size;
        }
    }
    return 0;
}

static size_t
unescape(char *out, const char *bytes, size_t length)
{
    size_t made = 0;
    for (size_t at = 0; at < length;) {
        size_t took = unescape_one(bytes + at, length - at, out + made);
        if (took == 0)
            out[made] = bytes[at];
        at += took == 0 ? 1 : took;
        made++;
    }
    return made;
}

static bool
is_of_xml(struct text device, const char *bytes, size_t length)
{
    static char plain[CSTA_MESSAGE_MAX];
    if (holds(bytes, length, device.at, device.length))
        return true;
    return holds(plain, unescape(plain, bytes, length), device.at, device.length);
}

/* "0x" and the hex of some bytes of the message. */
static bool
is_hex_of(struct text device, const char *bytes, size_t length)
{
    char run[CSTA_MESSAGE_MAX];
    size_t size = 0;
    if (device.length < 4 || device.length % 2 != 0 || memcmp(device.at, "0x", 2) != 0)
        return false;
    for (uint32_t at = 2; at < device.length; at += 2) {
        char *end;
        char pair[3] = {device.at[at], device.at[at + 1], '\0'};
        run[size++] = (char)strtoul(pair, &end, 16);
        if (end != pair + 2)
            return false;
    }
    return holds(bytes, length, run, size);
}

/* The decimal of an INTEGER whose content stands in the message. */
static bool
is_decimal_of(struct text device, const char *bytes, size_t length)
{
    char digits[32], *end;
    if (device.length >= sizeof digits)
        return false;
    memcpy(digits, device.at, device.length);
    digits[device.length] = '\0';
    uint64_t value = (uint64_t)strtoll(digits, &end, 10);
    if (*end != '\0')
        return false;
    for (int size = 1; size <= 8; size++) {
        char content[8];
        for (int i = 0; i < size; i++)
            content[i] = (char)(value >> (8 * (size - 1 - i)));
        if (holds(bytes, length, content, (size_t)size))
            return true;
    }
    return false;
}

static bool
is_of_ber(struct text device, const char *bytes, size_t length)
{
    return holds(bytes, length, device.at, device.length) || is_hex_of(device, bytes, length) ||
           is_decimal_of(device, bytes, length);
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* How a sample is written, and how a device of it is told to stand in it. */
struct writing {
    enum csta_encoding encoding;
    bool (*is_of)(struct text device, const char *bytes, size_t length);
};

static void
check_device(const struct writing *writing, struct text device, const char *bytes, size_t length)
{
    if (device.length == 0 || writing->is_of(device, bytes, length))
        return;
    print_error("encoding %d made up \"%.*s\" from:", (int)writing->encoding, (int)device.length,
                device.at);
    for (size_t i = 0; i < length; i++)
        print_error("%02x", (unsigned char)bytes[i]);
    print_error("\n");
    fail();
}

static void
check_devices(const struct writing *writing, const char *bytes, size_t length)
{
    const struct event *event = &message.event;
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++)
        if ((device_texts >> i & 1) != 0)
            check_device(writing, event->texts[i], bytes, length);
    for (uint32_t i = 0; i < event->item_count; i++) {
        check_device(writing, event->items[i].new_device, bytes, length);
        check_device(writing, event->items[i].old_device, bytes, length);
        check_device(writing, event->items[i].endpoint, bytes, length);
    }
    if (!message.object_is_call)
        check_device(writing, message.object, bytes, length);
}

static void
decode_one(const struct writing *writing, const char *bytes, size_t length)
{
    const struct csta_options options = {.loose_causes = false};
    const char *why = NULL;
    size_t where = 0;
    enum csta_result result;
    scratch.used = 0;
    if (writing->encoding == ENCODING_XML)
        result = xml_decode(&message, bytes, length, &options, &scratch, &why, &where);
    else
        result = ber_decode(&message, bytes, length, writing->encoding, &scratch, &why, &where);
    decoded++;
    if (result != CSTA_OK) {
        assert_non_null(why);
        assert_true(where <= length);
        return;
    }
    readable++;
    check_devices(writing, bytes, length);
}

/* ---- what is done to a sample ---------------------------------------------------------------- */

/* A copy in memory of exactly `length` bytes; malloc(0) would still have some. */
static char *
exact_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

static void
cut_everywhere(const struct writing *writing, const char *bytes, size_t length)
{
    for (size_t size = 1; size <= length; size++) {
        char *copy = exact_copy(bytes, size);
        decode_one(writing, copy, size);
        free(copy);
    }
}

static void
turn_every_bit(const struct writing *writing, const char *bytes, size_t length)
{
    char *copy = exact_copy(bytes, length);
    for (size_t bit = 0; bit < length * 8; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        decode_one(writing, copy, length);
        copy[bit / 8] = bytes[bit / 8];
    }
    free(copy);
}

typedef void maltreat(const struct writing *writing, const char *bytes, size_t length);

static void
in_every_writing(maltreat *what, const char *name, const char *bytes, size_t length)
{
    static const struct writing xml = {ENCODING_XML, is_of_xml};
    static const struct writing phases[] = {
        {ENCODING_BER1, is_of_ber}, {ENCODING_BER2, is_of_ber}, {ENCODING_BER3, is_of_ber}};
    if (strcmp(name + strlen(name) - 4, ".xml") == 0) {
        what(&xml, bytes, length);
        return;
    }
    for (int i = 0; i < 3; i++)
        what(&phases[i], bytes + BER_PREFIX, length - BER_PREFIX);
}

/* Gives how many samples there were. */
static int
for_all(maltreat *what)
{
    static char bytes[CSTA_MESSAGE_MAX];
    DIR *directory = opendir(TESTS_DIR "/samples");
    assert_non_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size < 4 || (strcmp(entry->d_name + size - 4, ".xml") != 0 &&
                         strcmp(entry->d_name + size - 4, ".ber") != 0))
            continue;
        char path[512];
        snprintf(path, sizeof path, "%s/samples/%s", TESTS_DIR, entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        assert_true(feof(file) && length > BER_PREFIX);
        fclose(file);
        in_every_writing(what, entry->d_name, bytes, length);
        count++;
    }
    closedir(directory);
    return count;
}

static void
a_sample_cut_anywhere_makes_up_nothing(void **state)
{
    (void)state;
    decoded = readable = 0;
    assert_true(for_all(cut_everywhere) >= 70);
    assert_true(readable > 0 && readable < decoded);
}

static void
a_sample_with_any_bit_turned_makes_up_nothing(void **state)
{
    (void)state;
    decoded = readable = 0;
    assert_true(for_all(turn_every_bit) >= 70);
    assert_true(readable > 0 && readable < decoded);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_cut_anywhere_makes_up_nothing),
        cmocka_unit_test(a_sample_with_any_bit_turned_makes_up_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
