/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_ROWS_H
#define SXI_ROWS_H

#include <stdint.h>

#include "sxi/status.h"

/* Rows of images in packets that each decode alone (layout: SPEC.md, section 8.7).
 *
 * Samples are unsigned, 16 bits. A packet holds whole rows of one frame, or a piece of a row
 * where a row does not fit; AEC codes whole rows only, a piece goes raw there. It has a header, its length and a CRC-16, and is never longer than
 * its samples as they are and its header. Loss of a packet costs its rows.
 *
 * Independent packets need nothing else. Grouped ones refer to a model packet, sent once a group
 * and repeated: mean of each column and a table of codes. Near-lossless coding keeps every
 * sample within near_lossless of the original; 0 is lossless.
 */
enum sxi_rows_size {
    SXI_ROWS_HEADER_BYTES = 14,     /* of a known shape, whole rows, independent */
    SXI_ROWS_MAX_HEADER_BYTES = 24, /* explicit shape, a piece of a row, grouped */
    SXI_ROWS_CRC_BYTES = 2,
    SXI_ROWS_MIN_PACKET_BYTES = 64,
    SXI_ROWS_MAX_PACKET_BYTES = 65535,
    SXI_ROWS_MAX_FRAMES = 4096,
    SXI_ROWS_MAX_MODEL_COLS = 32768, /* grouped packets are for images up to this wide */
    SXI_ROWS_MAX_NEAR_LOSSLESS = 15,
    SXI_ROWS_SYMBOLS = 64,       /* of a code table */
    SXI_ROWS_LOOKUP = 2048       /* elements of a decoder's table */
};

/* Low nibble of a packet's first byte, whose high nibble is 0xC. */
enum sxi_rows_kind {
    SXI_ROWS_RAW = 0,         /* samples as they are */
    SXI_ROWS_INDEPENDENT = 1, /* predicted, Huffman codes of a table of the bank */
    SXI_ROWS_GROUPED = 2,     /* the same with the group's model */
    SXI_ROWS_AEC = 3,         /* CCSDS 121.0-B-3 */
    SXI_ROWS_MODEL = 4
};

enum sxi_rows_predictor {
    SXI_ROWS_COLUMN = 0, /* base + the column's mean in the model, if there is one */
    SXI_ROWS_WEST = 1,   /* the sample before: unit delay */
    SXI_ROWS_MEAN = 2    /* mean of the sample before and the one above */
};

/* A coder: parameters and memory are the caller's, the rest is state. One for a group of
 * frames of one shape; sxi_rows_init() before anything else. */
struct sxi_rows {
    uint32_t frames; /* of all groups together, 1..4096 */
    uint32_t first_frame; /* of this group */
    uint32_t rows;   /* 1..65535 each */
    uint32_t cols;
    uint32_t kind;      /* RAW, INDEPENDENT, GROUPED or AEC */
    uint32_t predictor; /* enum sxi_rows_predictor; nothing to RAW and AEC */
    uint32_t near_lossless; /* 0..15 */
    uint32_t packet_bytes;  /* most bytes of a packet of rows */
    uint32_t block_size;    /* of AEC: 8, 16, 32 or 64 */
    uint32_t room;          /* elements of each of these four, at least cols */
    int16_t *columns;       /* the model: deviation from the frame's mean, 1/8 ADU */
    int32_t *means;         /* learning: running mean, 1/256 ADU */
    uint16_t *line;         /* a row on its way */
    uint16_t *above;        /* the one before, as a decoder has it */
    /* state */
    uint32_t learned;  /* rows that the means have seen */
    uint32_t spread;   /* running mean of |sample - mean|, 1/256 ADU */
    uint32_t has_model;
    uint32_t has_columns; /* it has the columns' means */
    uint32_t model_id;    /* CRC of the model packet */
    uint32_t shift;       /* low bits sent as they are, of the model's table; 255: no table */
    uint32_t rows_before; /* in the last packet: where the search for how many fit begins */
    uint32_t counts[SXI_ROWS_SYMBOLS]; /* tabulating */
    uint8_t lengths[SXI_ROWS_SYMBOLS]; /* the model's table: bits of each symbol's code */
    uint32_t codes[SXI_ROWS_SYMBOLS];  /* the table in use */
    uint32_t table;                    /* 1 + which that is; 0 none */
};

/* Check the parameters and begin: no model, nothing learned. PARAM. */
enum sxi_status sxi_rows_init(struct sxi_rows *ctx);

/* Learn the columns' means from n_rows rows of cols samples: a running mean in fixed point whose
 * steps are limited, so that a track does not drag it. Any rows of the group, in any number of
 * calls; every fourth row is enough. PARAM (NULL), SEQUENCE (after sxi_rows_model()). */
