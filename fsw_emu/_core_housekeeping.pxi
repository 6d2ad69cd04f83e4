# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Coded housekeeping packets.

_HK_CODEC = ("hkdelta", "aec", "none", "auto")


def hk_encode(packets, *, codec="hkdelta", full_every=64):
    cdef list given = packet_list(packets)
    cdef uint32_t way = _choice(codec, _HK_CODEC, "codec")
    cdef uint32_t every = _ranged(full_every, SXI_HK_MAX_INTERVAL, "full_every")
    if every == 0:
        raise ValueError("full_every: 0")
    if len(given) > 1 << 24:
        raise ValueError(f"packets: {len(given)} are more than 2^24")
    if way == 0:
        return _hk_differences(given, every)
    if way == 1:
        return _hk_blocks(given, every)
    if way == 2:
        return _hk_differences(given, 1)
    return min((_hk_differences(given, every), _hk_blocks(given, every)), key=_hk_bytes)


def _hk_bytes(coded):
    return sum(map(len, coded))


cdef list _hk_differences(list given, uint32_t every):
    cdef sxi_hk ctx
    cdef list coded = []
    cdef uint8_t out[SXI_HK_MAX_BYTES + SXI_HK_OVERHEAD_BYTES]
    cdef object memory = np.zeros((SXI_HK_MAX_BYTES // 2, sizeof(sxi_hk_word)), np.uint8)
    cdef bytes packet
    cdef int32_t size
    ctx.full_every, ctx.room = every, SXI_HK_MAX_BYTES // 2
    ctx.words = <sxi_hk_word *>_data(memory)
    _count("hk_encode", sxi_hk_init(&ctx))
    for packet in given:
        size = sxi_hk_encode(&ctx, packet, <uint32_t>len(packet), out, sizeof(out))
        coded.append(out[:_count("hk_encode", size)])
    return coded


cdef list _hk_blocks(list given, uint32_t every):
    """Blocks of packets of one length; full packets where those are shorter."""
    cdef list coded = [], whole = _hk_differences(given, 1)
    cdef uint32_t first = 0, n, length, most = min(every, SXI_HK_MAX_BLOCK)
    cdef int32_t size
    cdef bytes packets
    cdef object out, planes
    while first < len(given):
        length = <uint32_t>len(given[first])
        n = 1
        while n < most and first + n < len(given) and len(given[first + n]) == length:
            n += 1
        packets = b"".join(given[first:first + n])
        out = np.empty(sxi_hk_block_bound(n, length), np.uint8)
        planes = np.empty(n * ((length + 1) // 2), _U16)
        size = sxi_hk_block_encode(
            packets, n, length, first, <uint16_t *>_data(planes), <uint32_t>len(planes),
            <uint8_t *>_data(out), <uint32_t>len(out))
        _count("hk_encode", size)
        if size < _hk_bytes(whole[first:first + n]):
            coded.append(out[:size].tobytes())
        else:
            coded += whole[first:first + n]
        first += n
    return coded


def hk_decode(packets):
    cdef sxi_hk ctx
    cdef dict found = {}
    cdef uint8_t out[SXI_HK_MAX_BYTES]
    cdef object memory = np.zeros((SXI_HK_MAX_BYTES // 2, sizeof(sxi_hk_word)), np.uint8)
    cdef bytes packet
    cdef uint32_t number = 0
    cdef int32_t size
    ctx.full_every, ctx.room = 1, SXI_HK_MAX_BYTES // 2
    ctx.words = <sxi_hk_word *>_data(memory)
    _count("hk_decode", sxi_hk_init(&ctx))
    for packet in packet_list(packets):
        if len(packet) and packet[0] == SXI_HK_BLOCK:
            _hk_take_block(packet, found)
        elif packet[:1] < b"\x80" or int.from_bytes(packet[1:4], "big") not in found:
            size = sxi_hk_decode(&ctx, packet, <uint32_t>len(packet), out, sizeof(out), &number)
            if size >= 0:
                found.setdefault(number, out[:size])
    cdef uint32_t n = reach(found)
    return [found.get(i, b"") for i in range(n)], np.isin(np.arange(n), list(found))


cdef int _hk_take_block(bytes packet, dict found) except -1:
    cdef sxi_hk_block block
    cdef object planes = np.empty(SXI_HK_MAX_BLOCK * SXI_HK_MAX_BYTES // 2, _U16)
    cdef object out = np.empty(SXI_HK_MAX_BLOCK * SXI_HK_MAX_BYTES, np.uint8)
    cdef uint32_t i
    if sxi_hk_block_decode(&block, packet, <uint32_t>len(packet), <uint16_t *>_data(planes),
                           <uint32_t>len(planes), <uint8_t *>_data(out), <uint32_t>len(out)) < 0:
        return 0
    for i in range(block.n):
        found.setdefault((block.number + i) & 0xffffff,
                         out[i * block.length:(i + 1) * block.length].tobytes())
    return 0
