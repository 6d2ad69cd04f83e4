# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: the quick look.

from fsw_emu.core.look import LookProduct

cdef extern from "sxi/look.h" nogil:
    enum:
        SXI_LOOK_NODES
        SXI_LOOK_CELL_ROWS
        SXI_LOOK_CELL_COLS
        SXI_LOOK_CELLS
        SXI_LOOK_BYTES
        SXI_LOOK_RATE
        SXI_LOOK_PLACE
        SXI_LOOK_LEARNING
        SXI_LOOK_FULL
        SXI_LOOK_NOWHERE
    struct sxi_look:
        uint16_t reference
        uint16_t limit
        uint16_t sigmas
        uint16_t confirm
        uint16_t learn
        uint16_t shift
        uint32_t n_alarms
    struct sxi_look_product:
        uint16_t flags
        uint16_t frame_counter
        uint16_t n_kept[4]
        uint16_t n_rejected
        uint16_t mean
        uint16_t score
        uint16_t x
        uint16_t y
        uint8_t cells[240]
    int32_t sxi_look_init(sxi_look *ctx)
    int32_t sxi_look_add(sxi_look *ctx, uint32_t node, const sxi_event *events, uint32_t n,
                         const uint8_t *keep)
    int32_t sxi_look_close(sxi_look *ctx, uint16_t frame_counter, uint8_t *out, uint32_t out_len)
    int32_t sxi_look_load(sxi_look_product *product, const uint8_t *data, uint32_t in_len)


cdef class _QuickLook:
    cdef sxi_look ctx

    def __init__(self, parameters):
        self.ctx.reference, self.ctx.limit, self.ctx.sigmas = parameters[:3]
        self.ctx.confirm, self.ctx.learn, self.ctx.shift = parameters[3:]
        _count("quick_look", sxi_look_init(&self.ctx))

    @property
    def n_alarms(self):
        return self.ctx.n_alarms

    def add(self, node, events, keep=None):
        cdef uint32_t at = <uint32_t>node
        cdef uint8_t *kept = NULL
        events = _array(events, EVENT_DTYPE, 1, "events")
        if keep is not None:
            keep = _array(keep, _BOOL, 1, "keep")
            if len(keep) != len(events):
                raise ValueError(f"events and keep differ: {len(events)}, {len(keep)}")
            kept = <uint8_t *>_data(keep)
        _count("quick_look", sxi_look_add(
            &self.ctx, at, <sxi_event *>_data(events), <uint32_t>len(events), kept))

    def close(self, frame_counter):
        cdef bytes out = bytes(SXI_LOOK_BYTES)
        cdef uint16_t counter = _ranged(frame_counter, 0xffff, "frame_counter")
        _count("quick_look", sxi_look_close(&self.ctx, counter, <uint8_t *>out, SXI_LOOK_BYTES))
        return out


def quick_look(*, reference=316, limit=100, sigmas=40, confirm=3, learn=64, shift=6):
    return _QuickLook((
        _ranged(reference, 0xffff, "reference"), _ranged(limit, 0xffff, "limit"),
        _ranged(sigmas, 0xffff, "sigmas"), _ranged(confirm, 0xffff, "confirm"),
        _ranged(learn, 0xffff, "learn"), _ranged(shift, 0xffff, "shift")))


def look_load(const uint8_t[::1] product):
    cdef sxi_look_product made
    cdef uint8_t none = 0
    _count("look_load", sxi_look_load(
        &made, &product[0] if product.shape[0] else &none, <uint32_t>product.shape[0]))
    cells = np.frombuffer((<char *>made.cells)[:SXI_LOOK_CELLS], np.uint8)
    return LookProduct(
        bool(made.flags & SXI_LOOK_RATE), bool(made.flags & SXI_LOOK_PLACE),
        bool(made.flags & SXI_LOOK_LEARNING), bool(made.flags & SXI_LOOK_FULL),
        made.frame_counter, tuple([made.n_kept[i] for i in range(SXI_LOOK_NODES)]),
        made.n_rejected, made.mean, made.score,
        None if made.x == SXI_LOOK_NOWHERE else made.x / 4,
        None if made.y == SXI_LOOK_NOWHERE else made.y / 4,
        cells.reshape(SXI_LOOK_NODES, SXI_LOOK_CELL_ROWS, SXI_LOOK_CELL_COLS))
