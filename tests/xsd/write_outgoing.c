/* write_outgoing EDITION DIR - every message xml_encode() can write, one file each. */
#include <stdio.h>
#include <string.h>

#include "engine/csta/xml_encode.h"

static const char *const roots[] = {
#define OUTGOING(name, root, phase12, phase3) root,
#include "engine/csta/outgoing.def"
#undef OUTGOING
};

static struct outgoing
message_of(enum outgoing_kind kind)
{
    return (struct outgoing){
        .kind = kind,
        .call = TEXT("FF000100 <&>\""),
        .device = TEXT("N<302118840101>;noa=nk"),
        .cross_ref = TEXT("1166743342"),
        .status = STATUS_MESSAGES_LOST,
        .register_id = TEXT("27ss"),
        .application = TEXT("onhook"),
        .user = TEXT("j\xc3\xa4ger & s\xc3\xb6hne"),
        .password = TEXT("<\">"),
        .version = TEXT("http://www.ecma-international.org/standards/ecma-323/csta/ed4"),
        .session = TEXT("469421A9-0"),
        .switch_name = TEXT("<North & \"South\">"),
        .session_seconds = 180,
    };
}

static int
write_one(const char *folder, struct xml_namespaces namespaces, const struct outgoing *message,
          const char *variant)
{
    static char bytes[OUTGOING_SIZE_MAX];
    char path[1024];
    size_t length;
    const char *why = "";
    enum encode_result result =
        xml_encode(bytes, sizeof(bytes), &length, message, &namespaces, &why);
    if (result == ENCODE_UNKNOWN)
        return 0;
    const char *root = roots[message->kind];
    const char *of = message->kind == OUTGOING_GET_DEVICE_ID ? "avaya"
                     : strstr(root, "Application") == NULL   ? "csta"
                                                             : "session";
    if (result != ENCODE_OK) {
        fprintf(stderr, "%s: %s\n", root, why);
        return 1;
    }
    snprintf(path, sizeof(path), "%s/%s-%s%s.xml", folder, of, root, variant);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return 1;
    size_t written = fwrite(bytes, 1, length, file);
    return fclose(file) == 0 && written == length ? 0 : 1;
}

static int
write_variants(const char *folder, struct xml_namespaces namespaces)
{
    struct outgoing message = message_of(OUTGOING_MONITOR_START);
    message.monitors_calls = true;
    int failed = write_one(folder, namespaces, &message, "-call");
    message.call = TEXT_NONE;
    message.device_is_other = message.is_filtered = true;
    failed |= write_one(folder, namespaces, &message, "-filtered");
    message = message_of(OUTGOING_CLEAR_CONNECTION);
    message.device_is_dynamic = true;
    failed |= write_one(folder, namespaces, &message, "-dynamic");
    message.kind = OUTGOING_SYSTEM_STATUS;
    message.status = STATUS_PARTIAL_OVERLOAD;
    message.register_id = TEXT_NONE;
    return failed | write_one(folder, namespaces, &message, "-overload");
}

int
main(int count, char **arguments)
{
    char csta[128];
    int failed = 0;
    if (count != 3) {
        fprintf(stderr, "usage: write_outgoing EDITION DIR\n");
        return 2;
    }
    snprintf(csta, sizeof(csta), "http://www.ecma-international.org/standards/ecma-323/csta/%s",
             arguments[1]);
    struct xml_namespaces namespaces = {
        text_of(csta), TEXT("http://www.ecma-international.org/standards/ecma-354/appl_session")};
    for (int kind = 0; kind < OUTGOING_KIND_COUNT; kind++) {
        struct outgoing message = message_of((enum outgoing_kind)kind);
        failed |= write_one(arguments[2], namespaces, &message, "");
    }
    return failed | write_variants(arguments[2], namespaces);
}