enum sxi_status sxi_rows_learn(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows);

/* Count the symbols of n_rows successive rows of a frame, for the table of the group's model;
 * after all learning. PARAM, SEQUENCE (after sxi_rows_model()). */
enum sxi_status sxi_rows_tabulate(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows);

/* Close the model and write its packet, for kind GROUPED; from then on packets refer to it.
 * Without sxi_rows_learn() all columns are alike, without sxi_rows_tabulate() the tables are
 * those of the bank.
 * Returns the packet's bytes, or PARAM, ROOM (sxi_rows_model_bound() bytes are always enough). */
int32_t sxi_rows_model(struct sxi_rows *ctx, uint8_t *out, uint32_t out_len);
uint32_t sxi_rows_model_bound(const struct sxi_rows *ctx);

/* Choose for a group: n_rows rows, typical of it, are coded into out each way that kind may become,
 * as kind is (INDEPENDENT, or GROUPED with the table of these rows) with each predictor, AEC, and
 * RAW; kind and predictor become the shortest. After all learning, before tabulating. Returns the
 * bytes that the rows take so, or PARAM, ROOM (out_len is less than packet_bytes), SEQUENCE (after
 * sxi_rows_model()). */
int32_t sxi_rows_choose(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows,
                        uint8_t *out, uint32_t out_len);

/* Code what fits one packet, from sample `first` (row-major) of a frame of rows * cols samples.
 * *next becomes the first sample after it: rows * cols at the end of the frame.
 * Returns the packet's bytes, at most packet_bytes, or
 * PARAM     NULL; frame before the group's first or out of range; first out of range, or within a
 *           row that fits a packet as it is
 * SEQUENCE  kind GROUPED before sxi_rows_model()
 * ROOM      out_len is less than packet_bytes
 * A row is tried where seven eighths of the bits of the one before are left.
 * Time O(samples of the packet). Stack <= 512 bytes. */
int32_t sxi_rows_encode(struct sxi_rows *ctx, const uint16_t *frame_samples, uint32_t frame,
                        uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next);

/* What a packet says of itself. */
struct sxi_rows_packet {
    uint32_t kind;
    uint32_t length; /* bytes of the packet */
    uint32_t frames;
    uint32_t frame; /* of a model: the first of its group */
    uint32_t rows;  /* of a frame */
    uint32_t cols;
    uint32_t first;     /* sample of the frame */
    uint32_t n_samples; /* 0 of a model */
    uint32_t predictor;
    uint32_t near_lossless;
    uint32_t table;
    uint32_t base;       /* 1/4 ADU */
    uint32_t model_id;   /* of the model that it needs, or that it is */
    uint32_t body;       /* where header ends */
};

/* Read and check a packet's header and CRC; bytes after its length are not looked at.
 * SHORT   fewer bytes than its header or its length say
 * FORMAT  not such a packet, or a field that no coder writes
 * LENGTH  a length below that of its header and CRC
 * CRC */
enum sxi_status sxi_rows_parse(struct sxi_rows_packet *packet, const uint8_t *data, uint32_t len);

/* A decoder: the model of a group, and the table in use. */
struct sxi_rows_decoder {
    uint32_t room;    /* elements of columns */
    int16_t *columns; /* the caller's, at least cols for grouped packets; else NULL will do */
    /* state; all zero at first */
    uint32_t has_model;
    uint32_t has_columns;
    uint32_t model_id;
    uint32_t cols;
    uint32_t shift; /* of the model's table; 255: no table */
    uint8_t lengths[SXI_ROWS_SYMBOLS];
    uint32_t table;                  /* 1 + which is in lookup; 0 none */
    uint8_t table_lengths[SXI_ROWS_SYMBOLS];
    uint16_t lookup[SXI_ROWS_LOOKUP]; /* symbols by the next bits */
};

/* Take over a model packet. As sxi_rows_parse, and PARAM (NULL), FORMAT (no model, or one that no
 * coder writes), ROOM (columns), SHORT. */
enum sxi_status sxi_rows_load_model(struct sxi_rows_decoder *ctx, const uint8_t *data,
                                    uint32_t len);

/* Recover the samples of a packet: `first` and `n_samples` of sxi_rows_parse() tell which.
 * Returns n_samples, or the errors of sxi_rows_parse, and
 * PARAM     NULL, a model packet
 * ROOM      out_len is less than n_samples
 * SEQUENCE  it needs a model that the decoder does not have
 * SHORT, FORMAT  the body ends early or cannot be a code
 * Time O(len + n_samples). Stack <= 512 bytes. */
int32_t sxi_rows_decode(struct sxi_rows_decoder *ctx, const uint8_t *data, uint32_t len,
                        uint16_t *out, uint32_t out_len);

#endif
