# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: offset and noise maps, common mode, thresholds by row.

from dataclasses import replace

from fsw_emu.core import PixelMaps

cdef extern from "sxi/common.h" nogil:
    enum: SXI_COMMON_SEGMENT

    int32_t sxi_common_rows(const sxi_frame *frame, const uint32_t *offset, uint32_t clip,
                            int32_t *common, uint32_t common_len)

cdef extern from "sxi/maps.h" nogil:
    cdef struct sxi_maps:
        uint32_t *offset
        uint16_t *noise
        int32_t *common
        uint8_t *row_state
        uint16_t *row_age
        uint16_t *row_good
        uint32_t *row_check
        uint32_t pixels_room
        uint32_t common_room
        uint32_t rows_room
        uint32_t n_rows
        uint32_t n_cols
        uint32_t clip
        uint32_t start_step
        uint32_t start_frames
        uint32_t fine_step
        uint32_t outlier_shift
        uint32_t level_shift
        uint32_t drift_limit
        uint32_t good_frames
        uint32_t noise_start
        uint32_t noise_min
        uint32_t n_local
        uint32_t n_started
        uint32_t n_upset

    int sxi_maps_init(sxi_maps *ctx)
    int sxi_maps_seal(sxi_maps *ctx, uint32_t age)
    int32_t sxi_maps_scrub(sxi_maps *ctx, uint32_t first, uint32_t n)
    int32_t sxi_maps_update(sxi_maps *ctx, const sxi_frame *frame)

cdef extern from "sxi/cti.h" nogil:
    int sxi_cti_thresholds(uint32_t threshold, uint32_t loss, uint32_t transfers, uint32_t least,
                           uint16_t *out, uint32_t out_len)


_COMMON = np.dtype(np.int32)
_MAPS = (("offset", _U32, 2), ("noise", _U16, 2), ("common", _COMMON, 2),
         ("row_state", np.dtype(np.uint8), 1), ("row_age", _U16, 1), ("row_good", _U16, 1),
         ("row_check", _U32, 1))
_MAPS_ROWS = ("row_state", "row_age", "row_good", "row_check")


