/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "key_packets.h"

#include <stdbool.h>
#include <string.h>

enum {
    AEC_BLOCK = 64,
    LEARN_EVERY = 4,    /* row */
    BAND = 8,           /* rows that are tabulated together, */
    BAND_EVERY = 64,
    CHOOSE_SHARE = 16,  /* of an image's rows is tried each way */
    MODEL_BASE = 64,    /* bytes of a model packet without its columns */
    MODEL_COLUMN = 4,   /* bytes of a column in it at the most */
    MODEL_COPIES = 2,
    ROW_OVERHEAD = SXI_ROWS_MAX_HEADER_BYTES + SXI_ROWS_CRC_BYTES
};

uint32_t key_rows_bound(const struct sxi_key *parts, uint32_t n_samples)
{
    /* A packet has a row at least, or as much of one as fits it uncoded. */
    const uint32_t piece = (SXI_KEY_ROWS_PACKET_BYTES - (uint32_t)ROW_OVERHEAD) / 2U;
    const uint32_t pieces = (parts->cols + piece - 1U) / piece;
    const uint32_t row = 2U * parts->cols + pieces * ROW_OVERHEAD;
    const uint32_t models = MODEL_COPIES * (MODEL_BASE + MODEL_COLUMN * parts->cols);
    const uint32_t image = parts->rows * row + models; /* 2.4 bytes a sample at the most */
    const uint32_t images = n_samples / (parts->rows * parts->cols);
    const uint32_t bound = images * image + SXI_KEY_ROWS_PACKET_BYTES;
    return bound > INT32_MAX ? 0U : bound;
}

/* A coder for one of the images of this key, a group of its own. */
static enum sxi_status begin(struct sxi_rows *ctx, const struct sxi_key *parts, uint32_t images,
                             uint32_t image)
{
    ctx->frames = images;
    ctx->first_frame = image;
    ctx->rows = parts->rows;
    ctx->cols = parts->cols;
    ctx->kind = parts->way == (uint32_t)SXI_KEY_121 ? SXI_ROWS_AEC : SXI_ROWS_GROUPED;
    ctx->predictor = SXI_ROWS_COLUMN;
    ctx->near_lossless = parts->near_lossless;
    ctx->packet_bytes = SXI_KEY_ROWS_PACKET_BYTES;
    ctx->block_size = AEC_BLOCK;
    return sxi_rows_init(ctx);
}

/* Means of the columns of an image. All that learning refuses is checked. */
static void learn(struct sxi_rows *ctx, const uint16_t *image)
{
    /* uncovered object 234f: an image has rows */
    for (uint32_t row = 0; row < ctx->rows; row += LEARN_EVERY) {
        (void)sxi_rows_learn(ctx, image + row * ctx->cols, 1);
    }
}

/* The model packet of an image: its bytes, 0 where there is none, or ROOM. */
static int32_t model_of(struct sxi_rows *ctx, const uint16_t *image, uint8_t *out,
                        uint32_t out_len)
{
    if (ctx->kind != (uint32_t)SXI_ROWS_GROUPED) {
        return 0;
    }
    /* uncovered object aa21: an image has rows */
    for (uint32_t row = 0; row < ctx->rows; row += BAND_EVERY) { /* no shape ends within a band */
        (void)sxi_rows_tabulate(ctx, image + row * ctx->cols, BAND);
    }
    return sxi_rows_model(ctx, out, out_len);
}

/* What an image's packets have in common: means of its columns, the way, the table. Returns the
 * bytes of the model packet, or ROOM. */
static int32_t prepare(struct sxi_rows *ctx, bool choose, const uint16_t *image, uint8_t *out,
                       uint32_t out_len)
{
    if (ctx->kind == (uint32_t)SXI_ROWS_AEC) {
        return 0;
    }
    learn(ctx, image);
    if (choose) {
        const uint16_t *typical = image + ctx->rows / 2U * ctx->cols;
        const int32_t best =
            sxi_rows_choose(ctx, typical, ctx->rows / CHOOSE_SHARE, out, out_len);
        if (best < 0) {
            return best;
        }
    }
    return model_of(ctx, image, out, out_len);
}

