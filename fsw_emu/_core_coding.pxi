# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# CCSDS 121 and the compression key.


cdef sxi_aec _aec(bits, block_size, rsi, preprocess, restricted):
    cdef sxi_aec p
    p.bits = bits
    p.block_size = block_size
    p.rsi = rsi
    p.flags = (SXI_AEC_PREPROCESS if preprocess else 0) | (SXI_AEC_RESTRICTED if restricted else 0)
    return p


def aec_encode(samples, *, bits=16, block_size=16, rsi=128, preprocess=True, restricted=False):
    cdef sxi_aec p = _aec(bits, block_size, rsi, preprocess, restricted)
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "u":
        raise TypeError("samples: expected an array of unsigned integers")
    cdef bint narrow = bits <= 16
    if samples.dtype.itemsize > (2 if narrow else 4) and samples.size:
        if int(samples.max()) > 2 ** int(bits) - 1:
            raise CoreError("aec_encode", -8)
    cdef object s = np.ascontiguousarray(samples, _U16 if narrow else _U32).reshape(-1)
    cdef uint32_t n = <uint32_t>len(s), room
    if len(s) > 0x7fffffff:
        raise ValueError(f"samples: {len(s)} are too many")
    room = sxi_aec_bound(&p, n)
    if room == 0 and n > 0:
        raise CoreError("aec_encode", -1)
    cdef object out = np.empty(max(room, 1), np.uint8)
    cdef uint8_t *o = <uint8_t *>_data(out)
    cdef const uint16_t *s16 = <uint16_t *>_data(s)
    cdef const uint32_t *s32 = <uint32_t *>_data(s)
    cdef int32_t size
    with nogil:
        if narrow:
            size = sxi_aec_encode_u16(&p, s16, n, o, room)
        else:
            size = sxi_aec_encode_u32(&p, s32, n, o, room)
    _count("aec_encode", size)
    return out[:size].tobytes()


def aec_decode(const uint8_t[::1] data, n_samples, *, bits=16, block_size=16, rsi=128,
               preprocess=True, restricted=False):
    cdef sxi_aec p = _aec(bits, block_size, rsi, preprocess, restricted)
    cdef bint narrow = bits <= 16
    cdef uint32_t n = _ranged(n_samples, 0x7fffffff, "n_samples")
    cdef uint32_t size = <uint32_t>data.shape[0]
    # One bit can stand for at most 64 blocks of 64 samples: what cannot be there is not made room for.
    if n > (<size_t>size * 8 + 1) * 4096:
        raise CoreError("aec_decode", -3)
    cdef object out = np.empty(n, _U16 if narrow else _U32)
    cdef uint8_t none = 0
    cdef const uint8_t *d = &data[0] if size else &none
    cdef uint16_t *o16 = <uint16_t *>_data(out)
    cdef uint32_t *o32 = <uint32_t *>_data(out)
    cdef int32_t result
    with nogil:
        if narrow:
            result = sxi_aec_decode_u16(&p, d, size, o16, n)
        else:
            result = sxi_aec_decode_u32(&p, d, size, o32, n)
    _count("aec_decode", result)
    return out


cdef class _KeyWork:
    """Working memory of the coder of a key, for science data of this length, as C sees it."""

    cdef sxi_key_work c
    cdef sxi_rows rows
    cdef sxi_rows_decoder rows_decoder
    cdef sxi_events events
    cdef sxi_events_decoder events_decoder
    cdef object arrays

    def __cinit__(self, uint32_t key, uint32_t science_len):
        cdef sxi_key parts
        _count("key", sxi_key_load(&parts, key))
        memset(&self.c, 0, sizeof(self.c))
        self.arrays = []
        if parts.coder == SXI_KEY_EVENTS:
            self.c.events, self.c.events_decoder = &self.events, &self.events_decoder
        elif parts.coder != SXI_KEY_NONE:
            self.c.room = science_len // (4 if parts.stacked else 2)
            if parts.stacked:
                self.c.u32 = <uint32_t *>self._array(self.c.room, _U32)
            else:
                self.c.u16 = <uint16_t *>self._array(self.c.room, _U16)
        if parts.coder == SXI_KEY_ROWS:
            self._rows(max(parts.cols, <uint32_t>SXI_KEY_ROWS_PACKET_BYTES))

    cdef void *_array(self, uint32_t n, object dtype) except NULL:
        cdef object array = np.empty(n, dtype)
        self.arrays.append(array)
        return _data(array)

    cdef int _rows(self, uint32_t room) except -1:
        memset(&self.rows_decoder, 0, sizeof(self.rows_decoder))
        self.rows.room = self.rows_decoder.room = room
        self.rows.columns = self.rows_decoder.columns = <int16_t *>self._array(room, np.int16)
        self.rows.means = <int32_t *>self._array(room, np.int32)
        self.rows.line = <uint16_t *>self._array(room, _U16)
        self.rows.above = <uint16_t *>self._array(room, _U16)
        self.c.rows, self.c.rows_decoder = &self.rows, &self.rows_decoder
        return 0


def key_encode(key, const uint8_t[::1] science):
    cdef uint32_t k = _ranged(key, 0xffffffff, "key"), n = <uint32_t>science.shape[0]
    cdef _KeyWork work = _KeyWork(k, n)
    cdef uint32_t room = sxi_key_bound(k, n)
    cdef object out = np.empty(max(room, 1), np.uint8)
    cdef uint8_t *o = <uint8_t *>_data(out)
    cdef uint8_t none = 0
    cdef const uint8_t *s = &science[0] if n else &none
    cdef int32_t size
    with nogil:
        size = sxi_key_encode(k, s, n, &work.c, o, room)
    _count("key_encode", size)
    return out[:size].tobytes()


def key_decode(key, const uint8_t[::1] data, science_size):
    cdef uint32_t k = _ranged(key, 0xffffffff, "key"), size = <uint32_t>data.shape[0]
    cdef uint32_t n = _ranged(science_size, 0x7fffffff, "science_size")
    if n > (<size_t>size * 8 + 1) * 4096 * 4:
        raise CoreError("key_decode", -3)
    cdef _KeyWork work = _KeyWork(k, n)
    cdef object out = np.empty(n, np.uint8)
    cdef uint8_t *o = <uint8_t *>_data(out)
    cdef uint8_t none = 0
    cdef const uint8_t *d = &data[0] if size else &none
    cdef int32_t result
    with nogil:
        result = sxi_key_decode(k, d, size, &work.c, o, n)
    _count("key_decode", result)
    return out.tobytes()
