/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The BPF objects as they are carried inside the binaries. */
#ifndef WEIR_BPF_EMBED_H
#define WEIR_BPF_EMBED_H

#ifdef __cplusplus
extern "C" {
#endif
extern const unsigned char weir_bpf_steer[], weir_bpf_steer_end[];
extern const unsigned char weir_bpf_takeover[], weir_bpf_takeover_end[];
extern const unsigned char weir_bpf_lookup[], weir_bpf_lookup_end[];
#ifdef __cplusplus
}
#endif

#endif
