# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Packets of rows.

_ROWS_KIND = ("raw", "independent", "grouped", "aec", "auto")
_ROWS_PREDICTOR = ("column", "west", "mean", "auto")
cdef enum:
    _ROWS_AUTO = 4
    _PREDICTOR_AUTO = 3
    _LEARN_EVERY = 4   # rows
    _BAND = 8          # rows that are tabulated together
    _BAND_EVERY = 64   # rows
    _CHOOSE_SHARE = 16 # of a frame's rows is tried each way
    _TRY_ALL = 512     # samples for each column, and 64 more: all is tried of what is smaller


def rows_encode(stack, *, kind="grouped", predictor="column", near_lossless=0, packet_bytes=5120,
                group=16, block_size=64):
    if isinstance(stack, np.ndarray) and stack.size > MOST_SAMPLES:
        raise ValueError(f"stack of {stack.shape}: more than 2^31 samples")
    cdef object s = _array(stack, _U16, 3, "stack")
    cdef uint32_t n_frames = _ranged(s.shape[0], 4096, "frames")
    cdef uint32_t size = _ranged(group, 4096, "group"), first
    cdef sxi_rows ctx
    ctx.frames, ctx.rows = n_frames, _ranged(s.shape[1], 0xffff, "rows")
    ctx.cols = _ranged(s.shape[2], 0xffff, "columns")
    cdef uint32_t k = _choice(kind, _ROWS_KIND, "kind")
    cdef uint32_t p = _choice(predictor, _ROWS_PREDICTOR, "predictor")
    ctx.near_lossless = _ranged(near_lossless, 15, "near_lossless")
    ctx.packet_bytes = _ranged(packet_bytes, 0xffff, "packet_bytes")
    ctx.block_size = _ranged(block_size, 64, "block_size")
    # near-lossless CCSDS 121 has as many rows in a packet as the line has room for
    ctx.room = max(ctx.cols, 4096) if ctx.near_lossless and k >= SXI_ROWS_AEC else ctx.cols
    cdef object shorts = np.empty((3, ctx.room), _U16), means = np.empty(ctx.room, np.int32)
    ctx.columns = <int16_t *>_data(shorts[0])
    ctx.line = <uint16_t *>_data(shorts[1])
    ctx.above = <uint16_t *>_data(shorts[2])
    ctx.means = <int32_t *>_data(means)
    cdef list packets = []
    if size == 0:
        raise ValueError("group: 0")
    cdef bint auto = k == _ROWS_AUTO or p == _PREDICTOR_AUTO
    cdef size_t some = _TRY_ALL * (<size_t>ctx.cols + 64)
    cdef uint32_t n
    for first in range(0, n_frames, size):
        n = min(size, n_frames - first)
        if auto and <size_t>n * ctx.rows * ctx.cols < some:
            packets += _shortest(&ctx, s, first, n, k)
        else:
            _encode_group(&ctx, s, first, n, k, p, packets)
    return packets


cdef list _shortest(sxi_rows *ctx, object stack, uint32_t first, uint32_t n, uint32_t kind):
    cdef list best = None, made
    cdef uint32_t k, p
    cdef object kinds = {kind} if kind != _ROWS_AUTO else {SXI_ROWS_GROUPED, SXI_ROWS_INDEPENDENT}
    for k in (SXI_ROWS_GROUPED, SXI_ROWS_INDEPENDENT, SXI_ROWS_AEC, SXI_ROWS_RAW):
        if k in kinds or k == SXI_ROWS_AEC or k == SXI_ROWS_RAW:
            for p in range(3 if k in kinds else 1):
                made = []
                _encode_group(ctx, stack, first, n, k, p, made)
                if best is None or sum(map(len, made)) < sum(map(len, best)):
                    best = made
    return best


cdef int _encode_group(sxi_rows *ctx, object stack, uint32_t first, uint32_t n, uint32_t kind,
                       uint32_t predictor, list packets) except -1:
    cdef const uint16_t *samples = <uint16_t *>_data(stack[first:])
    cdef uint32_t pixels = ctx.rows * ctx.cols, f, at
    ctx.first_frame = first
    ctx.kind = SXI_ROWS_GROUPED if kind == _ROWS_AUTO else kind
    if ctx.kind == SXI_ROWS_GROUPED and ctx.cols > 32768:
        ctx.kind = SXI_ROWS_INDEPENDENT
    ctx.predictor = 0 if predictor == _PREDICTOR_AUTO else predictor
    _count("rows_encode", sxi_rows_init(ctx))
    cdef uint32_t room = max(ctx.packet_bytes, sxi_rows_model_bound(ctx))
    cdef object buffer = np.empty(room, np.uint8)
    cdef uint8_t *out = <uint8_t *>_data(buffer)
    cdef object model = None
    cdef int32_t size
    if ctx.kind == SXI_ROWS_GROUPED:
        with nogil:
            _learn(ctx, samples, n)
    if kind == _ROWS_AUTO or predictor == _PREDICTOR_AUTO:
        _choose(ctx, stack[first:first + n], kind, predictor, buffer)
    if ctx.kind == SXI_ROWS_GROUPED:
        with nogil:
            _tabulate(ctx, samples, n)
            size = sxi_rows_model(ctx, out, room)
        _count("rows_encode", size)
        model = buffer[:size].tobytes()
    cdef size_t half = <size_t>n * pixels // 2
    cdef bint repeated = False
    cdef list made = [] if model is None else [model]
    for f in range(n):
        at = 0
        while at < pixels:
            with nogil:
                size = sxi_rows_encode(ctx, samples + <size_t>f * pixels, first + f, at, out,
                                       ctx.packet_bytes, &at)
            _count("rows_encode", size)
            made.append(buffer[:size].tobytes())
            if model is not None and not repeated and <size_t>f * pixels + at >= half:
                made.append(model)
                repeated = True
    packets += made
    return 0


