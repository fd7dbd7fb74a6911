/* What asking for short turns promises: they are asked for, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/slice.h"

static struct sched_attr
attributes(void)
{
    struct sched_attr now = {.size = sizeof now};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &now, sizeof now, 0), 0);
    return now;
}

/* Kernels before 6.12 take the question and forget it. */
static bool
kernel_has_turns(void)
{
    struct utsname about;
    char *end;
    assert_int_equal(uname(&about), 0);
    unsigned long major = strtoul(about.release, &end, 10);
    assert_int_equal(*end, '.');
    unsigned long minor = strtoul(end + 1, NULL, 10);
    return major > 6 || (major == 6 && minor >= 12);
}

static void
turns_are_short_and_all_else_stays(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setpriority(PRIO_PROCESS, 0, 11); /* who is polite stays so */
        struct sched_attr before = attributes();
        bool asked = slice_ask(SLICE_SHORT_NS);
        struct sched_attr after = attributes();
        bool is_short = !kernel_has_turns() || after.sched_runtime == SLICE_SHORT_NS;
        bool same = before.sched_nice == after.sched_nice && after.sched_nice == 11 &&
                    before.sched_policy == after.sched_policy;
        _exit(asked && is_short && same ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(turns_are_short_and_all_else_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
