#include "tools/inspect/metrics_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
    HOST_SIZE = 64,
    ROUND_MS = 500, /* longest wait before the end is looked for */
};

static const char words_not_found[] = "there are /metrics, /healthz and /readyz\n";
static const char words_not_allowed[] = "GET and HEAD only\n";

struct server {
    void (*answer)(void *context, const char *path, const char *accept, struct http_page *page);
    void *context;
};

static volatile sig_atomic_t is_over;

/* ---- where --------------------------------------------------------------------------------- */

static bool
read_port(uint16_t *port, const char *words)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(words, &end, 10);
    if (*words < '0' || *words > '9' || *end != '\0' || errno != 0 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool
read_host(struct http_place *place, const char *host, uint16_t port)
{
    struct sockaddr_in *v4 = (void *)&place->address;
    struct sockaddr_in6 *v6 = (void *)&place->address;
    memset(&place->address, 0, sizeof place->address);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        place->length = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        place->length = sizeof *v6;
        return true;
    }
    return false;
}

static bool
is_loopback(const struct http_place *place)
{
    const struct sockaddr_in *v4 = (const void *)&place->address;
    const struct sockaddr_in6 *v6 = (const void *)&place->address;
    if (place->address.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

bool
http_place_read(struct http_place *place, const char *words, char *why)
{
    char host[HOST_SIZE] = "127.0.0.1";
    const char *colon = strrchr(words, ':');
    const char *port_words = colon != NULL ? colon + 1 : words;
    uint16_t port = 0;
    if (colon != NULL && (size_t)(colon - words) < sizeof host)
        snprintf(host, sizeof host, "%.*s", (int)(colon - words), words);
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = '\0';
    }
    if (strcmp(host, "localhost") == 0)
        snprintf(host, sizeof host, "127.0.0.1");
    bool is_too_long = colon != NULL && (size_t)(colon - words) >= sizeof host;
    if (is_too_long || !read_port(&port, port_words) || !read_host(place, host, port)) {
        snprintf(why, HTTP_WHY, "an address and a port are wanted, as in 127.0.0.1:9469");
        return false;
    }
    if (is_loopback(place))
        return true;
    snprintf(why, HTTP_WHY, "only the loopback interface is served; let a proxy carry it further");
    return false;
}

/* ---- answers ------------------------------------------------------------------------------- */

static enum MHD_Result
send_page(struct MHD_Connection *connection, const struct http_page *page)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        page->length, (void *)(uintptr_t)page->body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (page->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, page->status, response);
    MHD_destroy_response(response);
    return result;
}

/* NOLINTBEGIN(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **memory)
{
    (void)version;
    (void)upload;
    static int seen;
    const struct server *server = context;
    if (*memory == NULL) { /* the head is there; a body may follow, which is of no use */
        *memory = &seen;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct http_page page = {MHD_HTTP_NOT_FOUND, "text/plain; charset=utf-8", words_not_found,
                             sizeof words_not_found - 1};
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        page.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        page.body = words_not_allowed;
        page.length = sizeof words_not_allowed - 1;
    } else {
        const char *accept =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
        server->answer(server->context, path, accept, &page);
    }
    return send_page(connection, &page);
}
/* NOLINTEND(readability-function-size) */

/* ---- the loop ------------------------------------------------------------------------------ */

static void
end(int signal_number)
{
    (void)signal_number;
    is_over = 1;
}

static void
say_where(struct MHD_Daemon *daemon, const struct http_place *place)
{
    char host[HOST_SIZE] = "";
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    bool v6 = place->address.ss_family == AF_INET6;
    const void *address =
        v6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)place)->sin6_addr
           : (const void *)&((const struct sockaddr_in *)(const void *)place)->sin_addr;
    inet_ntop(place->address.ss_family, address, host, sizeof host);
    log_say("metrics are at http://%s%s%s:%u/metrics", v6 ? "[" : "", host, v6 ? "]" : "",
            info != NULL ? (unsigned)info->port : 0);
}

bool
http_serve(const struct http_place *place,
           void (*answer)(void *context, const char *path, const char *accept,
                          struct http_page *page),
           void *context)
{
    struct server server = {answer, context};
    unsigned flags = MHD_USE_EPOLL | MHD_NO_FLAG;
    if (place->address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    struct sigaction ending = {.sa_handler = end};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, &server, MHD_OPTION_SOCK_ADDR,
        (const struct sockaddr *)&place->address, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CLIENTS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CLIENT_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_END);
    if (daemon == NULL) {
        log_say("cannot listen there: %s", strerror(errno));
        return false;
    }
    say_where(daemon, place);
    while (!is_over && MHD_run_wait(daemon, ROUND_MS) == MHD_YES)
        ;
    MHD_stop_daemon(daemon);
    return is_over != 0;
}