def common_mode(frame, offset, *, clip):
    cdef object pixels = _array(frame, _U16, 2, "frame")
    cdef object known = _array(offset, _U32, 2, "offset")
    if known.shape != pixels.shape:
        raise ValueError(f"offset: {known.shape}, not {pixels.shape} as the frame")
    cdef sxi_frame view
    view.pixels = <uint16_t *>_data(pixels)
    view.n_rows = <uint32_t>min(pixels.shape[0], 0xffffffff)
    view.n_cols = <uint32_t>min(pixels.shape[1], 0xffffffff)
    cdef object common = np.zeros((view.n_rows, -(-pixels.shape[1] // SXI_COMMON_SEGMENT)), _COMMON)
    cdef const uint32_t *o = <uint32_t *>_data(known)
    cdef int32_t *out = <int32_t *>_data(common)
    cdef uint32_t reach = _ranged(clip, 0xffff, "clip"), room = <uint32_t>common.size
    cdef int32_t result
    with nogil:
        result = sxi_common_rows(&view, o, reach, out, room)
    _count("common_mode", result)
    return common


cdef dict _maps_copy(object maps):
    """Copies of the arrays of maps, by name."""
    return {name: _array(getattr(maps, name), dtype, ndim, name).copy()
            for name, dtype, ndim in _MAPS}


cdef sxi_maps _maps_context(object maps, dict arrays) except *:
    """A context over these arrays."""
    cdef sxi_maps ctx
    memset(&ctx, 0, sizeof(ctx))
    ctx.offset = <uint32_t *>_data(arrays["offset"])
    ctx.noise = <uint16_t *>_data(arrays["noise"])
    ctx.common = <int32_t *>_data(arrays["common"])
    ctx.row_state = <uint8_t *>_data(arrays["row_state"])
    ctx.row_age = <uint16_t *>_data(arrays["row_age"])
    ctx.row_good = <uint16_t *>_data(arrays["row_good"])
    ctx.row_check = <uint32_t *>_data(arrays["row_check"])
    ctx.pixels_room = min(arrays["offset"].size, arrays["noise"].size, 0xffffffff)
    ctx.common_room = min(arrays["common"].size, 0xffffffff)
    ctx.rows_room = min(*[len(arrays[name]) for name in _MAPS_ROWS], 0xffffffff)
    ctx.n_rows = min(arrays["offset"].shape[0], 0xffffffff)
    ctx.n_cols = min(arrays["offset"].shape[1], 0xffffffff)
    s = maps.settings
    ctx.clip = _ranged(s.clip, 0xffffffff, "clip")
    ctx.start_step = _ranged(s.start_step, 0xffffffff, "start_step")
    ctx.start_frames = _ranged(s.start_frames, 0xffffffff, "start_frames")
    ctx.fine_step = _ranged(s.fine_step, 0xffffffff, "fine_step")
    ctx.outlier_shift = _ranged(s.outlier_shift, 0xffffffff, "outlier_shift")
    ctx.level_shift = _ranged(s.level_shift, 0xffffffff, "level_shift")
    ctx.drift_limit = _ranged(s.drift_limit, 0xffffffff, "drift_limit")
    ctx.good_frames = _ranged(s.good_frames, 0xffffffff, "good_frames")
    ctx.noise_start = _ranged(s.noise_start, 0xffffffff, "noise_start")
    ctx.noise_min = _ranged(s.noise_min, 0xffffffff, "noise_min")
    ctx.n_local, ctx.n_started, ctx.n_upset = maps.n_local, maps.n_started, maps.n_upset
    return ctx


cdef object _maps_after(object maps, dict arrays, sxi_maps *ctx):
    return replace(maps, n_local=ctx.n_local, n_started=ctx.n_started, n_upset=ctx.n_upset,
                   **arrays)


def maps_begin(shape, settings):
    rows, cols = [_ranged(n, 0xffff, "shape") for n in shape]
    cdef dict sizes = {"offset": (rows, cols), "noise": (rows, cols),
                       "common": (rows, -(-cols // SXI_COMMON_SEGMENT))}
    cdef dict arrays = {name: np.zeros(sizes.get(name, rows), dtype) for name, dtype, _ in _MAPS}
    maps = PixelMaps(settings=settings, n_local=0, n_started=0, n_upset=0, **arrays)
    cdef sxi_maps ctx = _maps_context(maps, arrays)
    _count("maps_begin", sxi_maps_init(&ctx))
    return _maps_after(maps, arrays, &ctx)


def maps_seal(maps, *, age):
    cdef dict arrays = _maps_copy(maps)
    cdef sxi_maps ctx = _maps_context(maps, arrays)
    _count("maps_seal", sxi_maps_seal(&ctx, _ranged(age, 0xffff, "age")))
    return _maps_after(maps, arrays, &ctx)


def maps_scrub(maps, *, first=0, n=None):
    cdef dict arrays = _maps_copy(maps)
    cdef sxi_maps ctx = _maps_context(maps, arrays)
    cdef uint32_t start = _ranged(first, 0xffff, "first")
    cdef uint32_t rows = (max(len(arrays["row_state"]) - start, 0) if n is None
                          else _ranged(n, 0xffff, "n"))
    _count("maps_scrub", sxi_maps_scrub(&ctx, start, rows))
    return _maps_after(maps, arrays, &ctx)


def maps_update(maps, frame):
    cdef object pixels = _array(frame, _U16, 2, "frame")
    cdef dict arrays = _maps_copy(maps)
    cdef sxi_maps ctx = _maps_context(maps, arrays)
    cdef sxi_frame view
    cdef int32_t result
    view.pixels = <uint16_t *>_data(pixels)
    view.n_rows = <uint32_t>min(pixels.shape[0], 0xffffffff)
    view.n_cols = <uint32_t>min(pixels.shape[1], 0xffffffff)
    with nogil:
        result = sxi_maps_update(&ctx, &view)
    _count("maps_update", result)
    return _maps_after(maps, arrays, &ctx)


def cti_thresholds(n_rows, *, threshold, loss, transfers=1, least=0):
    cdef object out = np.zeros(_ranged(n_rows, 0xffff, "n_rows"), _U16)
    _count("cti_thresholds", sxi_cti_thresholds(
        _ranged(threshold, 0xffff, "threshold"), _ranged(loss, 0xffffffff, "loss"),
        _ranged(transfers, 0xffff, "transfers"), _ranged(least, 0xffff, "least"),
        <uint16_t *>_data(out), <uint32_t>len(out)))
    return out
