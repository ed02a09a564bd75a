/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The BPF objects as bytes of the binary (bpf/embed.h). */
	.section .rodata
	.macro embed name, file
	.global \name
	.global \name\()_end
	.balign 8
\name:
	.incbin "\file"
\name\()_end:
	.endm

	embed weir_bpf_steer, "steer.bpf.o"
	embed weir_bpf_takeover, "takeover.bpf.o"
	embed weir_bpf_lookup, "lookup.bpf.o"
	.section .note.GNU-stack, "", %progbits
