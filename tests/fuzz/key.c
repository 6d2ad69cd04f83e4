/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "key_work.h"

/* Key (u32), 64-byte units of science data, code. Any key is read; what decodes is coded again and
 * comes back the same, but for images, of which there is one, if it is small. */

enum { MOST_PIXELS = 165 * 96 };

static struct sxi_key check_parts(uint32_t key)
{
    struct sxi_key parts = {0};
    uint32_t again = ~key;
    const enum sxi_status status = sxi_key_load(&parts, key);
    MUST(status == SXI_STATUS_OK || status == SXI_STATUS_FORMAT);
    if (status == SXI_STATUS_OK) {
        MUST(sxi_key_store(&parts, &again) == SXI_STATUS_OK && again == key);
    }
    MUST((sxi_key_bound(key, 64) != 0U) == (status == SXI_STATUS_OK));
    return parts;
}

static void check_again(uint32_t key, const uint8_t *science, uint32_t science_len,
                        const struct sxi_key_work *work)
{
    const uint32_t room = sxi_key_bound(key, science_len);
    uint8_t *code = exactly(room);
    uint8_t *back = exactly(science_len);
    const int32_t coded = sxi_key_encode(key, science, science_len, work, code, room);
    MUST(coded >= 0 && (uint32_t)coded <= room);
    MUST(sxi_key_decode(key, code, (uint32_t)coded, work, back, science_len) ==
         (int32_t)science_len);
    MUST(memcmp(science, back, science_len) == 0);
    free(code);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t key = take(&in, 4);
    uint32_t science_len = 64U * (take(&in, 1) % 17U);
    const struct sxi_key parts = check_parts(key);
    if (parts.coder == SXI_KEY_ROWS && parts.rows * parts.cols <= MOST_PIXELS) {
        science_len = 2U * parts.rows * parts.cols;
    }
    struct sxi_key_work work = key_work(key, science_len / 2U);
    uint8_t *science = exactly(science_len);
    const int32_t status = sxi_key_decode(key, in.next, in.left, &work, science, science_len);
    MUST(status == (int32_t)science_len || (status < 0 && status >= SXI_STATUS_SEQUENCE));
    MUST(parts.coder >= SXI_KEY_ROWS || status >= SXI_STATUS_LENGTH);
    if (status >= 0 && parts.coder != SXI_KEY_ROWS) {
        check_again(key, science, science_len, &work);
    }
    key_work_end(&work);
    free(science);
    return 0;
}