/* All packets of one image; its model at the beginning and again in the middle. */
static int32_t encode_image(struct sxi_rows *ctx, bool choose, const uint16_t *image,
                            uint32_t frame, uint8_t *out, uint32_t out_len)
{
    const uint32_t n = ctx->rows * ctx->cols;
    const int32_t model = prepare(ctx, choose, image, out, out_len);
    if (model < 0) {
        return model;
    }
    const uint32_t model_bytes = (uint32_t)model;
    uint32_t used = model_bytes;
    bool repeated = model == 0;
    uint32_t first = 0;
    while (first < n) { /* uncovered object*2 37c8: an image has samples */
        const int32_t size =
            sxi_rows_encode(ctx, image, frame, first, out + used, out_len - used, &first);
        if (size < 0) {
            return size;
        }
        used += (uint32_t)size;
        if (!repeated && first >= n / 2U) {
            if (out_len - used < model_bytes) {
                return SXI_STATUS_ROOM;
            }
            (void)memcpy(out + used, out, model_bytes);
            used += model_bytes;
            repeated = true;
        }
    }
    return (int32_t)used;
}

int32_t key_rows_encode(const struct sxi_key *parts, struct sxi_rows *ctx,
                        const uint16_t *samples, uint32_t n_samples, uint8_t *out,
                        uint32_t out_len)
{
    const uint32_t n = parts->rows * parts->cols;
    const uint32_t images = n_samples / n;
    uint32_t used = 0;
    /* uncovered object 25f6: asked again after an image without samples */
    for (uint32_t i = 0; i < images; i++) {
        const enum sxi_status status = begin(ctx, parts, images, i);
        if (status != SXI_STATUS_OK) {
            return (int32_t)status;
        }
        const bool choose = parts->way == (uint32_t)SXI_KEY_CHOSEN;
        const int32_t size =
            encode_image(ctx, choose, samples + i * n, i, out + used, out_len - used);
        if (size < 0) { /* uncovered object 46c0: what fails has code of its own */
            return size;
        }
        used += (uint32_t)size;
    }
    return (int32_t)used;
}

/* Is a model that of the image at hand, or of the one that has just ended? */
static bool is_model_of(const struct sxi_rows_packet *packet, uint32_t n, uint32_t done)
{
    const uint32_t first = packet->frame * n;
    return first <= done && done - first <= n;
}

/* Take the packet at hand. Returns how many samples it gives, 0 of a model. */
static int32_t take(const struct sxi_key *parts, struct sxi_rows_decoder *ctx,
                    const struct sxi_rows_packet *packet, const uint8_t *data, uint16_t *samples,
                    uint32_t n_samples, uint32_t done)
{
    const uint32_t n = parts->rows * parts->cols;
    if (packet->rows != parts->rows || packet->cols != parts->cols ||
        packet->frames != n_samples / n) {
        return SXI_STATUS_FORMAT;
    }
    if (packet->kind == (uint32_t)SXI_ROWS_MODEL) {
        return is_model_of(packet, n, done)
                   ? (int32_t)sxi_rows_load_model(ctx, data, packet->length)
                   : (int32_t)SXI_STATUS_FORMAT;
    }
    if (packet->near_lossless > parts->near_lossless ||
        packet->frame * n + packet->first != done) {
        return SXI_STATUS_FORMAT;
    }
    return sxi_rows_decode(ctx, data, packet->length, samples + done, n_samples - done);
}

enum sxi_status key_rows_decode(const struct sxi_key *parts, struct sxi_rows_decoder *ctx,
                                const uint8_t *data, uint32_t len, uint16_t *samples,
                                uint32_t n_samples)
{
    ctx->has_model = 0;
    ctx->table = 0;
    uint32_t done = 0;
    uint32_t at = 0;
    while (at < len) {
        struct sxi_rows_packet packet;
        const enum sxi_status status = sxi_rows_parse(&packet, data + at, len - at);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        const int32_t taken =
            take(parts, ctx, &packet, data + at, samples, n_samples, done);
        if (taken < 0) {
            return (enum sxi_status)taken;
        }
        done += (uint32_t)taken;
        at += packet.length;
    }
    return done == n_samples ? SXI_STATUS_OK : SXI_STATUS_SHORT;
}
