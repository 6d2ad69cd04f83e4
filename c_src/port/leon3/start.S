/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

/* Start-up of a LEON3: trap table, register windows, traps reported to the request ring.
 *
 * Kept clear of two errata of the LEON3FT, which tools/check_leon3.py proves of the linked
 * program: a nop after each double store (GRLIB-TN-0009), and one protected return from traps
 * that all handlers share (GRLIB-TN-0018).
 */
#define WINDOWS 8
#define STACK_SHIFT 14          /* 16 KiB a processor */
#define FRAME 96                /* the least that the ABI wants */
#define PSR_TRAPS_OFF 0xFC0     /* PIL 15, S, PS, window 0 */
#define PSR_TRAPS_ON 0xFE0
#define FIRST_INVALID 2         /* window 1 */
#define ASI_CACHE_CONTROL 2
#define ICACHE_FLUSH_PENDING 15 /* bit */
#define ICACHE_STATE 3
#define CACHES_ON 0x0081000F    /* both, instruction burst, data snooping */
#define IRQMP_STATUS 0x80000210

	.macro HANDLED handler
	ba \handler
	rd %psr, %l0
	nop
	nop
	.endm

	.macro UNEXPECTED
	rd %psr, %l0
	ba unexpected
	rd %tbr, %l4
	nop
	.endm

	.section .text.start, "ax"
	.global _start
	.align 4096
trap_table:
	HANDLED _start              /* 00 reset */
	.rept 4
	UNEXPECTED
	.endr
	HANDLED window_overflow     /* 05 */
	HANDLED window_underflow    /* 06 */
	.rept 256 - 7
	UNEXPECTED
	.endr

	.type _start, #function
_start:
	set trap_table, %g1
	wr %g1, %tbr
	call clean_state
	nop
	set CACHES_ON, %g1
	flush %g0
	sta %g1, [%g0] ASI_CACHE_CONTROL
	nop
	nop
	nop
	rd %asr17, %g5
	srl %g5, 28, %o0
	cmp %o0, 0
	bne 2f                      /* only the first processor clears memory */
	nop
	set bss_start, %g2
	set bss_end, %g3
1:	cmp %g2, %g3
	bgeu 2f
	nop
	st %g0, [%g2]
	add %g2, 4, %g2
	ba 1b
	nop
2:	call leon3_main             /* processor number */
	nop
	ba 2b
	nop
	.size _start, . - _start

/* Window 0, traps on, the stack of this processor; uses %g5 to %g7 and returns by %g4. */
	.type clean_state, #function
clean_state:
	mov %o7, %g4
	wr %g0, PSR_TRAPS_OFF, %psr
	nop
	nop
	nop
	wr %g0, FIRST_INVALID, %wim
	nop
	nop
	nop
	rd %asr17, %g5
	srl %g5, 28, %g5
	sll %g5, STACK_SHIFT, %g5
	set stack_top - FRAME, %g6
	sub %g6, %g5, %sp
	mov %g0, %fp
	wr %g0, PSR_TRAPS_ON, %psr
	nop
	nop
	nop
	jmpl %g4 + 8, %g0
	nop
	.size clean_state, . - clean_state

/* Any other trap: the program that caused it is given up, the ring's client is told. */
	.type unexpected, #function
unexpected:
	mov %l1, %g1                /* pc */
	mov %l2, %g2                /* npc */
	mov %l0, %g3                /* psr */
	srl %l4, 4, %l4
	and %l4, 0xFF, %l4
	wr %l4, %y                  /* tt: no global is left that clean_state does not use */
	call clean_state
	nop
	rd %y, %o0
	mov %g1, %o1
	mov %g2, %o2
	mov %g3, %o3
	rd %asr17, %o4
	srl %o4, 28, %o4
	call leon3_trapped          /* tt, pc, npc, psr, processor */
	nop
	ba unexpected
	nop
	.size unexpected, . - unexpected

/* %l0 psr, %l1 pc, %l2 npc, in the window that the trap took. */
	.type window_overflow, #function
window_overflow:
	mov %g1, %l7
	rd %wim, %l3
	srl %l3, 1, %g1
	sll %l3, WINDOWS - 1, %l4
	or %l4, %g1, %g1
	save                        /* the window to be spilled */
	wr %g1, 0, %wim
	nop
	nop
	nop
	andcc %sp, 7, %g0
	bne 1f
	nop
	std %l0, [%sp + 0]
	nop
	std %l2, [%sp + 8]
	nop
	std %l4, [%sp + 16]
	nop
	std %l6, [%sp + 24]
	nop
	std %i0, [%sp + 32]
	nop
	std %i2, [%sp + 40]
	nop
	std %i4, [%sp + 48]
	nop
	std %i6, [%sp + 56]
	restore
	ba return_from_trap
	mov %l7, %g1
