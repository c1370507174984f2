/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/guest_calls.h"

#include <stddef.h>

#define NONE (-1)
#define MIPS_O32_BASE 4000

/* arm, generic, mips o32 less its base, x86-64; of those above 402 the last has what is not about a
 * time of 64 bits. */
static const struct {
  enum guest_call call;
  int16_t number[GUEST_CALLS];
} known[] = {
    {GUEST_CALL_BIND, {282, 200, 169, 49}},
    {GUEST_CALL_LISTEN, {284, 201, 174, 50}},
    {GUEST_CALL_WAIT_NETWORK, {285, 202, 168, 43}},   /* accept */
    {GUEST_CALL_WAIT_NETWORK, {366, 242, 334, 288}},  /* accept4 */
    {GUEST_CALL_WAIT_NETWORK, {168, NONE, 188, 7}},   /* poll */
    {GUEST_CALL_WAIT_NETWORK, {336, 73, 302, 271}},   /* ppoll */
    {GUEST_CALL_WAIT_NETWORK, {414, 414, 414, NONE}}, /* ppoll_time64 */
    {GUEST_CALL_WAIT_NETWORK, {142, NONE, 142, 23}},  /* _newselect */
    {GUEST_CALL_WAIT_NETWORK, {335, 72, 301, 270}},   /* pselect6 */
    {GUEST_CALL_WAIT_NETWORK, {413, 413, 413, NONE}}, /* pselect6_time64 */
    {GUEST_CALL_WAIT_NETWORK, {252, NONE, 250, 232}}, /* epoll_wait */
    {GUEST_CALL_WAIT_NETWORK, {346, 22, 313, 281}},   /* epoll_pwait */
    {GUEST_CALL_WAIT_NETWORK, {441, 441, 441, 441}},  /* epoll_pwait2 */
    {GUEST_CALL_RECEIVE, {3, 63, 3, 0}},              /* read */
    {GUEST_CALL_RECEIVE, {145, 65, 145, 19}},         /* readv */
    {GUEST_CALL_RECEIVE, {291, NONE, 175, NONE}},     /* recv */
    {GUEST_CALL_RECEIVE, {292, 207, 176, 45}},        /* recvfrom */
    {GUEST_CALL_RECEIVE, {297, 212, 177, 47}},        /* recvmsg */
    {GUEST_CALL_RECEIVE, {365, 243, 335, 299}},       /* recvmmsg */
    {GUEST_CALL_RECEIVE, {417, 417, 417, NONE}},      /* recvmmsg_time64 */
    {GUEST_CALL_WAIT, {240, 98, 238, 202}},           /* futex */
    {GUEST_CALL_WAIT, {422, 422, 422, NONE}},         /* futex_time64 */
    {GUEST_CALL_WAIT, {162, 101, 166, 35}},           /* nanosleep */
    {GUEST_CALL_WAIT, {265, 115, 265, 230}},          /* clock_nanosleep */
    {GUEST_CALL_WAIT, {407, 407, 407, NONE}},         /* clock_nanosleep_time64 */
    {GUEST_CALL_WAIT, {29, NONE, 29, 34}},            /* pause */
    {GUEST_CALL_WAIT, {177, 137, 197, 128}},          /* rt_sigtimedwait */
    {GUEST_CALL_WAIT, {421, 421, 421, NONE}},         /* rt_sigtimedwait_time64 */
    {GUEST_CALL_WAIT, {179, 133, 199, 130}},          /* rt_sigsuspend */
    {GUEST_CALL_WAIT, {114, 260, 114, 61}},           /* wait4 */
    {GUEST_CALL_WAIT, {280, 95, 278, 247}},           /* waitid */
    {GUEST_CALL_CLONE, {120, 220, 120, 56}},
    {GUEST_CALL_FORK, {2, NONE, 2, 57}},
    {GUEST_CALL_FORK, {190, NONE, NONE, 58}}, /* vfork */
    {GUEST_CALL_EXEC, {11, 221, 11, 59}},
    {GUEST_CALL_EXIT_THREAD, {1, 93, 1, 60}},
    {GUEST_CALL_SOCKETCALL, {NONE, NONE, 102, NONE}},
};

enum guest_call guest_call_of(enum guest_calls numbers, int64_t number) {
  if (numbers == GUEST_CALLS_MIPS_O32) number -= MIPS_O32_BASE;
  for (size_t i = 0; number >= 0 && i < sizeof known / sizeof *known; i++) {
    if (known[i].number[numbers] == number) return known[i].call;
  }
  return GUEST_CALL_OTHER;
}

enum guest_call guest_call_of_socketcall(uint64_t which) {
  switch (which) {
    case 2:
      return GUEST_CALL_BIND;
    case 4:
      return GUEST_CALL_LISTEN;
    case 5:  /* accept */
    case 18: /* accept4 */
      return GUEST_CALL_WAIT_NETWORK;
    case 10: /* recv */
    case 12: /* recvfrom */
    case 17: /* recvmsg */
    case 19: /* recvmmsg */
      return GUEST_CALL_RECEIVE;
    default:
      return GUEST_CALL_OTHER;
  }
}
