#ifndef TESTS_UNIT_TLS_RIG_H
#define TESTS_UNIT_TLS_RIG_H

/*
 * tests/unit/tls_rig.h - a switch that speaks TLS: OpenSSL in a process of its own, with
 * certificates made by its command. For one test file.
 */

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/onhook-gate-XXXXXX";
static char file_path[4][96];

/* The path of a file made by make_certificates(); good until the fourth call after it. */
static const char *
file(const char *name)
{
    static unsigned turn;
    char *path = file_path[turn++ % 4];
    snprintf(path, sizeof *file_path, "%s/%s", folder, name);
    return path;
}

/* ---- certificates --------------------------------------------------------------------------- */

static const char make_script[] =
    "set -e; exec >/dev/null 2>&1; cd %s\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "authority() { openssl req -x509 $new -keyout $1.key -out $1.pem -subj \"/CN=$1\" -days 2; }\n"
    "certificate() { # NAME DAYS ALTERNATIVES\n"
    "    openssl req $new -keyout $1.key -out $1.csr -subj \"/CN=$1\"\n"
    "    echo \"subjectAltName=$3\" >$1.ext\n"
    "    openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days $2 \\\n"
    "        -extfile $1.ext -out $1.pem; }\n"
    "authority ca; authority stranger\n"
    "certificate good 2 DNS:pbx.example,IP:127.0.0.1\n"
    "certificate other 2 DNS:other.example\n"
    "certificate old -1 DNS:pbx.example,IP:127.0.0.1\n"
    "certificate client 2 DNS:onhook.example\n";

static int
make_certificates(void **state)
{
    (void)state;
    char script[sizeof make_script + sizeof folder];
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(script, sizeof script, make_script, folder);
    return system(script);
}

static int
remove_certificates(void **state)
{
    (void)state;
    char script[sizeof folder + 16];
    snprintf(script, sizeof script, "rm -r %s", folder);
    return system(script);
}

/* ---- the switch ----------------------------------------------------------------------------- */

enum server_kind {
    SERVER_ECHO,    /* gives back what it gets; after an end "bye", and its own */
    SERVER_LEAVES,  /* says "hello" and ends */
    SERVER_SILENT,  /* accepts, and says nothing */
    SERVER_OLD,     /* TLS 1.1 at most */
    SERVER_DEMANDS, /* as ECHO; a certificate is asked for */
};

static struct {
    pid_t pid;
    uint16_t port;
} server;

static SSL_CTX *
server_context(enum server_kind kind, const char *certificate)
{
    char name[32];
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    snprintf(name, sizeof name, "%s.pem", certificate);
    SSL_CTX_use_certificate_chain_file(context, file(name));
    snprintf(name, sizeof name, "%s.key", certificate);
    SSL_CTX_use_PrivateKey_file(context, file(name), SSL_FILETYPE_PEM);
    if (kind == SERVER_OLD) {
        SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    }
    if (kind == SERVER_DEMANDS) {
        SSL_CTX_load_verify_file(context, file("ca.pem"));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return context;
}

static void
serve_one(SSL *ssl, enum server_kind kind)
{
    char bytes[16384];
    size_t count;
    size_t written;
    if (SSL_accept(ssl) != 1)
        return;
    if (kind == SERVER_LEAVES) {
        SSL_write_ex(ssl, "hello", 5, &written);
    } else {
        while (SSL_read_ex(ssl, bytes, sizeof bytes, &count) == 1)
            if (SSL_write_ex(ssl, bytes, count, &written) != 1)
                return;
        SSL_write_ex(ssl, "bye", 3, &written);
    }
    SSL_shutdown(ssl);
}

_Noreturn static void
serve(int listener, enum server_kind kind, const char *certificate)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = server_context(kind, certificate);
    for (;;) {
        int accepted = accept(listener, NULL, NULL);
        while (kind == SERVER_SILENT)
            pause();
        SSL *ssl = SSL_new(context);
        SSL_set_fd(ssl, accepted);
        serve_one(ssl, kind);
        SSL_free(ssl);
        close(accepted);
    }
}

static void
start_server(enum server_kind kind, const char *certificate)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (void *)&at, length), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (void *)&at, &length), 0);
    server.port = ntohs(at.sin_port);
    server.pid = fork();
    if (server.pid == 0)
        serve(listener, kind, certificate);
    close(listener);
}

#endif
