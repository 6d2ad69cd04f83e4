# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: tracks of particles, hot and flickering pixels.
from fsw_emu.core import TRACK_DTYPE, TRACK_RUN_DTYPE, Tracks

cdef extern from "sxi/track.h" nogil:
    enum: SXI_TRACK_RUNS_MAX
    enum: SXI_TRACK_BACKGROUND_MAX
    enum: SXI_TRACK_REACH_MAX
    struct sxi_track_run:
        uint16_t row
    struct sxi_track:
        uint16_t peak
    struct sxi_track_finder:
        uint16_t level
        uint16_t min_pixels
        uint16_t mip
        uint16_t saturation
        uint32_t background
        const uint32_t *offsets
        sxi_track_run *runs
        sxi_track *tracks
        uint32_t room
        uint32_t n_runs
        uint32_t n_components
        uint32_t n_above
        uint32_t n_lost
    int32_t sxi_track_find(sxi_track_finder *ctx, const sxi_frame *frame)
    int32_t sxi_track_distance(const sxi_track_run *runs, uint32_t n_runs, const sxi_event *events,
                               uint32_t n, uint32_t reach, uint8_t *distance)

cdef extern from "sxi/hot.h" nogil:
    enum: SXI_HOT_WAYS
    enum: SXI_HOT_LOG2_BUCKETS_MAX
    enum: SXI_HOT_CLEAN_MAX
    struct sxi_hot_pixel:
        uint32_t hits
    struct sxi_hot:
        sxi_hot_pixel *pixels
        uint32_t log2_buckets
        uint32_t clean
        uint32_t mean
        uint32_t n_hot
        uint32_t n_masked
        uint32_t n_healed
        uint32_t n_evicted
        uint32_t n_untracked
    int32_t sxi_hot_update(sxi_hot *ctx, const sxi_event *events, uint32_t n, uint8_t *verdict)
    int32_t sxi_hot_mask(const sxi_hot *ctx, uint8_t *mask, uint32_t mask_len)
    int32_t sxi_hot_limit(uint32_t rate, uint32_t window)


def find_tracks(frame, *, level, background=0, min_pixels=0, mip=0, saturation=0xFFFF, room=16384):
    cdef object pixels = _array(frame, _U16, 2, "frame")
    cdef object offsets = None
    cdef sxi_frame view
    cdef sxi_track_finder finder
    cdef int32_t n
    view.pixels = <uint16_t *>_data(pixels)
    view.n_rows = <uint32_t>min(pixels.shape[0], 0xffffffff)
    view.n_cols = <uint32_t>min(pixels.shape[1], 0xffffffff)
    finder.level = _ranged(level, 0xffff, "level")
    finder.min_pixels = _ranged(min_pixels, 0xffff, "min_pixels")
    finder.mip = _ranged(mip, 0xffff, "mip")
    finder.saturation = _ranged(saturation, 0xffff, "saturation")
    finder.room = _ranged(room, SXI_TRACK_RUNS_MAX, "room")
    finder.background = 0
    finder.offsets = NULL
    if isinstance(background, np.ndarray):
        offsets = _array(background, _U32, 2, "background")
        if offsets.shape != pixels.shape:
            raise ValueError(f"background: {offsets.shape}, not {pixels.shape}")
        finder.offsets = <const uint32_t *>_data(offsets)
    else:
        finder.background = _ranged(background, SXI_TRACK_BACKGROUND_MAX, "background")
    cdef object runs = np.zeros(finder.room, TRACK_RUN_DTYPE)
    cdef object tracks = np.zeros(finder.room, TRACK_DTYPE)
    finder.runs = <sxi_track_run *>_data(runs)
    finder.tracks = <sxi_track *>_data(tracks)
    with nogil:
        n = sxi_track_find(&finder, &view)
    _count("find_tracks", n)
    return Tracks(tracks[:n].copy(), runs[:finder.n_runs].copy(), finder.n_components,
                  finder.n_above, finder.n_lost)


def track_distance(runs, events, *, reach=254):
    cdef object r = _array(runs, TRACK_RUN_DTYPE, 1, "runs")
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef object distance = np.empty(len(e), np.uint8)
    cdef const sxi_track_run *first = <sxi_track_run *>_data(r)
    cdef const sxi_event *event = <sxi_event *>_data(e)
    cdef uint8_t *out = <uint8_t *>_data(distance)
    cdef uint32_t n_runs = <uint32_t>len(r), n = <uint32_t>len(e)
    cdef uint32_t most = _ranged(reach, SXI_TRACK_REACH_MAX, "reach")
    cdef int32_t status
    with nogil:
        status = sxi_track_distance(first, n_runs, event, n, most, out)
    _count("track_distance", status)
    return distance


cdef class _HotTracker:
    cdef sxi_hot hot
    cdef object table

    def __init__(self, log2_buckets, clean):
        cdef uint32_t log2 = _ranged(log2_buckets, SXI_HOT_LOG2_BUCKETS_MAX, "log2_buckets")
        memset(&self.hot, 0, sizeof(sxi_hot))
        self.table = np.zeros((SXI_HOT_WAYS << log2) * sizeof(sxi_hot_pixel), np.uint8)
        self.hot.pixels = <sxi_hot_pixel *>_data(self.table)
        self.hot.log2_buckets = log2
        self.hot.clean = _ranged(clean, SXI_HOT_CLEAN_MAX, "clean")

    @property
    def n_hot(self):
        return self.hot.n_hot

    @property
    def n_masked(self):
        return self.hot.n_masked

    @property
    def n_healed(self):
        return self.hot.n_healed

    @property
    def n_evicted(self):
        return self.hot.n_evicted

    @property
    def n_untracked(self):
        return self.hot.n_untracked

    @property
    def mean(self):
        return self.hot.mean

    def update(self, events):
        cdef object e = _array(events, EVENT_DTYPE, 1, "events")
        cdef object verdict = np.empty(len(e), np.uint8)
        _count("hot_tracker", sxi_hot_update(&self.hot, <sxi_event *>_data(e), <uint32_t>len(e),
                                             <uint8_t *>_data(verdict)))
        return verdict

    def mask(self, base=None):
        cdef object out = bytearray(SXI_BADPIX_BYTES) if base is None else bytearray(base)
        cdef uint8_t[::1] mask = out
        _count("hot_tracker", sxi_hot_mask(&self.hot, &mask[0] if len(out) else NULL,
                                           <uint32_t>len(out)))
        return bytes(out)


def hot_tracker(*, log2_buckets=10, clean=0):
    return _HotTracker(log2_buckets, clean)


def hot_limit(rate, window):
    return _count("hot_limit", sxi_hot_limit(_ranged(rate, 0xffffffff, "rate"), window))
