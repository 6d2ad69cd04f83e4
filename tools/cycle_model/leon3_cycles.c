/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

/* A TCG plugin of QEMU that counts the cycles of a LEON3 between two addresses.
 *
 * Arguments, output, what the model covers and what not: docs/cycle-model.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "qemu_plugin.h"

int qemu_plugin_version = QPV;

enum {
    BLOCK_BITS = 16, /* instructions are found by blocks of 64 KiB of addresses */
    BLOCK_INSNS = (1 << BLOCK_BITS) / 4,
    BLOCKS = 1 << (32 - BLOCK_BITS)
};

struct settings {
    uint32_t begin, end; /* addresses that open and close a window */
    uint32_t icache, dcache, warm;
    uint32_t imiss, dmiss; /* cycles of a line fill */
    struct timing timing;
    uint32_t stack_low, stack_high;
    const char *out, *per_pc;
};

struct counts {
    uint64_t instructions, cycles, icache_misses, dcache_misses, loads, stores;
    uint32_t lowest_store;
};

/* QEMU passes translations without an argument of ours, so there is one model. */
static struct {
    struct settings set;
    struct insn *block[BLOCKS];
    struct cache icache, dcache;
    struct pipeline pipe;
    struct counts window;
    uint64_t n_windows;
    bool is_open;
    FILE *out;
} model;

static void open_window(void)
{
    memset(&model.pipe, 0, sizeof model.pipe);
    memset(&model.window, 0, sizeof model.window);
    model.window.lowest_store = model.set.stack_high;
    if (model.set.warm == 0U) {
        memset(&model.icache, 0, sizeof model.icache);
        memset(&model.dcache, 0, sizeof model.dcache);
    }
    model.is_open = true;
}

static void close_window(void)
{
    const struct counts *w = &model.window;
    if (!model.is_open) {
        return;
    }
    model.is_open = false;
    model.n_windows++;
    fprintf(model.out, "%llu %llu %llu %llu %llu %llu %llu 0x%08lx\n",
            (unsigned long long)model.n_windows, (unsigned long long)w->instructions,
            (unsigned long long)w->cycles, (unsigned long long)w->icache_misses,
            (unsigned long long)w->dcache_misses, (unsigned long long)w->loads,
            (unsigned long long)w->stores, (unsigned long)w->lowest_store);
    fflush(model.out); /* another process reads along */
}

static void execute(struct insn *insn)
{
    const struct settings *set = &model.set;
    uint32_t cycles = pipeline_begin(&model.pipe, insn, &set->timing);
    if (set->icache != 0U && !cache_hit(&model.icache, insn->pc, ICACHE_LINE_BITS, ICACHE_SETS)) {
        model.window.icache_misses++;
        cycles += set->imiss;
    }
    pipeline_end(&model.pipe, insn, cycles);
    insn->count++;
    insn->cycles += cycles;
    model.window.instructions++;
    model.window.cycles += cycles;
}

static void load(struct insn *insn, uint32_t address)
{
    model.window.loads++;
    if (model.set.dcache == 0U ||
        cache_hit(&model.dcache, address, DCACHE_LINE_BITS, DCACHE_SETS)) {
        return;
    }
    model.window.dcache_misses++;
    model.window.cycles += model.set.dmiss;
    insn->cycles += model.set.dmiss;
}

/* Written through and never allocated: a store leaves the cache as it is. */
static void store(uint32_t address)
{
    model.window.stores++;
    if (address >= model.set.stack_low && address < model.window.lowest_store) {
        model.window.lowest_store = address;
    }
}

static void on_insn(unsigned int cpu, void *insn)
{
    (void)cpu;
    if (model.is_open) {
        execute(insn);
    }
}

static void on_mark(unsigned int cpu, void *data)
{
    const struct insn *insn = data;
    if (insn->pc == model.set.end) {
        close_window();
    }
    if (insn->pc == model.set.begin) {
        open_window();
    }
    on_insn(cpu, data);
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *insn)
{
    (void)cpu;
    if (!model.is_open) {
        return;
    }
    if (qemu_plugin_mem_is_store(info)) {
        store((uint32_t)address);
    } else {
        load(insn, (uint32_t)address);
    }
}

static struct insn *insn_at(uint32_t pc)
{
    struct insn **block = &model.block[pc >> BLOCK_BITS];
    if (*block == NULL) {
        *block = calloc(BLOCK_INSNS, sizeof **block);
    }
    if (*block == NULL) {
        fprintf(stderr, "leon3_cycles: out of memory\n");
        abort();
    }
    return *block + (pc % (1U << BLOCK_BITS)) / 4U;
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

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *from = qemu_plugin_tb_get_insn(tb, i);
        const uint32_t pc = (uint32_t)qemu_plugin_insn_vaddr(from);
        const bool is_mark = pc == model.set.begin || pc == model.set.end;
        struct insn *insn = insn_at(pc);
        insn_decode(insn, pc, word_of(from), &model.set.timing);
        qemu_plugin_register_vcpu_insn_exec_cb(from, is_mark ? on_mark : on_insn,
                                               QEMU_PLUGIN_CB_NO_REGS, insn);
        if (insn->accesses) { /* RW always: QEMU 7.2 takes R for W */
            qemu_plugin_register_vcpu_mem_cb(from, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, insn);
        }
    }
}