cdef void _learn(sxi_rows *ctx, const uint16_t *samples, uint32_t n_frames) noexcept nogil:
    cdef uint32_t f, row
    for f in range(n_frames):
        row = 0
        while row < ctx.rows:
            sxi_rows_learn(ctx, samples + (<size_t>f * ctx.rows + row) * ctx.cols, 1)
            row += _LEARN_EVERY


cdef void _tabulate(sxi_rows *ctx, const uint16_t *samples, uint32_t n_frames) noexcept nogil:
    cdef uint32_t f, row
    for f in range(n_frames):
        row = 0
        while row < ctx.rows:
            sxi_rows_tabulate(ctx, samples + (<size_t>f * ctx.rows + row) * ctx.cols,
                              min(<uint32_t>_BAND, ctx.rows - row))
            row += _BAND_EVERY


cdef int _choose(sxi_rows *ctx, object group, uint32_t kind, uint32_t predictor,
                 object buffer) except -1:
    cdef uint32_t middle = ctx.rows // 2, n = max(<uint32_t>1, ctx.rows // _CHOOSE_SHARE)
    cdef object some = np.concatenate(group[:, middle:middle + n])[:0xffff]
    cdef int32_t size = sxi_rows_choose(ctx, <uint16_t *>_data(some), <uint32_t>len(some),
                                        <uint8_t *>_data(buffer), <uint32_t>len(buffer))
    _count("rows_encode", size)
    return 0


def rows_decode(packets, *, shape=None):
    cdef list given = packet_list(packets)
    cdef uint32_t n = <uint32_t>len(given), i
    cdef object memory = np.empty(max(n, 1) * sizeof(sxi_rows_packet), np.uint8)
    cdef sxi_rows_packet *parsed = <sxi_rows_packet *>_data(memory)
    cdef sxi_rows_packet *p
    cdef list whole = [], extents = []
    cdef dict models = {}
    cdef bytes packet
    for packet in given:
        p = parsed + len(whole)
        if sxi_rows_parse(p, packet, <uint32_t>len(packet)) == 0:
            whole.append(packet)
            extents.append(((p.frames, p.rows, p.cols),
                            min(p.n_samples, SAMPLES_A_BYTE * p.length)))
    shape = stack_shape(extents, shape)
    for i, packet in enumerate(whole):
        if parsed[i].kind == SXI_ROWS_MODEL and extents[i][0] == shape:
            models[parsed[i].frame, parsed[i].model_id] = packet
    cdef object stack = np.zeros(shape, _U16)
    cdef object ok = np.zeros(shape[:2], _BOOL), columns = np.empty(shape[2], np.int16)
    cdef sxi_rows_decoder ctx
    memset(&ctx, 0, sizeof(ctx))
    ctx.room = shape[2]
    ctx.columns = <int16_t *>_data(columns)
    cdef uint16_t *out = <uint16_t *>_data(stack)
    cdef object spare = np.empty(max([parsed[i].n_samples for i in range(len(whole))], default=0),
                                 _U16)  # a packet that is no good leaves nothing in the stack
    cdef dict pieces = {}
    cdef list begins = sorted({frame for frame, _ in models})
    cdef object loaded = None
    for i, packet in enumerate(whole):
        if parsed[i].kind == SXI_ROWS_MODEL or extents[i][0] != shape:
            continue
        if parsed[i].kind == SXI_ROWS_GROUPED:
            model = _model_of(parsed + i, models, begins)
            if model is not loaded:
                loaded = model if _load_model(&ctx, model) else None
            if loaded is None:
                continue
        if _decode_rows(&ctx, packet, out, <uint16_t *>_data(spare), parsed + i):
            _note(parsed + i, ok, pieces)
    return stack, ok


cdef bytes _model_of(sxi_rows_packet *p, dict models, list begins):
    """The model of the group that a packet's frame lies in, if that is what it refers to: ids are
    only nearly unique."""
    cdef Py_ssize_t group = bisect_right(begins, p.frame)
    return models.get((begins[group - 1], p.model_id)) if group else None


cdef bint _load_model(sxi_rows_decoder *ctx, bytes model) except -1:
    return model is not None and sxi_rows_load_model(ctx, model, <uint32_t>len(model)) == 0


cdef bint _decode_rows(sxi_rows_decoder *ctx, const uint8_t *data, uint16_t *out, uint16_t *spare,
                       sxi_rows_packet *p) noexcept nogil:
    """Whether a packet's samples are in place now."""
    if sxi_rows_decode(ctx, data, p.length, spare, p.n_samples) < 0:
        return False
    memcpy(out + (<size_t>p.frame * p.rows * p.cols + p.first), spare, 2 * <size_t>p.n_samples)
    return True


cdef int _note(sxi_rows_packet *p, object ok, dict pieces) except -1:
    """The rows that a packet brings; one in pieces is there when all its columns are."""
    cdef uint32_t row = p.first // p.cols, col = p.first % p.cols
    if p.n_samples >= p.cols:
        ok[p.frame, row:row + p.n_samples // p.cols] = True
        return 0
    cdef object have = pieces.setdefault((p.frame, row), np.zeros(p.cols, _BOOL))
    have[col:col + p.n_samples] = True
    ok[p.frame, row] |= have.all()
    return 0
