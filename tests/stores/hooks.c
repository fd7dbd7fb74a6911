/*
 * tests/stores/hooks.c - what code compiled with -fsanitize=thread calls; and copies, for which
 * it calls nothing. The names are the compilers' and the linker's (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming)
 */
#include <string.h>

#include "tests/stores/stores.h"

/* ---- nothing to be done ---------------------------------------------------------------------- */

#define IGNORED(name)                                                                              \
    void name(void *at);                                                                           \
    void name(void *at)                                                                            \
    {                                                                                              \
        (void)at;                                                                                  \
    }

IGNORED(__tsan_read1)
IGNORED(__tsan_read2)
IGNORED(__tsan_read4)
IGNORED(__tsan_read8)
IGNORED(__tsan_read16)
IGNORED(__tsan_unaligned_read2)
IGNORED(__tsan_unaligned_read4)
IGNORED(__tsan_unaligned_read8)
IGNORED(__tsan_unaligned_read16)
IGNORED(__tsan_func_entry)

void __tsan_init(void);
void __tsan_func_exit(void);
void __tsan_read_range(void *at, unsigned long length);
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void
__tsan_init(void)
{
}

void
__tsan_func_exit(void)
{
}

void
__tsan_read_range(void *at, unsigned long length)
{
    (void)at;
    (void)length;
}

void
__tsan_atomic_thread_fence(int order)
{
    (void)order;
}

void
__tsan_atomic_signal_fence(int order)
{
    (void)order;
}

/* ---- stores ---------------------------------------------------------------------------------- */

#define STORED(name, length)                                                                       \
    void name(void *at);                                                                           \
    void name(void *at)                                                                            \
    {                                                                                              \
        if (stores_is_watched(at))                                                                 \
            stores_coming(at, length);                                                             \
    }

STORED(__tsan_write1, 1)
STORED(__tsan_write2, 2)
STORED(__tsan_write4, 4)
STORED(__tsan_write8, 8)
STORED(__tsan_unaligned_write2, 2)
STORED(__tsan_unaligned_write4, 4)
STORED(__tsan_unaligned_write8, 8)
/* Read and then stored, as clang has it. */
STORED(__tsan_read_write1, 1)
STORED(__tsan_read_write2, 2)
STORED(__tsan_read_write4, 4)
STORED(__tsan_read_write8, 8)
STORED(__tsan_unaligned_read_write2, 2)
STORED(__tsan_unaligned_read_write4, 4)
STORED(__tsan_unaligned_read_write8, 8)

void __tsan_write_range(void *at, unsigned long length);
void __tsan_write16(void *at);
void __tsan_unaligned_write16(void *at);

void
__tsan_write_range(void *at, unsigned long length)
{
    if (stores_is_watched(at))
        stores_range(at, length);
}

void
__tsan_write16(void *at)
{
    __tsan_write_range(at, 16);
}

void
__tsan_unaligned_write16(void *at)
{
    __tsan_write_range(at, 16);
}

/* ---- atomics: done here ---------------------------------------------------------------------- */

/* One thread plays all the roles, so that nothing can come in between. */
#define ATOMIC_LOAD(bits, type)                                                                    \
    type __tsan_atomic##bits##_load(const volatile void *at, int order);                           \
    type __tsan_atomic##bits##_load(const volatile void *at, int order)                            \
    {                                                                                              \
        (void)order;                                                                               \
        return *(const volatile type *)at;                                                         \
    }

#define ATOMIC_STORE(bits, type)                                                                   \
    void __tsan_atomic##bits##_store(volatile void *at, type value, int order);                    \
    void __tsan_atomic##bits##_store(volatile void *at, type value, int order)                     \
    {                                                                                              \
        (void)order;                                                                               \
        if (stores_is_watched((const void *)(uintptr_t)at))                                        \
            stores_coming((void *)(uintptr_t)at, sizeof(type));                                    \
        *(volatile type *)at = value;                                                              \
    }

#define ATOMIC_CHANGE(bits, type, name, result)                                                    \
    type __tsan_atomic##bits##_##name(volatile void *at, type value, int order);                   \
    type __tsan_atomic##bits##_##name(volatile void *at, type value, int order)                    \
    {                                                                                              \
        type old = *(volatile type *)at;                                                           \
        __tsan_atomic##bits##_store(at, (type)(result), order);                                    \
        return old;                                                                                \
    }

