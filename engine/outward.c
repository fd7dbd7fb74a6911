#include "engine/outward.h"

bool
outward_begin(const struct settings *settings)
{
    uint8_t key[MASK_KEY_BYTES] = {0};
    char why[MASK_WHY];
    log_choose(settings->log_format);
    if (settings->mask == MASK_HASH && settings->mask_key_file[0] == '\0') {
        log_warn("[privacy] mask = hash needs key-file");
        return false;
    }
    if (settings->mask == MASK_HASH && !mask_read_key(settings->mask_key_file, key, why)) {
        log_at(settings->mask_key_file, 0, "%s", why);
        return false;
    }
    mask_choose(settings->mask, key);
    return true;
}

bool
outward_format(const char *word, enum log_format *format)
{
    static const char *const words[] = {
        [LOG_PLAIN] = "plain", [LOG_LOGFMT] = "logfmt", [LOG_JSON] = "json"};
    for (enum log_format at = LOG_PLAIN; at <= LOG_JSON; at++) {
        if (strcmp(words[at], word) == 0) {
            *format = at;
            return true;
        }
    }
    return false;
}
