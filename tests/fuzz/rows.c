/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/crc.h"
#include "sxi/rows.h"

/* Room for columns (u16), flags; then packets for one decoder: bytes (u16), the packet. Flag 1:
 * lengths and checksums are made right, and grouped packets are of the last model. Where flag 2 is
 * clear, what decodes is decoded again. Flag 4: it is coded again, as the flags above say, and comes
 * back within the error of the packet. */

enum { MOST_SAMPLES = 1024, MOST_COLUMNS = 256, LENGTH_AT = 1, KIND_MASK = 0xf };
enum { MENDED = 1, ONCE = 2, AGAIN = 4 };

/* Where a grouped packet tells its model. */
static uint32_t id_at(const uint8_t *packet)
{
    return SXI_ROWS_HEADER_BYTES + (packet[9] == 0U ? 4U : 0U) + (packet[8] == 0U ? 4U : 0U);
}

static void mend(uint8_t *packet, uint32_t len, const struct sxi_rows_decoder *decoder)
{
    const uint32_t end = len - SXI_ROWS_CRC_BYTES;
    packet[0] = (uint8_t)(0xc0U | packet[0] % (SXI_ROWS_MODEL + 1U));
    put16(packet + LENGTH_AT, len);
    if ((packet[0] & KIND_MASK) == SXI_ROWS_GROUPED && id_at(packet) + 2U <= end) {
        put16(packet + id_at(packet), decoder->model_id);
    }
    put16(packet + end, sxi_crc16(0xffff, packet, end));
}

static void check_model(struct sxi_rows_decoder *decoder, const struct sxi_rows_packet *packet,
                        const uint8_t *data, uint32_t len)
{
    const struct sxi_rows_decoder before = *decoder;
    const enum sxi_status status = sxi_rows_load_model(decoder, data, len);
    if (status == SXI_STATUS_OK) {
        MUST(decoder->has_model == 1U && decoder->model_id == packet->model_id);
        MUST(decoder->cols == packet->cols);
        for (uint32_t i = 0; i < decoder->cols && decoder->has_columns != 0U; i++) {
            MUST(decoder->columns[i] >= -2047 && decoder->columns[i] <= 2047);
        }
    } else {
        MUST(status == SXI_STATUS_FORMAT || status == SXI_STATUS_SHORT ||
             status == SXI_STATUS_ROOM);
        MUST(memcmp(decoder, &before, sizeof before) == 0);
    }
}

/* Learn and tabulate all rows; a decoder gets the model. */
static void share_model(struct sxi_rows *coder, const uint16_t *samples,
                        struct sxi_rows_decoder *decoder)
{
    MUST(sxi_rows_learn(coder, samples, coder->rows) == SXI_STATUS_OK);
    MUST(sxi_rows_tabulate(coder, samples, coder->rows) == SXI_STATUS_OK);
    const uint32_t room = sxi_rows_model_bound(coder);
    uint8_t *model = exactly(room);
    const int32_t size = sxi_rows_model(coder, model, room);
    MUST(size > 0 && (uint32_t)size <= room);
    MUST(sxi_rows_load_model(decoder, model, (uint32_t)size) == SXI_STATUS_OK);
    free(model);
}

/* Each packet of a frame of these samples decodes alone. */
static void check_packets(struct sxi_rows *coder, const uint16_t *samples,
                          struct sxi_rows_decoder *decoder)
{
    const uint32_t n = coder->rows * coder->cols;
    const uint32_t most = coder->kind != SXI_ROWS_RAW ? coder->near_lossless : 0U;
    uint8_t *out = exactly(coder->packet_bytes);
    uint32_t first = 0;
    for (uint32_t next = 0; first < n; first = next) {
        const int32_t size =
            sxi_rows_encode(coder, samples, 0, first, out, coder->packet_bytes, &next);
        MUST(size > 0 && (uint32_t)size <= coder->packet_bytes && next > first && next <= n);
        uint16_t *back = exactly((next - first) * sizeof *back);
        MUST(sxi_rows_decode(decoder, out, (uint32_t)size, back, next - first) ==
             (int32_t)(next - first));
        for (uint32_t i = first; i < next; i++) {
            MUST((uint32_t)abs(samples[i] - back[i - first]) <= most);
        }
        free(back);
    }
    free(out);
}

