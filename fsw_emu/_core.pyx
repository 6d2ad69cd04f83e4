# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""The flight core in this process: numpy in, numpy out. Contracts: fsw_emu.core.Core."""

from bisect import bisect_right
from operator import index

import numpy as np

from fsw_emu.core import (
    EVENT_DTYPE, HEADER_DTYPE, AssembledFrame, CeHeader, CompressionEntity, CoreError, Detection,
    FeePackets, FilterResult, Found, TmPacket)
from fsw_emu.packets.received import (
    MOST_SAMPLES, SAMPLES_A_BYTE, events_total, packet_list, reach, stack_shape)

cimport numpy as cnp
from libc.string cimport memcpy, memset
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t
from _csxi cimport *

cnp.import_array()

cdef extern from *:
    """
    static int cpu_has_v3(void)
    {
    #if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
               __builtin_cpu_supports("fma");
    #else
        return 0;
    #endif
    }
    """
    int cpu_has_v3()

name = "host"


def supports_v3():
    """Can this processor run the x86-64-v3 build?"""
    return bool(cpu_has_v3())


cdef int32_t _count(str function, int32_t status) except? -1:
    if status < 0:
        raise CoreError(function, status)
    return status


cdef object _array(object value, object dtype, int ndim, str what):
    """A C-contiguous native array, without a copy where it is one already."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{what}: expected a numpy array, got {type(value).__name__}")
    if value.dtype != dtype and value.dtype.newbyteorder("=") != dtype:
        raise TypeError(f"{what}: expected {dtype}, got {value.dtype}")
    if value.ndim != ndim:
        raise ValueError(f"{what}: expected {ndim} dimensions, got {value.ndim}")
    return np.ascontiguousarray(value, dtype=dtype)


cdef void *_data(object array):
    return cnp.PyArray_DATA(<cnp.ndarray>array)


cdef uint32_t _choice(object value, tuple names, str what) except? 0xffffffff:
    if value not in names:
        raise ValueError(f"{what}: {value!r} is none of {', '.join(names)}")
    return <uint32_t>names.index(value)


cdef object _ranged(object value, object most, str what):
    value = index(value)
    if not 0 <= value <= most:
        raise ValueError(f"{what}: {value} is not within 0..{most}")
    return value


_U16 = np.dtype(np.uint16)
_U32 = np.dtype(np.uint32)
_BOOL = np.dtype(np.bool_)
_DATA_LEN = ("payload", "packet")
_WINDOW_ORDER = ("raster", "simulator")
_PIXEL_ORDER = ("big", "little")


def crc16(const uint8_t[::1] data, seed=0xFFFF):
    return sxi_crc16(_ranged(seed, 0xFFFF, "seed"), &data[0] if data.shape[0] else NULL,
                     <uint32_t>data.shape[0])


def crc8(const uint8_t[::1] data, seed=0):
    return sxi_crc8(_ranged(seed, 0xFF, "seed"), &data[0] if data.shape[0] else NULL,
                    <uint32_t>data.shape[0])


def fee_parse(const uint8_t[::1] buffer, offsets, lengths, *, data_len="payload"):
    cdef object offs = _array(offsets, _U32, 1, "offsets")
    cdef object lens = _array(lengths, _U32, 1, "lengths")
    if len(offs) != len(lens):
        raise ValueError(f"offsets and lengths differ: {len(offs)}, {len(lens)}")
    cdef uint32_t n = <uint32_t>len(offs), size = <uint32_t>buffer.shape[0]
    cdef object headers = np.zeros(n, HEADER_DTYPE)
    cdef object events = np.zeros(n, EVENT_DTYPE)
    cdef object status = np.empty(n, np.int8)
    cdef uint32_t rule = _choice(data_len, _DATA_LEN, "data_len")
    cdef uint8_t none = 0
    cdef const uint8_t *first = &buffer[0] if size else &none
    cdef const uint32_t *o = <uint32_t *>_data(offs)
    cdef const uint32_t *l = <uint32_t *>_data(lens)
    cdef sxi_fee_header *h = <sxi_fee_header *>_data(headers)
    cdef sxi_event *e = <sxi_event *>_data(events)
    cdef int8_t *s = <int8_t *>_data(status)
    cdef int32_t result
    with nogil:
        result = sxi_fee_parse(first, size, o, l, n, rule, h, e, s)
    _count("fee_parse", result)
    return FeePackets(headers, events, status)


def fee_header(header, *, data_len="payload"):
    cdef object h = np.ascontiguousarray(header, dtype=HEADER_DTYPE).reshape(1)
    cdef object out = np.empty(SXI_FEE_HEADER_BYTES, np.uint8)
    _count("fee_header", sxi_fee_header_store(
        <sxi_fee_header *>_data(h), <uint8_t *>_data(out), SXI_FEE_HEADER_BYTES,
        _choice(data_len, _DATA_LEN, "data_len")))
    return out.tobytes()


def fee_build_events(headers, events, *, data_len="payload"):
    cdef object h = _array(headers, HEADER_DTYPE, 1, "headers")
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    if len(h) != len(e):
        raise ValueError(f"headers and events differ: {len(h)}, {len(e)}")
    cdef object out = np.empty(len(h) * SXI_FEE_EVENT_BYTES, np.uint8)
    _count("fee_build_events", sxi_fee_build_events(
        <sxi_fee_header *>_data(h), <sxi_event *>_data(e), <uint32_t>len(h),
        _choice(data_len, _DATA_LEN, "data_len"), <uint8_t *>_data(out), <uint32_t>len(out)))
    return out.tobytes()


def detect_events(frame, *, threshold, limit=None, window_order="raster", mask=None):
    cdef object pixels = _array(frame, _U16, 2, "frame")
    cdef sxi_frame view
    cdef sxi_edu edu
    cdef uint32_t room = 4096
    cdef object records, kinds
    cdef sxi_event *out
    cdef uint8_t *k
    cdef int32_t n
    view.pixels = <uint16_t *>_data(pixels)
    view.n_rows = <uint32_t>min(pixels.shape[0], 0xffffffff)
    view.n_cols = <uint32_t>min(pixels.shape[1], 0xffffffff)
    edu.threshold = _ranged(threshold, 0xffff, "threshold")
    edu.window_order = _choice(window_order, _WINDOW_ORDER, "window_order")
    edu.limit = 0xffffffff if limit is None else _ranged(limit, 0xffffff, "limit")
    edu.mask_row, edu.mask_col = (0, 0) if mask is None else mask
    while True:
        records = np.empty(room, EVENT_DTYPE)
        kinds = np.empty(room, np.uint8)
        out = <sxi_event *>_data(records)
        k = <uint8_t *>_data(kinds)
        with nogil:
            n = sxi_edu_detect(&edu, &view, out, k, room)
        _count("detect_events", n)
        if <uint32_t>n < room or edu.n_events >= edu.limit or edu.n_dropped == 0:
            records.resize(n, refcheck=False)  # gives back the rest in place
            kinds.resize(n, refcheck=False)
            return Detection(records, kinds, edu.n_dropped)
        room += edu.n_dropped + 1


def mask_step(row, col):
    cdef uint16_t r = row, c = col
    _count("mask_step", sxi_edu_mask_step(&r, &c))
    return r, c


def filter_events(events, *, centre_max, ring_sum_max, ring_max, ring_count_max=4, bad_pixels=None):
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef const uint8_t[::1] mask
    cdef sxi_filter ctx
    cdef object keep = np.empty(len(e), np.uint8)
    ctx.centre_max = _ranged(centre_max, 0xffff, "centre_max")
    ctx.ring_sum_max = _ranged(ring_sum_max, 0xffff, "ring_sum_max")
    ctx.ring_max = _ranged(ring_max, 0xffff, "ring_max")
    ctx.ring_count_max = _ranged(ring_count_max, 0xffff, "ring_count_max")
    ctx.bad_pixels = NULL
    ctx.bad_pixels_len = 0
    ctx.n_bad = ctx.n_centre = ctx.n_ring_sum = ctx.n_ring_count = 0
    if bad_pixels is not None:
        mask = bad_pixels
        if mask.shape[0] != SXI_BADPIX_BYTES:
            raise ValueError(f"bad_pixels: {mask.shape[0]} bytes, not {SXI_BADPIX_BYTES}")
        ctx.bad_pixels = &mask[0]
        ctx.bad_pixels_len = <uint32_t>mask.shape[0]
    cdef const sxi_event *first = <sxi_event *>_data(e)
    cdef uint8_t *kept = <uint8_t *>_data(keep)
    cdef uint32_t n = <uint32_t>len(e)
    cdef int32_t result
    with nogil:
        result = sxi_filter_events(&ctx, first, n, kept)
    _count("filter_events", result)
    return FilterResult(keep.view(np.bool_), ctx.n_bad, ctx.n_centre, ctx.n_ring_sum,
                        ctx.n_ring_count)


def bad_pixel(const uint8_t[::1] mask, row, col):
    return bool(_count("bad_pixel", sxi_badpix_test(
        &mask[0] if mask.shape[0] else NULL, <uint32_t>mask.shape[0], row, col)))


def bad_pixel_mask(pixels):
    cdef object p = _array(pixels, _BOOL, 2, "pixels")
    cdef object out = np.zeros(SXI_BADPIX_BYTES, np.uint8)
    cdef uint8_t *mask = <uint8_t *>_data(out)
    for row, col in zip(*np.nonzero(p)):
        _count("bad_pixel_mask", sxi_badpix_set(mask, SXI_BADPIX_BYTES, row, col, 1))
    return out.tobytes()


include "_core_frame.pxi"
include "_core_coding.pxi"
include "_core_rows.pxi"
include "_core_events.pxi"
include "_core_housekeeping.pxi"
include "_core_telemetry.pxi"
include "_core_classify.pxi"
include "_core_find.pxi"
include "_core_maps.pxi"
include "_core_artefacts.pxi"
include "_core_storm.pxi"
include "_core_look.pxi"