static void write_block(FILE *out, const struct insn *block)
{
    for (uint32_t i = 0; i < BLOCK_INSNS; i++) {
        if (block[i].count != 0U) {
            fprintf(out, "0x%08lx %llu %llu\n", (unsigned long)block[i].pc,
                    (unsigned long long)block[i].count, (unsigned long long)block[i].cycles);
        }
    }
}

static void write_per_pc(const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        return;
    }
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (model.block[i] != NULL) {
            write_block(out, model.block[i]);
        }
    }
    if (fclose(out) != 0) {
        perror(path);
    }
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (model.set.per_pc != NULL) {
        write_per_pc(model.set.per_pc);
    }
    if (ferror(model.out) || fflush(model.out) != 0) {
        fprintf(stderr, "leon3_cycles: cannot write %s\n", model.set.out);
    }
}

/* Reads a number of least..most into *value. Returns what follows it, or NULL. */
static const char *parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *value)
{
    char *rest;
    const unsigned long long number = strtoull(text, &rest, 0);
    if (text[0] < '0' || text[0] > '9' || number < least || number > most) {
        return NULL;
    }
    *value = (uint32_t)number;
    return rest;
}

static bool parse_stack(const char *text, struct settings *set)
{
    text = parse_number(text, 0, UINT32_MAX, &set->stack_low);
    if (text == NULL || *text != ':') {
        return false;
    }
    text = parse_number(text + 1, set->stack_low, UINT32_MAX, &set->stack_high);
    return text != NULL && *text == '\0';
}

static bool parse_setting(const char *name, const char *text, struct settings *set)
{
    const struct {
        const char *name;
        uint32_t least, most;
        uint32_t *value;
    } known[] = {
        {"begin", 0, UINT32_MAX, &set->begin},
        {"end", 0, UINT32_MAX, &set->end},
        {"icache", 0, 1, &set->icache},
        {"dcache", 0, 1, &set->dcache},
        {"imiss", 0, 9999, &set->imiss},
        {"dmiss", 0, 9999, &set->dmiss},
        {"warm", 0, 1, &set->warm},
        {"bp", 0, 1, &set->timing.bp},
        {"lddel", 1, 2, &set->timing.lddel},
        {"mul", 1, 99, &set->timing.mul},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0) {
            text = parse_number(text, known[i].least, known[i].most, known[i].value);
            return text != NULL && *text == '\0';
        }
    }
    return false;
}

/* Splits and keeps the argument, whose text the settings may point to. */
static bool parse_argument(const char *argument, struct settings *set)
{
    char *name = strdup(argument);
    char *text = name == NULL ? NULL : strchr(name, '=');
    if (text == NULL) {
        return false;
    }
    *text++ = '\0';
    if (strcmp(name, "out") == 0) {
        set->out = text;
        return true;
    }
    if (strcmp(name, "per_pc") == 0) {
        set->per_pc = text;
        return true;
    }
    if (strcmp(name, "stack") == 0) {
        return parse_stack(text, set);
    }
    return parse_setting(name, text, set);
}

static bool parse_arguments(int argc, char **argv, struct settings *set)
{
    const uint32_t nowhere = 1; /* no instruction has an odd address */
    const struct settings usual = {.begin = nowhere,
                                   .end = nowhere,
                                   .imiss = 20, /* ASSUMED */
                                   .dmiss = 12, /* ASSUMED */
                                   .timing = {.bp = 1, .lddel = 1, .mul = 5}};
    *set = usual;
    for (int i = 0; i < argc; i++) {
        if (!parse_argument(argv[i], set)) {
            fprintf(stderr, "leon3_cycles: cannot take '%s'\n", argv[i]);
            return false;
        }
    }
    if (set->begin % 4U != 0 || set->end % 4U != 0 || set->out == NULL) {
        fprintf(stderr, "leon3_cycles: needs begin=ADDR,end=ADDR,out=FILE\n");
        return false;
    }
    return true;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (info->system_emulation && info->system.smp_vcpus != 1) {
        fprintf(stderr, "leon3_cycles: the model has one processor\n");
        return -1;
    }
    if (!parse_arguments(argc, argv, &model.set)) {
        return -1;
    }
    model.out = fopen(model.set.out, "w");
    if (model.out == NULL) {
        perror(model.set.out);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
