/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/ce.h"

/* What of it: 0 header, 1 group metadata, 2 frame metadata, 3 FEE housekeeping; then the bytes.
 * What is read and written again reads the same. */

static void check_header(const struct input *in)
{
    struct sxi_ce_header header;
    (void)memset(&header, 0, sizeof header);
    const enum sxi_status status = sxi_ce_header_load(&header, in->next, in->left);
    MUST(status == SXI_STATUS_OK || status == SXI_STATUS_SHORT || status == SXI_STATUS_FORMAT ||
         status == SXI_STATUS_LENGTH);
    if (status == SXI_STATUS_OK && header.fine_us <= 999999U) {
        uint8_t *out = exactly(SXI_CE_HEADER_BYTES);
        MUST(sxi_ce_header_store(&header, out, SXI_CE_HEADER_BYTES) == SXI_STATUS_OK);
        MUST(memcmp(out, in->next, SXI_CE_HEADER_BYTES) == 0);
        free(out);
    }
}

typedef enum sxi_status load_function(uint32_t *, uint32_t, const uint8_t *, uint32_t);
typedef enum sxi_status store_function(const uint32_t *, uint32_t, uint8_t *, uint32_t);

static void check_fields(const struct input *in, load_function *load, store_function *store,
                         uint32_t n, uint32_t bytes)
{
    uint32_t *fields = exactly(n * sizeof *fields);
    uint32_t *again = exactly(n * sizeof *again);
    uint8_t *out = exactly(bytes);
    const enum sxi_status status = load(fields, n, in->next, in->left);
    MUST(status == (in->left < bytes ? SXI_STATUS_SHORT : SXI_STATUS_OK));
    if (status == SXI_STATUS_OK) {
        MUST(store(fields, n, out, bytes) == SXI_STATUS_OK);
        MUST(load(again, n, out, bytes) == SXI_STATUS_OK);
        MUST(memcmp(fields, again, n * sizeof *fields) == 0);
    }
    free(fields);
    free(again);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t what = take(&in, 1) % 4U;
    if (what == 0U) {
        check_header(&in);
    } else if (what == 1U) {
        check_fields(&in, sxi_ce_group_load, sxi_ce_group_store, SXI_CE_GROUP_FIELDS,
                     SXI_CE_GROUP_BYTES);
    } else if (what == 2U) {
        check_fields(&in, sxi_ce_frame_load, sxi_ce_frame_store, SXI_CE_FRAME_FIELDS,
                     SXI_CE_FRAME_BYTES);
    } else {
        uint32_t *fields = exactly(SXI_CE_FRAME_FIELDS * sizeof *fields);
        (void)memset(fields, 0, SXI_CE_FRAME_FIELDS * sizeof *fields);
        MUST(sxi_ce_frame_hk(fields, SXI_CE_FRAME_FIELDS, in.next, in.left) == SXI_STATUS_OK);
        free(fields);
    }
    return 0;
}
