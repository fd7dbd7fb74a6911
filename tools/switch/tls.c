#include "tools/switch/tls.h"

#ifdef ONHOOK_TLS
#include <errno.h>
#include <openssl/ssl.h>

static SSL_CTX *context;

const char *
tls_load(const char *certificate, const char *key)
{
    context = SSL_CTX_new(TLS_server_method());
    if (context == NULL)
        return "TLS cannot be set up";
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return "the certificate cannot be read";
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return "the key cannot be read, or is not the certificate's";
    return NULL;
}

struct tls *
tls_open(int fd)
{
    SSL *ssl = context == NULL ? NULL : SSL_new(context);
    if (ssl == NULL)
        return NULL;
    if (SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return (struct tls *)ssl;
}

void
tls_end(struct tls *tls)
{
    if (tls != NULL)
        SSL_shutdown((SSL *)tls); /* whether it could be said is seen by nobody */
}

void
tls_close(struct tls *tls)
{
    if (tls != NULL)
        SSL_free((SSL *)tls);
}

static ssize_t
finish(SSL *ssl, int result)
{
    if (result > 0)
        return result;
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        errno = ECONNRESET;
        return -1;
    }
}

ssize_t
tls_read(struct tls *tls, void *bytes, size_t size)
{
    SSL *ssl = (SSL *)tls;
    return finish(ssl, SSL_read(ssl, bytes, size > 65536 ? 65536 : (int)size));
}

ssize_t
tls_write(struct tls *tls, const void *bytes, size_t length)
{
    SSL *ssl = (SSL *)tls;
    return finish(ssl, SSL_write(ssl, bytes, length > 65536 ? 65536 : (int)length));
}
#else
#include <errno.h>

const char *
tls_load(const char *certificate, const char *key)
{
    (void)certificate;
    (void)key;
    return "this onhook was built without OpenSSL";
}

struct tls *
tls_open(int fd)
{
    (void)fd;
    return NULL;
}

void
tls_end(struct tls *tls)
{
    (void)tls;
}

void
tls_close(struct tls *tls)
{
    (void)tls;
}

ssize_t
tls_read(struct tls *tls, void *bytes, size_t size)
{
    (void)tls;
    (void)bytes;
    (void)size;
    errno = ENOTSUP;
    return -1;
}

ssize_t
tls_write(struct tls *tls, const void *bytes, size_t length)
{
    (void)tls;
    (void)bytes;
    (void)length;
    errno = ENOTSUP;
    return -1;
}
#endif
