/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_KEY_PACKETS_H
#define SXI_KEY_PACKETS_H

#include <stdint.h>

#include "sxi/key.h"

/* Science data as packets of rows or of events. Keys and lengths are checked, and that there is
 * memory; images and events are whole. */

/* Bytes that the packets take at the most; 0 beyond INT32_MAX. */
uint32_t key_rows_bound(const struct sxi_key *parts, uint32_t n_samples);
uint32_t key_events_bound(uint32_t n_events);

/* To packets: bytes, or the errors of rows.h and events.h. */
int32_t key_rows_encode(const struct sxi_key *parts, struct sxi_rows *ctx,
                        const uint16_t *samples, uint32_t n_samples, uint8_t *out,
                        uint32_t out_len);
int32_t key_events_encode(const struct sxi_key *parts, struct sxi_events *ctx,
                          const uint8_t *events, uint32_t n_events, uint8_t *out,
                          uint32_t out_len);

/* And back: SXI_STATUS_OK, or the errors of rows.h and events.h; FORMAT for packets of something
 * else or in another order, SHORT for less than all. */
enum sxi_status key_rows_decode(const struct sxi_key *parts, struct sxi_rows_decoder *ctx,
                                const uint8_t *data, uint32_t len, uint16_t *samples,
                                uint32_t n_samples);
enum sxi_status key_events_decode(struct sxi_events_decoder *ctx, const uint8_t *data,
                                  uint32_t len, uint8_t *events, uint32_t n_events);

#endif
