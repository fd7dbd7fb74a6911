#include "engine/live/gate_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gate_tls {
    SSL_CTX *context;
    SSL *ssl;
    char name[SETTINGS_TEXT_MAX + 1]; /* that the certificate must have */
};

/* The first error in OpenSSL's queue, which says most; else what the system says. */
static const char *
reason(int system_error)
{
    const char *words = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    if (words != NULL)
        return words;
    return system_error != 0 ? strerror(system_error) : "the connection ended";
}

/* A key with a password: nobody is there to type it. */
static int
no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static bool
load_trust(SSL_CTX *context, const struct gate_order *order, char *why)
{
    int loaded = order->ca[0] != '\0' ? SSL_CTX_load_verify_file(context, order->ca)
                                      : SSL_CTX_set_default_verify_paths(context);
    if (loaded == 1)
        return true;
    snprintf(why, GATE_WORDS_SIZE, "tls-ca %.128s: %.160s", order->ca, reason(0));
    return false;
}

static bool
load_own(SSL_CTX *context, const struct gate_order *order, char *why)
{
    const char *key = order->key[0] != '\0' ? order->key : order->certificate;
    if (order->certificate[0] == '\0')
        return true;
    if (SSL_CTX_use_certificate_chain_file(context, order->certificate) != 1) {
        snprintf(why, GATE_WORDS_SIZE, "tls-certificate %.128s: %.160s", order->certificate,
                 reason(0));
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(context) == 1)
        return true;
    snprintf(why, GATE_WORDS_SIZE, "tls-key %.128s: %.160s", key, reason(0));
    return false;
}

static bool
is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* The name is asked for (SNI) where it is one, and must be in the certificate. */
static bool
demand_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *demands = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(demands, name) == 1;
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool
set_up(struct gate_tls *tls, const struct gate_order *order, int socket, char *why)
{
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context != NULL) {
        SSL_CTX_set_default_passwd_cb(tls->context, no_password);
        SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
        SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                              SSL_OP_IGNORE_UNEXPECTED_EOF);
        SSL_CTX_set_mode(tls->context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
        if (!load_trust(tls->context, order, why) || !load_own(tls->context, order, why))
            return false;
        tls->ssl = SSL_new(tls->context);
    }
    if (tls->ssl != NULL && SSL_set_fd(tls->ssl, socket) == 1 && demand_name(tls->ssl, tls->name)) {
        SSL_set_connect_state(tls->ssl);
        return true;
    }
    snprintf(why, GATE_WORDS_SIZE, "TLS: %s", reason(0));
    return false;
}

struct gate_tls *
gate_tls_open(const struct gate_order *order, int socket, char *why)
{
    struct gate_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        snprintf(why, GATE_WORDS_SIZE, "%s", strerror(errno));
        return NULL;
    }
    snprintf(tls->name, sizeof tls->name, "%s", order->name[0] != '\0' ? order->name : order->host);
    if (set_up(tls, order, socket, why))
        return tls;
    gate_tls_close(tls);
    return NULL;
}

void
gate_tls_close(struct gate_tls *tls)
{
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    free(tls);
}

/* What a call of OpenSSL that did not go through means. */
static enum gate_tls_result
result_of(struct gate_tls *tls, int returned, char *why)
{
    int system_error = errno;
    switch (SSL_get_error(tls->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WAIT_IN;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WAIT_OUT;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_END;
    default:
        snprintf(why, GATE_WORDS_SIZE, "TLS: %s", reason(system_error));
        return TLS_FAILED;
    }
}

enum gate_tls_result
gate_tls_handshake(struct gate_tls *tls, char *why)
{
    ERR_clear_error();
    int returned = SSL_connect(tls->ssl);
    if (returned == 1)
        return TLS_OK;
    enum gate_tls_result result = result_of(tls, returned, why);
    long verdict = SSL_get_verify_result(tls->ssl);
    if (result == TLS_END) {
        snprintf(why, GATE_WORDS_SIZE, "TLS: the connection ended in the handshake");
        return TLS_FAILED;
    }
    if (result != TLS_FAILED || verdict == X509_V_OK)
        return result;
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
        snprintf(why, GATE_WORDS_SIZE, "its certificate is not for %s", tls->name);
    else
        snprintf(why, GATE_WORDS_SIZE, "its certificate is not accepted: %s",
                 X509_verify_cert_error_string(verdict));
    return TLS_FAILED;
}

enum gate_tls_result
gate_tls_read(struct gate_tls *tls, uint8_t *bytes, size_t size, size_t *count, char *why)
{
    ERR_clear_error();
    int returned = SSL_read_ex(tls->ssl, bytes, size, count);
    return returned == 1 ? TLS_OK : result_of(tls, returned, why);
}

enum gate_tls_result
gate_tls_write(struct gate_tls *tls, const uint8_t *bytes, size_t size, size_t *count, char *why)
{
    ERR_clear_error();
    int returned = SSL_write_ex(tls->ssl, bytes, size, count);
    return returned == 1 ? TLS_OK : result_of(tls, returned, why);
}

enum gate_tls_result
gate_tls_end(struct gate_tls *tls)
{
    char why[GATE_WORDS_SIZE];
    ERR_clear_error();
    int returned = SSL_shutdown(tls->ssl);
    return returned >= 0 ? TLS_OK : result_of(tls, returned, why);
}
