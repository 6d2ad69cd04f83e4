/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

/* Start-up as a Linux process without a C library: map the file that the first argument names
 * and serve the request ring in it. */
#define SYS_EXIT 1
#define SYS_OPEN 5
#define SYS_MMAP 71
#define SYS_SCHED_YIELD 245
#define O_RDWR 2
#define READ_WRITE 3
#define SHARED_FIXED 0x11
#define WINDOW 64               /* bytes on the stack before argc */
#define FRAME 96

	.section .text.start, "ax"
	.global _start
	.type _start, #function
_start:
	mov %g0, %fp
	ld [%sp + WINDOW + 8], %o0  /* argv[1] */
	sub %sp, FRAME, %sp
	mov O_RDWR, %o1
	mov 0, %o2
	mov SYS_OPEN, %g1
	ta 0x10
	bcs 1f                      /* carry: an error */
	mov %o0, %o4
	call linux_ring_address
	mov %o4, %l0
	mov %o0, %l1
	call linux_ring_bytes
	nop
	mov %o0, %o1
	mov %l1, %o0
	mov READ_WRITE, %o2
	mov SHARED_FIXED, %o3
	mov %l0, %o4
	mov 0, %o5
	mov SYS_MMAP, %g1
	ta 0x10
	bcs 1f
	nop
	call linux_serve
	nop
1:	mov 1, %o0
	mov SYS_EXIT, %g1
	ta 0x10
	nop
	.size _start, . - _start

	.global ring_idle
	.type ring_idle, #function
ring_idle:
	mov SYS_SCHED_YIELD, %g1
	ta 0x10
	jmpl %o7 + 8, %g0
	nop
	.size ring_idle, . - ring_idle

	.section .note.GNU-stack, "", @progbits