1:	restore
	mov %l7, %g1
	ba unexpected
	rd %tbr, %l4
	.size window_overflow, . - window_overflow

	.type window_underflow, #function
window_underflow:
	rd %wim, %l3
	sll %l3, 1, %l4
	srl %l3, WINDOWS - 1, %l5
	or %l5, %l4, %l5
	wr %l5, 0, %wim
	nop
	nop
	nop
	restore                     /* the window that returns */
	restore                     /* the one that it returns to */
	andcc %sp, 7, %g0
	bne 1f
	nop
	ldd [%sp + 0], %l0
	ldd [%sp + 8], %l2
	ldd [%sp + 16], %l4
	ldd [%sp + 24], %l6
	ldd [%sp + 32], %i0
	ldd [%sp + 40], %i2
	ldd [%sp + 48], %i4
	ldd [%sp + 56], %i6
	save
	ba return_from_trap
	save
1:	save
	save
	ba unexpected
	rd %tbr, %l4
	.size window_underflow, . - window_underflow

/* The way back, with the instruction cache off around jmp and rett, the first load at 0x18 of
 * its cache line and the rest aligned to one (GRLIB-TN-0018). */
	.align 32
	.rept 6
	nop
	.endr
	.type return_from_trap, #function
return_from_trap:
	lda [%g0] ASI_CACHE_CONTROL, %l3
	srl %l3, ICACHE_FLUSH_PENDING, %l4
	andcc %l4, 1, %g0
	bne return_from_trap
	andn %l3, ICACHE_STATE, %l4
	wr %l0, %psr                /* condition codes as they were */
	nop
	nop
	nop
	.align 32
	sta %l4, [%g0] ASI_CACHE_CONTROL
	nop
	or %l1, %l1, %l1
	or %l2, %l2, %l2
	sta %l3, [%g0] ASI_CACHE_CONTROL
	nop
	jmp %l1
	rett %l2
	.size return_from_trap, . - return_from_trap

/* uint32_t ring_call(call, args). All windows but this one are spilled first, so that equal
 * requests take equal time whatever ran before. */
	.global ring_call, ring_call_begin, ring_call_end
	.type ring_call, #function
ring_call:
	save %sp, -FRAME, %sp
	.rept WINDOWS - 2
	save %sp, -FRAME, %sp
	.endr
	.rept WINDOWS - 2
	restore
	.endr
ring_call_begin:
	jmpl %i0, %o7
	mov %i1, %o0
ring_call_end:
	mov %o0, %i0
	jmpl %i7 + 8, %g0
	restore
	.size ring_call, . - ring_call

/* uint32_t leon3_processors(void): how many there are. */
	.global leon3_processors
	.type leon3_processors, #function
leon3_processors:
	set IRQMP_STATUS, %o1
	ld [%o1], %o0
	srl %o0, 28, %o0
	jmpl %o7 + 8, %g0
	add %o0, 1, %o0
	.size leon3_processors, . - leon3_processors

/* void leon3_wake_others(uint32_t n_processors): start all but the first. */
	.global leon3_wake_others
	.type leon3_wake_others, #function
leon3_wake_others:
	mov 1, %o2
	sll %o2, %o0, %o2
	sub %o2, 2, %o2             /* a bit a processor, without that of the first */
	cmp %o2, 0
	be 1f
	nop
	set IRQMP_STATUS, %o1
	st %o2, [%o1]
	nop
1:	jmpl %o7 + 8, %g0
	nop
	.size leon3_wake_others, . - leon3_wake_others

/* The return of enum ring_misdeed RING_WINDOW: six frames up, the stack is odd. */
	.global leon3_lose_stack
	.type leon3_lose_stack, #function
leon3_lose_stack:
	save %sp, -FRAME, %sp
	or %fp, 1, %fp              /* the caller's stack pointer */
	.rept WINDOWS - 1
	save %sp, -FRAME, %sp
	.endr
	.rept WINDOWS - 1
	restore
	.endr
	jmpl %i7 + 8, %g0
	restore
	.size leon3_lose_stack, . - leon3_lose_stack

	.section .note.GNU-stack, "", @progbits
