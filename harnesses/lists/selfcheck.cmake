# SPDX-License-Identifier: Apache-2.0
# What the supervision must catch; every campaign runs it first.
percuss_add_harness(selfcheck
  HARNESS selfcheck_harness.c
  FLAVOURS libfuzzer aflpp
  INTERFACE "none"
  DESCRIPTION "Misbehaves on request, to prove that the supervision of this host works.")
