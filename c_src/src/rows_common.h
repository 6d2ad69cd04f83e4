/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_ROWS_COMMON_H
#define SXI_ROWS_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "huffman.h"
#include "sxi/rows.h"

/* What the coder and the decoder of rows share. */
enum {
    ROWS_MOST = 0xffff,       /* sample */
    ROWS_NO_TABLE = 255,      /* table index: the model's; in a model, none */
    ROWS_MAX_COLUMN = 2047,   /* of a column's deviation, 1/8 ADU */
    ROWS_MAX_SHIFT = 12,      /* low bits of the model's table: those of the bank's last one */
    ROWS_MAX_VALUE_BITS = 27, /* of a code and what follows it */
    ROWS_AEC_RSI = 128,
    ROWS_ID_BYTES = 2, /* of a group's model, in the headers of its packets */
    ROWS_MODEL_START = 2, /* bytes of a model's body before the lengths */
    ROWS_LENGTHS_BYTES = HUFFMAN_SYMBOLS / 2,
    ROWS_MODEL_IN_USE = HUFFMAN_TABLES + 1 /* number of the model's table */
};

static inline uint32_t rows_smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t rows_median(uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t low = a < b ? a : b;
    const uint32_t rest = rows_smaller(a < b ? b : a, c);
    return low > rest ? low : rest;
}

/* Is a row, as it is, more than a packet? */
bool rows_need_pieces(const struct sxi_rows *ctx);

/* Bytes of a packet's header. */
uint32_t rows_header_bytes(const struct sxi_rows_packet *packet);

/* Write the header but for the length, and where the body begins to packet->body. */
void rows_open(struct sxi_rows_packet *packet, uint8_t *out);

/* Write the length of header and `body` bytes, and the CRC. Returns the packet's bytes. */
uint32_t rows_close(struct sxi_rows_packet *packet, uint32_t body, uint8_t *out);

/* Are the parameters, those of the caller, as they have to be? */
bool rows_params_good(const struct sxi_rows *ctx);

/* Put n values and their low bits. False where that does not fit, and then w is as it was. */
bool rows_put_line(struct bit_writer *w, const uint32_t *codes, const uint16_t *values, uint32_t n,
                   uint32_t shift);

/* Make a table the one in use: its index, or ROWS_NO_TABLE for the model's. */
void rows_use_table(struct sxi_rows *ctx, uint32_t table);

/* Lengths of the model's codes, of what has been tabulated. */
void rows_set_lengths(struct sxi_rows *ctx);

/* sxi_rows_tabulate() where nothing is to be refused, the columns being set. */
void rows_count(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows);

/* What has been learned becomes the columns' deviations, once. */
void rows_set_columns(struct sxi_rows *ctx);

/* What a context says is in use: the model's table or one of the bank; 0 is none. */
static inline uint32_t rows_table_number(uint32_t table)
{
    return table == ROWS_NO_TABLE ? (uint32_t)ROWS_MODEL_IN_USE : huffman_bank_of(table) + 1U;
}

/* Low bits of a table index, ROWS_NO_TABLE being the model's. */
static inline uint32_t rows_shift(uint32_t table, uint32_t of_model)
{
    return table == ROWS_NO_TABLE ? of_model : huffman_shift_of(table);
}

/* What predictor 0 says: a base [1/4 ADU] and a column's deviation [1/8 ADU], rounded to the nearest. */
static inline uint16_t rows_predict(uint32_t base, int32_t column)
{
    const int32_t sum = 2 * (int32_t)base + column + 4;
    if (sum < 0) { /* uncovered object 5fca: without a column it is not below 0 */
        return 0;
    }
    return sum > 0x7ffff ? (uint16_t)0xffff : (uint16_t)((uint32_t)sum >> 3);
}

/* Sum of n > 0 values, a few of which may be far beyond the others: those are counted as less. */
uint32_t rows_sum(const uint16_t *values, uint32_t n);

/* Zigzag of a deviation modulo 2^16, from -32,768 on. */
static inline uint16_t rows_value(uint32_t sample, uint32_t predicted)
{
    const uint32_t d = sample - predicted;
    return (uint16_t)(((d << 1) ^ (0U - ((d >> 15) & 1U))) & 0xffffU);
}

/* Lines of samples to become values: rows of a frame, or the rest of one. */
struct rows_lines {
    const uint16_t *samples; /* of the first line */
    uint32_t n;              /* samples of a line */
    uint32_t lines;          /* of the frame that are left, at least 1 */
    uint32_t first_col;
    uint32_t with_columns; /* the model's columns are predicted with */
    uint32_t base;         /* 1/4 ADU */
};

/* The base of predictor 0 [1/4 ADU], of the first lines: what tracks do not drag. */
uint32_t rows_base(const struct sxi_rows *ctx, const struct rows_lines *lines);

/* Begin with the first line: base, and what the predictor asks for. */
void rows_begin(struct sxi_rows *ctx, struct rows_lines *lines);

/* Values of line i to ctx->line; lines one after the other. */
void rows_values(struct sxi_rows *ctx, const struct rows_lines *lines, uint32_t i);

/* sxi_rows_encode() where nothing is to be refused. */
uint32_t rows_put(struct sxi_rows *ctx, const uint16_t *frame_samples, uint32_t frame,
                  uint32_t first, uint8_t *out, uint32_t *next);

#endif