#define ATOMIC_COMPARE(bits, type, strength)                                                       \
    _Bool __tsan_atomic##bits##_compare_exchange_##strength(                                       \
        volatile void *at, void *expected, type value, int order, int failed_order);               \
    _Bool __tsan_atomic##bits##_compare_exchange_##strength(                                       \
        volatile void *at, void *expected, type value, int order, int failed_order)                \
    {                                                                                              \
        type old = *(volatile type *)at;                                                           \
        (void)failed_order;                                                                        \
        if (old != *(type *)expected) {                                                            \
            *(type *)expected = old;                                                               \
            return 0;                                                                              \
        }                                                                                          \
        __tsan_atomic##bits##_store(at, value, order);                                             \
        return 1;                                                                                  \
    }

/* As clang calls it: what was there is given back. */
#define ATOMIC_COMPARE_VALUE(bits, type)                                                           \
    type __tsan_atomic##bits##_compare_exchange_val(volatile void *at, type expected, type value,  \
                                                    int order, int failed_order);                  \
    type __tsan_atomic##bits##_compare_exchange_val(volatile void *at, type expected, type value,  \
                                                    int order, int failed_order)                   \
    {                                                                                              \
        type old = *(volatile type *)at;                                                           \
        (void)failed_order;                                                                        \
        if (old == expected)                                                                       \
            __tsan_atomic##bits##_store(at, value, order);                                         \
        return old;                                                                                \
    }

#define ATOMICS(bits, type)                                                                        \
    ATOMIC_LOAD(bits, type)                                                                        \
    ATOMIC_STORE(bits, type)                                                                       \
    ATOMIC_CHANGE(bits, type, exchange, value)                                                     \
    ATOMIC_CHANGE(bits, type, fetch_add, old + value)                                              \
    ATOMIC_CHANGE(bits, type, fetch_sub, old - value)                                              \
    ATOMIC_CHANGE(bits, type, fetch_and, old &value)                                               \
    ATOMIC_CHANGE(bits, type, fetch_or, old | value)                                               \
    ATOMIC_COMPARE(bits, type, strong)                                                             \
    ATOMIC_COMPARE(bits, type, weak)                                                               \
    ATOMIC_COMPARE_VALUE(bits, type)

ATOMICS(8, unsigned char)
ATOMICS(16, unsigned short)
ATOMICS(32, unsigned)
ATOMICS(64, unsigned long)

/* ---- copies ---------------------------------------------------------------------------------- */

void *__real_memcpy(void *to, const void *from, size_t length);
void *__real_memmove(void *to, const void *from, size_t length);
void *__real_memset(void *at, int value, size_t length);
void *__wrap_memcpy(void *to, const void *from, size_t length);
void *__wrap_memmove(void *to, const void *from, size_t length);
void *__wrap_memset(void *at, int value, size_t length);

void
stores_copy(void *to, const void *from, size_t length)
{
    __real_memcpy(to, from, length);
}

static void *
copy_in_pieces(uint8_t *to, const uint8_t *from, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t piece = stores_piece(to + done, length - done);
        stores_coming(to + done, piece);
        __real_memmove(to + done, from + done, piece);
        done += piece;
    }
    return to;
}

void *
__wrap_memcpy(void *to, const void *from, size_t length)
{
    if (length == 0 || !stores_is_watched(to))
        return __real_memcpy(to, from, length);
    return copy_in_pieces(to, from, length);
}

/* One that must begin at its end is announced as a range, and done as the library does it. */
void *
__wrap_memmove(void *to, const void *from, size_t length)
{
    if (length == 0 || !stores_is_watched(to))
        return __real_memmove(to, from, length);
    if ((uintptr_t)to - (uintptr_t)from >= length)
        return copy_in_pieces(to, from, length);
    stores_range(to, length);
    return __real_memmove(to, from, length);
}

void *
__wrap_memset(void *at, int value, size_t length)
{
    if (length == 0 || !stores_is_watched(at))
        return __real_memset(at, value, length);
    uint8_t *place = at;
    for (size_t done = 0; done < length;) {
        size_t piece = stores_piece(place + done, length - done);
        stores_coming(place + done, piece);
        __real_memset(place + done, value, piece);
        done += piece;
    }
    return at;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
