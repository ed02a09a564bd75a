/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of steer.bpf.c with the takeover of live connections: kernels from 6.9 on, with BTF.
 * An object of its own, because libbpf refuses a kfunc, weak or not, on a kernel without BTF.
 */
#define WEIR_TAKEOVER
#include "steer.bpf.c"
