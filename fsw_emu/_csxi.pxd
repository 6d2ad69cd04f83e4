# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# The C headers' names. Values stay in C.
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

cdef extern from "sxi/crc.h" nogil:
    uint16_t sxi_crc16(uint16_t seed, const uint8_t *data, uint32_t len)
    uint8_t sxi_crc8(uint8_t seed, const uint8_t *data, uint32_t len)

cdef extern from "sxi/fee.h" nogil:
    enum: SXI_FEE_HEADER_BYTES
    enum: SXI_FEE_EVENT_BYTES
    enum: SXI_FEE_DATA_LEN_PAYLOAD
    enum: SXI_FEE_DATA_LEN_PACKET
    struct sxi_fee_header:
        uint16_t data_len
        uint16_t frame_counter
        uint16_t sequence
        uint8_t mode
        uint8_t last
        uint8_t side
        uint8_t ccd
        uint8_t type
        uint8_t spare
    struct sxi_event:
        uint16_t row
        uint16_t col
        uint16_t pixels[25]
    int sxi_fee_header_store(const sxi_fee_header *header, uint8_t *out, uint32_t out_len,
                             uint32_t rule)
    int32_t sxi_fee_parse(const uint8_t *buf, uint32_t buf_len, const uint32_t *offsets,
                          const uint32_t *lengths, uint32_t n, uint32_t rule,
                          sxi_fee_header *headers, sxi_event *events, int8_t *status)
    int32_t sxi_fee_build_events(const sxi_fee_header *headers, const sxi_event *events,
                                 uint32_t n, uint32_t rule, uint8_t *out, uint32_t out_len)

cdef extern from "sxi/edu.h" nogil:
    enum: SXI_WINDOW_RASTER
    enum: SXI_WINDOW_SIMULATOR
    struct sxi_frame:
        const uint16_t *pixels
        uint32_t n_rows
        uint32_t n_cols
    struct sxi_edu:
        uint16_t threshold
        uint16_t window_order
        uint16_t mask_row
        uint16_t mask_col
        uint32_t limit
        uint32_t n_events
        uint32_t n_masks
        uint32_t n_dropped
    int32_t sxi_edu_detect(sxi_edu *ctx, const sxi_frame *frame, sxi_event *out, uint8_t *kinds,
                           uint32_t out_len)
    int sxi_edu_mask_step(uint16_t *row, uint16_t *col)

cdef extern from "sxi/badpix.h" nogil:
    enum: SXI_BADPIX_BYTES
    int32_t sxi_badpix_test(const uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col)
    int sxi_badpix_set(uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col, uint32_t bad)

cdef extern from "sxi/filter.h" nogil:
    struct sxi_filter:
        uint16_t centre_max
        uint16_t ring_sum_max
        uint16_t ring_max
        uint16_t ring_count_max
        const uint8_t *bad_pixels
        uint32_t bad_pixels_len
        uint32_t n_bad
        uint32_t n_centre
        uint32_t n_ring_sum
        uint32_t n_ring_count
    int32_t sxi_filter_events(sxi_filter *ctx, const sxi_event *events, uint32_t n, uint8_t *keep)

cdef extern from "sxi/frame.h" nogil:
    enum: SXI_PIXEL_BIG
    enum: SXI_PIXEL_LITTLE
    struct sxi_frame_asm:
        uint32_t n_packets
        uint32_t n_missing
    int sxi_frame_init(sxi_frame_asm *ctx, uint16_t *pixels, uint32_t pixels_len,
                       uint16_t *row_pixels, uint32_t row_pixels_len, uint32_t n_rows,
                       uint32_t n_cols, uint32_t nodes, uint32_t packet_payload,
                       uint32_t first_sequence, uint32_t pixel_order)
    int32_t sxi_frame_push_packets(sxi_frame_asm *ctx, const uint8_t *buf, uint32_t buf_len,
                                   const uint32_t *offsets, const uint32_t *lengths, uint32_t n,
                                   uint32_t data_len_rule)
    int32_t sxi_frame_missing(const sxi_frame_asm *ctx)

cdef extern from "sxi/image.h" nogil:
    int32_t sxi_image_crop(const uint16_t *in_, uint32_t n_rows, uint32_t n_cols, uint32_t top,
                           uint32_t left, uint32_t rows, uint32_t cols, uint16_t *out,
                           uint32_t out_len)
    int32_t sxi_image_bin(const uint16_t *in_, uint32_t n_rows, uint32_t n_cols, uint32_t rows,
                          uint32_t cols, uint16_t *out, uint32_t out_len)
    int32_t sxi_image_decimate(const uint16_t *in_, uint32_t n_rows, uint32_t n_cols,
                               uint32_t step, uint16_t *out, uint32_t out_len)
    int32_t sxi_image_stack(uint32_t *stack, const uint16_t *in_, uint32_t n)

