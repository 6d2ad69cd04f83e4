# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Frame assembly and images.


def assemble_frame(const uint8_t[::1] buffer, offsets, lengths, *, rows, cols, nodes,
                   packet_payload, first_sequence=1, pixel_order="big", data_len="payload",
                   fill=0xFFFF):
    cdef object offs = _array(offsets, _U32, 1, "offsets")
    cdef object lens = _array(lengths, _U32, 1, "lengths")
    if len(offs) != len(lens):
        raise ValueError(f"offsets and lengths differ: {len(offs)}, {len(lens)}")
    if not (0 < rows <= 0xFFFF and 0 < cols <= 0xFFFF and 0 < nodes <= 16):
        raise ValueError(f"frame of {rows} x {cols} pixels, nodes {nodes}")
    cdef int planes = int(nodes).bit_count()
    cdef object pixels = np.full((planes, rows, cols), fill, np.uint16)
    cdef object row_pixels = np.zeros((planes, rows), np.uint16)
    cdef sxi_frame_asm ctx
    cdef uint32_t rule = _choice(data_len, _DATA_LEN, "data_len")
    cdef uint32_t n = <uint32_t>len(offs), size = <uint32_t>buffer.shape[0]
    cdef int32_t accepted
    cdef uint8_t none = 0
    cdef const uint8_t *memory = &buffer[0] if size else &none
    cdef const uint32_t *o = <uint32_t *>_data(offs)
    cdef const uint32_t *l = <uint32_t *>_data(lens)
    if (offs > size).any() or (lens > size - offs).any():
        raise ValueError("a packet does not lie in the buffer")
    _count("assemble_frame", sxi_frame_init(
        &ctx, <uint16_t *>_data(pixels), <uint32_t>pixels.size, <uint16_t *>_data(row_pixels),
        <uint32_t>row_pixels.size, rows, cols, nodes, packet_payload, first_sequence,
        _choice(pixel_order, _PIXEL_ORDER, "pixel_order")))
    with nogil:
        accepted = sxi_frame_push_packets(&ctx, memory, size, o, l, n, rule)
    return AssembledFrame(pixels, row_pixels, ctx.n_packets, sxi_frame_missing(&ctx),
                          n - _count("assemble_frame", accepted))


def image_crop(image, *, top, left, rows, cols):
    cdef object i = _array(image, _U16, 2, "image")
    cdef object out = np.empty((_ranged(rows, 0xffff, "rows"), _ranged(cols, 0xffff, "cols")), _U16)
    _count("image_crop", sxi_image_crop(
        <uint16_t *>_data(i), <uint32_t>i.shape[0], <uint32_t>i.shape[1], top, left, rows, cols,
        <uint16_t *>_data(out), <uint32_t>out.size))
    return out


def image_bin(image, *, rows, cols):
    cdef object i = _array(image, _U16, 2, "image")
    if rows < 1 or cols < 1:
        raise ValueError(f"bins of {rows} x {cols} pixels")
    cdef object out = np.empty((i.shape[0] // rows, i.shape[1] // cols), _U16)
    _count("image_bin", sxi_image_bin(
        <uint16_t *>_data(i), <uint32_t>i.shape[0], <uint32_t>i.shape[1], rows, cols,
        <uint16_t *>_data(out), <uint32_t>out.size))
    return out


def image_decimate(image, *, step):
    cdef object i = _array(image, _U16, 2, "image")
    if step < 1:
        raise ValueError(f"step {step}")
    cdef object out = np.empty((-(-i.shape[0] // step), -(-i.shape[1] // step)), _U16)
    _count("image_decimate", sxi_image_decimate(
        <uint16_t *>_data(i), <uint32_t>i.shape[0], <uint32_t>i.shape[1], step,
        <uint16_t *>_data(out), <uint32_t>out.size))
    return out


def image_stack(stack, image):
    cdef object i = np.ascontiguousarray(image, _U16)
    if image.dtype != _U16 or stack.dtype != _U32:
        raise TypeError(f"stack of {stack.dtype}, image of {image.dtype}")
    if stack.shape != image.shape:
        raise ValueError(f"stack of {stack.shape}, image of {image.shape}")
    cdef object out = np.array(stack, _U32, order="C")
    _count("image_stack", sxi_image_stack(<uint32_t *>_data(out), <uint16_t *>_data(i),
                                          <uint32_t>i.size))
    return out
