# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: event detection beyond the flight rule.

cdef extern from "sxi/find.h" nogil:
    struct sxi_find:
        const uint32_t *offset
        const uint16_t *noise
        const uint8_t *row_state
        const int32_t *common
        const uint16_t *row_threshold
        const uint8_t *masked
        uint16_t threshold
        uint16_t window_order
        uint16_t ties
        uint16_t sigmas_q4
        uint16_t saturation
        uint32_t limit
        uint32_t n_events
        uint32_t n_dropped
    int32_t sxi_find_events(sxi_find *ctx, const sxi_frame *frame, sxi_event *out, uint8_t *flags,
                            uint32_t out_len)

_TIES = ("strict", "raster")


cdef object _beside(object value, object dtype, tuple shape, str what):
    """An array of exactly that shape, or None."""
    if value is None:
        return None
    cdef object made = _array(value, np.dtype(dtype), len(shape), what)
    if made.shape != shape:
        raise ValueError(f"{what}: the shape is {made.shape}, not {shape}")
    return made


cdef void *_beside_data(object array):
    return NULL if array is None else _data(array)


def find_events(frame, *, threshold, limit=None, window_order="raster", ties="strict",
                saturation=0, offset=None, noise=None, sigmas_q4=0, row_state=None, common=None,
                row_threshold=None, masked=None):
    cdef object pixels = _array(frame, _U16, 2, "frame")
    cdef tuple shape = pixels.shape
    cdef object offsets = _beside(offset, np.uint32, shape, "offset")
    cdef object noises = _beside(noise, np.uint16, shape, "noise")
    cdef object states = _beside(row_state, np.uint8, shape[:1], "row_state")
    cdef object commons = _beside(common, np.int32, (shape[0], -(-shape[1] // 64)), "common")
    cdef object thresholds = _beside(row_threshold, np.uint16, shape[:1], "row_threshold")
    cdef object size = -(-shape[0] * shape[1] // 8), mask = None
    cdef sxi_frame view
    cdef sxi_find ctx
    cdef uint32_t room = 4096
    cdef object records, flags
    cdef sxi_event *out
    cdef uint8_t *told
    cdef int32_t n
    if masked is not None:
        if len(masked) != size:
            raise ValueError(f"masked: {len(masked)} bytes, not {size}")
        mask = np.frombuffer(masked, np.uint8)
    view.pixels = <uint16_t *>_data(pixels)
    view.n_rows = <uint32_t>min(shape[0], 0xffffffff)
    view.n_cols = <uint32_t>min(shape[1], 0xffffffff)
    memset(&ctx, 0, sizeof(ctx))
    ctx.offset = <uint32_t *>_beside_data(offsets)
    ctx.noise = <uint16_t *>_beside_data(noises)
    ctx.row_state = <uint8_t *>_beside_data(states)
    ctx.common = <int32_t *>_beside_data(commons)
    ctx.row_threshold = <uint16_t *>_beside_data(thresholds)
    ctx.masked = <uint8_t *>_beside_data(mask)
    ctx.threshold = _ranged(threshold, 0xffff, "threshold")
    ctx.window_order = _choice(window_order, _WINDOW_ORDER, "window_order")
    ctx.ties = _choice(ties, _TIES, "ties")
    ctx.sigmas_q4 = _ranged(sigmas_q4, 0xffff, "sigmas_q4")
    ctx.saturation = _ranged(saturation, 0xffff, "saturation")
    ctx.limit = 0xffffffff if limit is None else _ranged(limit, 0xffffff, "limit")
    while True:
        records = np.empty(room, EVENT_DTYPE)
        flags = np.empty(room, np.uint8)
        out = <sxi_event *>_data(records)
        told = <uint8_t *>_data(flags)
        with nogil:
            n = sxi_find_events(&ctx, &view, out, told, room)
        _count("find_events", n)
        if <uint32_t>n < room or ctx.n_events >= ctx.limit or ctx.n_dropped == 0:
            records.resize(n, refcheck=False)  # gives back the rest in place
            flags.resize(n, refcheck=False)
            return Found(records, flags, ctx.n_dropped)
        room += ctx.n_dropped
