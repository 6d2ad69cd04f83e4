/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

/* A TCG plugin of QEMU that counts how often each conditional branch of a SPARC program was
 * taken and not taken: out=FILE gets a line `address taken not_taken` for each that was
 * translated, when QEMU ends.
 *
 * An outcome is known once the instruction after the branch and its slot begins. A trap between
 * the two leaves it uncounted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cycle_model/qemu_plugin.h"

int qemu_plugin_version = QPV;

enum {
    BLOCK_BITS = 16, /* places are found by blocks of 64 KiB of addresses */
    BLOCK_PLACES = (1 << BLOCK_BITS) / 4,
    BLOCKS = 1 << (32 - BLOCK_BITS)
};

struct place {
    uint32_t pc;
    uint32_t target; /* of a conditional branch, else 0 */
    uint64_t taken, not_taken;
};

/* QEMU passes translations without an argument of ours, so there is one. */
static struct {
    struct place *block[BLOCKS];
    struct place *branch; /* whose outcome is not known yet */
    const char *out;
} edges;

static struct place *place_at(uint32_t pc)
{
    struct place **block = &edges.block[pc >> BLOCK_BITS];
    if (*block == NULL) {
        *block = calloc(BLOCK_PLACES, sizeof **block);
    }
    if (*block == NULL) {
        fprintf(stderr, "branch_edges: out of memory\n");
        abort();
    }
    return *block + (pc % (1U << BLOCK_BITS)) / 4U;
}

static void on_insn(unsigned int cpu, void *data)
{
    struct place *place = data;
    struct place *branch = edges.branch;
    (void)cpu;
    if (branch != NULL && place->pc != branch->pc + 4U) { /* past the slot */
        branch->taken += place->pc == branch->target;
        branch->not_taken += place->pc == branch->pc + 8U;
        edges.branch = NULL;
    }
    if (place->target != 0U) {
        edges.branch = place;
    }
}

static uint32_t word_of(const struct qemu_plugin_insn *insn)
{
    uint8_t byte[4] = {0};
#if QPV == 1
    memcpy(byte, qemu_plugin_insn_data(insn), sizeof byte);
#else
    (void)qemu_plugin_insn_data(insn, byte, sizeof byte);
#endif
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* Where a branch on the integer condition codes goes; 0 for one that has no choice, and for all
 * other instructions. */
static uint32_t target_of(uint32_t pc, uint32_t word)
{
    const uint32_t bicc = 2U;
    const uint32_t always = 8U; /* with 0, never, the conditions without a choice */
    const uint32_t words = (word & 0x3fffffU) | ((word & 0x200000U) != 0U ? 0xffc00000U : 0U);
    const uint32_t condition = (word >> 25) & 15U;
    if (word >> 30 != 0U || ((word >> 22) & 7U) != bicc || condition % always == 0U) {
        return 0;
    }
    return pc + words * 4U;
}

/* Whatever comes after a branch and its slot begins a block, or is the second after it. */
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint32_t pc = (uint32_t)qemu_plugin_insn_vaddr(insn);
        struct place *place = place_at(pc);
        place->pc = pc;
        place->target = target_of(pc, word_of(insn));
        if (i == 0U || place->target != 0U || place_at(pc - 8U)->target != 0U) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_insn, QEMU_PLUGIN_CB_NO_REGS, place);
        }
    }
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
    FILE *out = fopen(edges.out, "w");
    (void)id;
    (void)data;
    if (out == NULL) {
        perror(edges.out);
        return;
    }
    for (uint32_t b = 0; b < BLOCKS; b++) {
        const struct place *block = edges.block[b];
        for (uint32_t i = 0; block != NULL && i < BLOCK_PLACES; i++) {
            if (block[i].target != 0U) {
                fprintf(out, "0x%08lx %llu %llu\n", (unsigned long)block[i].pc,
                        (unsigned long long)block[i].taken,
                        (unsigned long long)block[i].not_taken);
            }
        }
    }
    if (fclose(out) != 0) {
        perror(edges.out);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (info->system_emulation && info->system.smp_vcpus != 1) {
        fprintf(stderr, "branch_edges: for one processor\n");
        return -1;
    }
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
        fprintf(stderr, "branch_edges: needs out=FILE\n");
        return -1;
    }
    edges.out = strdup(argv[0] + 4);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