static void check_again(const struct sxi_rows_packet *packet, const uint16_t *samples,
                        uint32_t flags)
{
    const uint32_t n = packet->n_samples;
    struct sxi_rows coder = {.frames = 1, .kind = (flags >> 3) & 3U, .predictor = (flags >> 5) % 3U,
                             .near_lossless = packet->near_lossless, .block_size = 16};
    coder.cols = n < packet->cols ? n : packet->cols;
    coder.rows = n / coder.cols;
    coder.packet_bytes = SXI_ROWS_MIN_PACKET_BYTES + coder.cols;
    coder.room = coder.cols;
    coder.columns = exactly(coder.cols * sizeof *coder.columns);
    coder.means = exactly(coder.cols * sizeof *coder.means);
    coder.line = exactly(coder.cols * sizeof *coder.line);
    coder.above = exactly(coder.cols * sizeof *coder.above);
    struct sxi_rows_decoder decoder;
    (void)memset(&decoder, 0, sizeof decoder);
    decoder.room = coder.cols;
    decoder.columns = exactly(coder.cols * sizeof *decoder.columns);
    MUST(sxi_rows_init(&coder) == SXI_STATUS_OK);
    if (coder.kind == SXI_ROWS_GROUPED) {
        share_model(&coder, samples, &decoder);
    }
    check_packets(&coder, samples, &decoder);
    free(coder.columns);
    free(coder.means);
    free(coder.line);
    free(coder.above);
    free(decoder.columns);
}

static void check_samples(struct sxi_rows_decoder *decoder, const struct sxi_rows_packet *packet,
                          const uint8_t *data, uint32_t len, uint32_t flags)
{
    const bool fits = packet->n_samples <= MOST_SAMPLES;
    const uint32_t room = fits ? packet->n_samples : 1U;
    uint16_t *out = exactly(room * sizeof *out);
    MUST(packet->first + packet->n_samples <= packet->rows * packet->cols);
    if (fits && room > 0U) {
        MUST(sxi_rows_decode(decoder, data, len, out, room - 1U) == SXI_STATUS_ROOM);
    }
    const int32_t status = sxi_rows_decode(decoder, data, len, out, room);
    MUST(fits || status == SXI_STATUS_ROOM);
    if (status == (int32_t)room && (flags & ONCE) == 0U) {
        uint16_t *again = exactly(room * sizeof *again);
        MUST(sxi_rows_decode(decoder, data, packet->length, again, room) == (int32_t)room);
        MUST(memcmp(out, again, room * sizeof *out) == 0);
        free(again);
    } else if (status != (int32_t)room) {
        MUST(status == SXI_STATUS_ROOM || status == SXI_STATUS_SHORT ||
             status == SXI_STATUS_FORMAT ||
             (status == SXI_STATUS_SEQUENCE && packet->kind == SXI_ROWS_GROUPED));
    }
    if (status == (int32_t)room && (flags & AGAIN) != 0U) {
        check_again(packet, out, flags);
    }
    free(out);
}

static void check_packet(struct sxi_rows_decoder *decoder, const uint8_t *data, uint32_t len,
                         uint32_t flags)
{
    struct sxi_rows_packet packet = {0};
    const enum sxi_status status = sxi_rows_parse(&packet, data, len);
    uint16_t sample = 0;
    if (status != SXI_STATUS_OK) {
        MUST(status == SXI_STATUS_SHORT || status == SXI_STATUS_FORMAT ||
             status == SXI_STATUS_LENGTH || status == SXI_STATUS_CRC);
        MUST(packet.length == 0U);
        MUST(sxi_rows_load_model(decoder, data, len) == status);
        MUST(sxi_rows_decode(decoder, data, len, &sample, 1) == (int32_t)status);
    } else if (packet.kind == SXI_ROWS_MODEL) {
        MUST(packet.n_samples == 0U);
        MUST(sxi_rows_decode(decoder, data, len, &sample, 1) == SXI_STATUS_PARAM);
        check_model(decoder, &packet, data, len);
    } else {
        MUST(packet.body + SXI_ROWS_CRC_BYTES <= packet.length && packet.length <= len);
        MUST(sxi_rows_load_model(decoder, data, len) == SXI_STATUS_FORMAT);
        check_samples(decoder, &packet, data, len, flags);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    struct sxi_rows_decoder decoder;
    (void)memset(&decoder, 0, sizeof decoder);
    decoder.room = take(&in, 2) % (MOST_COLUMNS + 1U);
    decoder.columns = exactly(decoder.room * sizeof *decoder.columns);
    const uint32_t flags = take(&in, 1);
    while (in.left > 0U) {
        const struct input part = take_part(&in, take(&in, 2));
        uint8_t *packet = copy_of(&part);
        if ((flags & MENDED) != 0U && part.left >= SXI_ROWS_HEADER_BYTES + SXI_ROWS_CRC_BYTES) {
            mend(packet, part.left, &decoder);
        }
        check_packet(&decoder, packet, part.left, flags);
        free(packet);
    }
    free(decoder.columns);
    return 0;
}
