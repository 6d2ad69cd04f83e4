# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: grades and the decision tree: what an event is.

from fsw_emu.core import GRADE_DTYPE, TREE_FEATURES, Grades

cdef extern from "sxi/grade.h" nogil:
    enum: SXI_GRADE_ASCA
    enum: SXI_GRADE_XIS
    enum: SXI_GRADE_PATTERN
    struct sxi_grade:
        uint8_t code
    struct sxi_grader:
        uint16_t split
        uint16_t outer
        uint16_t background
        uint16_t background_mode
        uint16_t saturation
        uint16_t window_order
        uint32_t n_asca[8]
        uint32_t n_xis[12]
        uint32_t n_pattern[14]
    int32_t sxi_grade_events(sxi_grader *ctx, const sxi_event *events, uint32_t n,
                             sxi_grade *out, uint32_t out_len)

cdef extern from "sxi/tree.h" nogil:
    enum: SXI_TREE_NODES
    enum: SXI_TREE_ROOTS
    enum: SXI_TREE_LEAF
    enum: SXI_TREE_NO_TRACK
    struct sxi_tree:
        uint16_t split
        uint16_t background
        uint16_t background_mode
        uint16_t saturation
        int32_t cut
        uint32_t n_nodes
        uint32_t n_roots
        int32_t value[64]
        uint8_t feature[64]
        uint8_t left[64]
        uint8_t right[64]
        uint8_t root[32]
    int sxi_tree_check(const sxi_tree *ctx)
    int sxi_tree_features(const sxi_tree *ctx, const sxi_event *event, uint32_t distance,
                          int32_t *out, uint32_t out_len)
    int32_t sxi_tree_classify(sxi_tree *ctx, const sxi_event *events, uint32_t n,
                              const uint8_t *distances, uint8_t *keep)

_BACKGROUND = ("fixed", "local")


cdef tuple _background(object background):
    """Mode and level."""
    if isinstance(background, str):
        return _choice(background, _BACKGROUND, "background"), 0
    return 0, _ranged(background, 0xffff, "background")


def grade_events(events, *, split, outer=None, background=0, saturation=0,
                 window_order="raster"):
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef object out = np.empty(len(e), GRADE_DTYPE)
    cdef sxi_grader ctx
    memset(&ctx, 0, sizeof(ctx))
    ctx.split = _ranged(split, 0xffff, "split")
    ctx.outer = ctx.split if outer is None else _ranged(outer, 0xffff, "outer")
    ctx.saturation = _ranged(saturation, 0xffff, "saturation")
    ctx.window_order = _choice(window_order, _WINDOW_ORDER, "window_order")
    ctx.background_mode, ctx.background = _background(background)
    cdef const sxi_event *first = <sxi_event *>_data(e)
    cdef sxi_grade *grades = <sxi_grade *>_data(out)
    cdef uint32_t n = <uint32_t>len(e)
    cdef int32_t result
    with nogil:
        result = sxi_grade_events(&ctx, first, n, grades, n)
    _count("grade_events", result)
    return Grades(
        out,
        np.array([ctx.n_asca[i] for i in range(SXI_GRADE_ASCA)], _U32),
        np.array([ctx.n_xis[i] for i in range(SXI_GRADE_XIS)], _U32),
        np.array([ctx.n_pattern[i] for i in range(SXI_GRADE_PATTERN)], _U32))


cdef _tree(sxi_tree *ctx, object tree):
    cdef dict members = tree.numbers()
    memset(ctx, 0, sizeof(ctx[0]))
    ctx.n_nodes = _ranged(len(tree.nodes), SXI_TREE_NODES, "number of nodes")
    ctx.n_roots = _ranged(len(tree.roots), SXI_TREE_ROOTS, "number of roots")
    ctx.split = _ranged(tree.split, 0xffff, "split")
    ctx.saturation = _ranged(tree.saturation, 0xffff, "saturation")
    ctx.background_mode, ctx.background = _background(tree.background)
    ctx.cut = tree.cut
    for i, feature in enumerate(members["feature"]):
        ctx.feature[i] = SXI_TREE_LEAF if feature is None else feature
        ctx.value[i] = members["value"][i]
        ctx.left[i] = members["left"][i]
        ctx.right[i] = members["right"][i]
    for i, root in enumerate(members["root"]):
        ctx.root[i] = root


cdef object _distances(object distances, uint32_t n):
    cdef object near = _array(distances, np.dtype(np.uint8), 1, "distances")
    if len(near) != n:
        raise ValueError(f"events and distances differ: {n}, {len(near)}")
    return near


def check_tree(tree):
    cdef sxi_tree ctx
    _tree(&ctx, tree)
    _count("check_tree", sxi_tree_check(&ctx))


def tree_features(events, tree, *, distances=None):
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef uint32_t n = <uint32_t>len(e), width = <uint32_t>len(TREE_FEATURES)
    cdef object near = None if distances is None else _distances(distances, n)
    cdef const uint8_t *distance = NULL if near is None else <uint8_t *>_data(near)
    cdef const sxi_event *first = <sxi_event *>_data(e)
    cdef object out = np.empty((n, width), np.int32)
    cdef int32_t *features = <int32_t *>_data(out)
    cdef sxi_tree ctx
    cdef uint32_t i
    _tree(&ctx, tree)
    for i in range(n):
        _count("tree_features", sxi_tree_features(
            &ctx, &first[i], SXI_TREE_NO_TRACK if distance == NULL else distance[i],
            &features[i * width], width))
    return out


def classify_events(events, tree, *, distances=None):
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef uint32_t n = <uint32_t>len(e)
    cdef object near = None if distances is None else _distances(distances, n)
    cdef const uint8_t *distance = NULL if near is None else <uint8_t *>_data(near)
    cdef object keep = np.empty(n, np.uint8)
    cdef const sxi_event *first = <sxi_event *>_data(e)
    cdef uint8_t *kept = <uint8_t *>_data(keep)
    cdef sxi_tree ctx
    cdef int32_t result
    _tree(&ctx, tree)
    with nogil:
        result = sxi_tree_classify(&ctx, first, n, distance, kept)
    _count("classify_events", result)
    return keep.view(np.bool_)