cdef extern from "sxi/aec.h" nogil:
    enum: SXI_AEC_PREPROCESS
    enum: SXI_AEC_RESTRICTED
    struct sxi_aec:
        uint32_t bits
        uint32_t block_size
        uint32_t rsi
        uint32_t flags
    uint32_t sxi_aec_bound(const sxi_aec *p, uint32_t n_samples)
    int32_t sxi_aec_encode_u16(const sxi_aec *p, const uint16_t *samples, uint32_t n,
                               uint8_t *out, uint32_t out_len)
    int32_t sxi_aec_encode_u32(const sxi_aec *p, const uint32_t *samples, uint32_t n,
                               uint8_t *out, uint32_t out_len)
    int32_t sxi_aec_decode_u16(const sxi_aec *p, const uint8_t *data, uint32_t len,
                               uint16_t *out, uint32_t n)
    int32_t sxi_aec_decode_u32(const sxi_aec *p, const uint8_t *data, uint32_t len,
                               uint32_t *out, uint32_t n)

cdef extern from "sxi/rows.h" nogil:
    enum: SXI_ROWS_RAW
    enum: SXI_ROWS_INDEPENDENT
    enum: SXI_ROWS_GROUPED
    enum: SXI_ROWS_AEC
    enum: SXI_ROWS_MODEL
    struct sxi_rows:
        uint32_t frames
        uint32_t first_frame
        uint32_t rows
        uint32_t cols
        uint32_t kind
        uint32_t predictor
        uint32_t near_lossless
        uint32_t packet_bytes
        uint32_t block_size
        uint32_t room
        int16_t *columns
        int32_t *means
        uint16_t *line
        uint16_t *above
        uint32_t model_id
    int sxi_rows_init(sxi_rows *ctx)
    int sxi_rows_learn(sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
    int sxi_rows_tabulate(sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
    int32_t sxi_rows_model(sxi_rows *ctx, uint8_t *out, uint32_t out_len)
    uint32_t sxi_rows_model_bound(const sxi_rows *ctx)
    int32_t sxi_rows_choose(sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows,
                            uint8_t *out, uint32_t out_len)
    int32_t sxi_rows_encode(sxi_rows *ctx, const uint16_t *frame_samples, uint32_t frame,
                            uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next)
    struct sxi_rows_packet:
        uint32_t kind
        uint32_t length
        uint32_t frames
        uint32_t frame
        uint32_t rows
        uint32_t cols
        uint32_t first
        uint32_t n_samples
        uint32_t model_id
    int sxi_rows_parse(sxi_rows_packet *packet, const uint8_t *data, uint32_t len)
    struct sxi_rows_decoder:
        uint32_t room
        int16_t *columns
        uint32_t has_model
        uint32_t model_id
    int sxi_rows_load_model(sxi_rows_decoder *ctx, const uint8_t *data, uint32_t len)
    int32_t sxi_rows_decode(sxi_rows_decoder *ctx, const uint8_t *data, uint32_t len,
                            uint16_t *out, uint32_t out_len)

cdef extern from "sxi/events.h" nogil:
    enum: SXI_EVENTS_EVENT_BYTES
    struct sxi_events:
        uint32_t kind
        uint32_t packet_bytes
    int32_t sxi_events_encode(sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                              uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next)
    int32_t sxi_events_choose(sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                              uint8_t *out, uint32_t out_len)
    struct sxi_events_packet:
        uint32_t length
        uint32_t total
        uint32_t first
        uint32_t n_events
    int sxi_events_parse(sxi_events_packet *packet, const uint8_t *data, uint32_t len)
    struct sxi_events_decoder:
        pass
    int32_t sxi_events_decode(sxi_events_decoder *ctx, const uint8_t *data, uint32_t len,
                              uint8_t *out, uint32_t out_len)

cdef extern from "sxi/hkdelta.h" nogil:
    enum: SXI_HK_OVERHEAD_BYTES
    enum: SXI_HK_MAX_BYTES
    enum: SXI_HK_MAX_INTERVAL
    enum: SXI_HK_MAX_BLOCK
    enum: SXI_HK_BLOCK
    struct sxi_hk_word:
        pass
    struct sxi_hk:
        uint32_t full_every
        uint32_t room
        sxi_hk_word *words
    int sxi_hk_init(sxi_hk *ctx)
    int32_t sxi_hk_encode(sxi_hk *ctx, const uint8_t *packet, uint32_t len, uint8_t *out,
                          uint32_t out_len)
    int32_t sxi_hk_decode(sxi_hk *ctx, const uint8_t *data, uint32_t len, uint8_t *out,
                          uint32_t out_len, uint32_t *number)
    int32_t sxi_hk_block_encode(const uint8_t *packets, uint32_t n, uint32_t len, uint32_t number,
                                uint16_t *planes, uint32_t planes_len, uint8_t *out,
                                uint32_t out_len)
    uint32_t sxi_hk_block_bound(uint32_t n, uint32_t len)
    struct sxi_hk_block:
        uint32_t number
        uint32_t n
        uint32_t length
    int32_t sxi_hk_block_decode(sxi_hk_block *block, const uint8_t *data, uint32_t len,
                                uint16_t *planes, uint32_t planes_len, uint8_t *out,
                                uint32_t out_len)

cdef extern from "sxi/key.h" nogil:
    struct sxi_key:
        uint32_t stacked
        uint32_t coder
        uint32_t planes
        uint32_t block_size
        uint32_t preprocess
        uint32_t rows
        uint32_t cols
        uint32_t choose
        uint32_t near_lossless
    enum: SXI_KEY_NONE
    enum: SXI_KEY_EVENTS
    enum: SXI_KEY_ROWS
    enum: SXI_KEY_ROWS_PACKET_BYTES
    struct sxi_key_work:
        uint16_t *u16
        uint32_t *u32
        uint32_t room
        sxi_rows *rows
        sxi_rows_decoder *rows_decoder
        sxi_events *events
        sxi_events_decoder *events_decoder
    int sxi_key_load(sxi_key *parts, uint32_t key)
    int sxi_key_store(const sxi_key *parts, uint32_t *key)
    uint32_t sxi_key_bound(uint32_t key, uint32_t science_len)
    int32_t sxi_key_encode(uint32_t key, const uint8_t *science, uint32_t science_len,
                           const sxi_key_work *work, uint8_t *out, uint32_t out_len)
    int32_t sxi_key_decode(uint32_t key, const uint8_t *data, uint32_t len,
                           const sxi_key_work *work, uint8_t *out, uint32_t science_len)

cdef extern from "sxi/ce.h" nogil:
    enum: SXI_CE_HEADER_BYTES
    enum: SXI_CE_GROUP_BYTES
    enum: SXI_CE_FRAME_BYTES
    enum: SXI_CE_GROUP_FIELDS
    enum: SXI_CE_FRAME_FIELDS
    struct sxi_ce_header:
        uint16_t version
        uint16_t build
        uint16_t sdp_version
        uint32_t coarse
        uint32_t fine_us
        uint32_t obsid
        uint16_t counter
        uint16_t members
        uint32_t size
        uint32_t key
        uint8_t product
        uint8_t integrity
        uint16_t group_size
        uint16_t frames_size
        uint16_t compressed_meta_size
        uint32_t data_size
        uint32_t compressed_data_size
    int sxi_ce_header_load(sxi_ce_header *header, const uint8_t *data, uint32_t len)
    int sxi_ce_group_store(const uint32_t *fields, uint32_t n, uint8_t *out, uint32_t out_len)
    int sxi_ce_group_load(uint32_t *fields, uint32_t n, const uint8_t *data, uint32_t len)
    int sxi_ce_frame_store(const uint32_t *fields, uint32_t n, uint8_t *out, uint32_t out_len)
    int sxi_ce_frame_load(uint32_t *fields, uint32_t n, const uint8_t *data, uint32_t len)
    int sxi_ce_frame_hk(uint32_t *fields, uint32_t n, const uint8_t *hk, uint32_t hk_len)

cdef extern from "sxi/entity.h" nogil:
    uint32_t sxi_entity_bound(uint32_t key, uint32_t members, uint32_t science_len)
    int32_t sxi_entity_pack(sxi_ce_header *header, const uint32_t *group, const uint32_t *frames,
                            const uint8_t *science, uint32_t science_len,
                            const sxi_key_work *work, uint8_t *out, uint32_t out_len)
    int32_t sxi_entity_science(const uint8_t *entity, uint32_t len, const sxi_key_work *work,
                               uint8_t *out, uint32_t out_len)

cdef extern from "sxi/pus.h" nogil:
    enum: SXI_PUS_TM_HEADER_BYTES
    enum: SXI_PUS_TM_MAX_BYTES
    struct sxi_pus_tm:
        uint16_t apid
        uint16_t count
        uint8_t type
        uint8_t subtype
        uint8_t destination
        uint8_t sync
        uint32_t coarse
        uint32_t fine_us
    int32_t sxi_pus_tm_store(const sxi_pus_tm *tm, const uint8_t *data, uint32_t data_len,
                             uint8_t *out, uint32_t out_len)
    int32_t sxi_pus_tm_load(sxi_pus_tm *tm, const uint8_t *packet, uint32_t len)

cdef extern from "sxi/ldt.h" nogil:
    struct sxi_ldt_tx:
        uint16_t number
    struct sxi_ldt_rx:
        uint32_t size
        uint16_t number
    int sxi_ldt_tx_init(sxi_ldt_tx *tx, uint8_t sdu_id, const uint8_t *data, uint32_t size,
                        uint32_t part)
    int32_t sxi_ldt_tx_next(sxi_ldt_tx *tx, sxi_pus_tm *tm, uint8_t *out, uint32_t out_len)
    int32_t sxi_ldt_tx_abort(sxi_ldt_tx *tx, uint16_t reason, sxi_pus_tm *tm, uint8_t *out,
                             uint32_t out_len)
    int sxi_ldt_rx_init(sxi_ldt_rx *rx, uint8_t sdu_id, uint8_t *buf, uint32_t room)
    int32_t sxi_ldt_rx_push(sxi_ldt_rx *rx, uint8_t subtype, const uint8_t *source, uint32_t len)
    int32_t sxi_ldt_rx_end(sxi_ldt_rx *rx)
