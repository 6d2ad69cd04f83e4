# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Data-pool items that are registers of the FEE: which bits of which word each one is.

Names are those of the register map v0.38 and of MIB v1.8.1; that an item is the register of its
name is inferred, and that ccd_readout has a bit for each CCD is what the older map says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fsw_emu.packets.fee_registers import (
    FIELDS,
    HOUSEKEEPING_END,
    HOUSEKEEPING_START,
    WORD_BYTES,
)


@dataclass(frozen=True)
class Bits:
    """``bits`` of the word at ``address``, the lowest of them number ``lsb``."""

    address: int
    lsb: int
    bits: int

    @property
    def mask(self) -> int:
        return (1 << self.bits) - 1 << self.lsb

    def get(self, word: int) -> int:
        return (word & self.mask) >> self.lsb

    def fits(self, value: int) -> bool:
        return 0 <= value < 1 << self.bits


#: items of one field each, as in the data pool
CONFIGURATION_FIELDS: Mapping[str, str] = {
    "FRMccd2EPixThreshold": "ccd2_e_pix_threshold",
    "FRMccd2FPixThreshold": "ccd2_f_pix_threshold",
    "FRMccd2VgdConfig": "ccd2_vgd_config",
    "FRMccd2VodConfig": "ccd2_vod_config",
    "FRMccd2VrdConfig": "ccd2_vrd_config",
    "FRMccd4EPixThreshold": "ccd4_e_pix_threshold",
    "FRMccd4FPixThreshold": "ccd4_f_pix_threshold",
    "FRMccd4VgdConfig": "ccd4_vgd_config",
    "FRMccd4VodConfig": "ccd4_vod_config",
    "FRMccd4VrdConfig": "ccd4_vrd_config",
    "FRMccdMode2Config": "ccd_mode2_config",
    "FRMccdModeConfig": "ccd_mode_config",
    "FRMccdVogConfig": "ccd_vog_config",
    "FRMchargeInjectionEn": "charge_injection",
    "FRMchargeInjectionGap": "charge_injection_gap",
    "FRMchargeInjectionWidth": "charge_injection_width",
    "FRMclearErrorFlag": "clear_error_flag",
    "FRMcorrectionBypass": "correction_bypass",
    "FRMcorrectionType": "correction_type",
    "FRMdgEn": "dg_en",
    "FRMdigitiseEn": "digitise_en",
    "FRMeduWanderingMaskEn": "edu_wandering_mask_en",
    "FRMeventDetection": "event_detection",
    "FRMeventPktLimit": "event_pkt_limit",
    "FRMexecuteOp": "execute_op",
    "FRMfullSunPixThreshold": "full_sun_pix_threshold",
    "FRMhEnd": "h_end",
    "FRMhStart": "h_start",
    "FRMimgClkDir": "img_clk_dir",
    "FRMintSyncPeriod": "int_sync_period",
    "FRMnFinalDump": "n_final_dump",
    "FRMpacketSize": "packet_size",
    "FRMparallelClkOverlap": "parallel_clk_overlap",
    "FRMparallelToiPeriod": "parallel_toi_period",
    "FRMpixOffset": "pix_offset",
    "FRMreadoutNodeSel": "readout_node_sel",
    "FRMregClkDir": "reg_clk_dir",
    "FRMsyncSel": "sync_sel",
    "FRMtriLevelClkEn": "tri_level_clk",
    "FRMvEnd": "vend",
    "FRMvStart": "vstart",
    "FRMadcPwrdnEn": "adc_pwrdn_en",
    "FRMcdsclpHi": "cdsclp_hi",
    "FRMcdsclpLo": "cdsclp_lo",
    "FRMreadoutPauseCounter": "readout_pause_counter",
    "FRMrowclpHi": "rowclp_hi",
    "FRMrowclpLo": "rowclp_lo",
    "FRMselPwrSync": "sel_pwr_sync",
    "FRMtrapPumpDwellTerm": "trap_pumping_dwell_term",
    "FRMtrapPumpingShuffleCou": "trap_pumping_shuffle_counter",
    "FRMusePwrSync": "use_pwr_sync",
}
HOUSEKEEPING_FIELDS: Mapping[str, str] = {
    "FRMHK1v2dMon": "1v2d_mon",
    "FRMHK2v5aMon": "2v5a_mon",
    "FRMHK2v5dMon": "2v5d_mon",
    "FRMHK3v3bMon": "3v3b_mon",
    "FRMHK3v3dMon": "3v3d_mon",
    "FRMHK5vbNegMon": "5vb_neg_mon",
    "FRMHK5vbPosMon": "5vb_pos_mon",
    "FRMHK5vrefMon": "5vref_mon",
    "FRMHKboardId": "board_id",
    "FRMHKccd2EPixFullSun": "ccd2_e_pix_full_sun",
    "FRMHKccd2FPixFullSun": "ccd2_f_pix_full_sun",
    "FRMHKccd2TsA": "ccd2_ts_a",
    "FRMHKccd2VddMon": "ccd2_vdd_mon",
    "FRMHKccd2VgdMon": "ccd2_vgd_mon",
    "FRMHKccd2VodMonE": "ccd2_vod_mon_e",
    "FRMHKccd2VodMonF": "ccd2_vod_mon_f",
    "FRMHKccd2VogMon": "ccd2_vog_mon",
    "FRMHKccd2VrdMonE": "ccd2_vrd_mon_e",
    "FRMHKccd2VrdMonF": "ccd2_vrd_mon_f",
    "FRMHKccd4EPixFullSun": "ccd4_e_pix_full_sun",
    "FRMHKccd4FPixFullSun": "ccd4_f_pix_full_sun",
    "FRMHKccd4TsB": "ccd4_ts_b",
    "FRMHKccd4VddMon": "ccd4_vdd_mon",
    "FRMHKccd4VgdMon": "ccd4_vgd_mon",
    "FRMHKccd4VodMonE": "ccd4_vod_mon_e",
    "FRMHKccd4VodMonF": "ccd4_vod_mon_f",
    "FRMHKccd4VogMon": "ccd4_vog_mon",
    "FRMHKccd4VrdMonE": "ccd4_vrd_mon_e",
    "FRMHKccd4VrdMonF": "ccd4_vrd_mon_f",
    "FRMHKcmicCorr": "cmic_corr",
    "FRMHKfpgaMajorVersion": "fpga_major_version",
    "FRMHKfpgaMinorVersion": "fpga_minor_version",
    "FRMHKfpgaOpMode": "fpga_op_mode",
    "FRMHKframeCounter": "frame_counter",
    "FRMHKigHiMon": "ig_hi_mon",
    "FRMHKprt1": "prt1",
    "FRMHKprt2": "prt2",
    "FRMHKprt3": "prt3",
    "FRMHKprt4": "prt4",
    "FRMHKprt5": "prt5",
    "FRMHKspwId": "spw_id",
    "FRMHKvan1PosRaw": "van1_pos_raw",
    "FRMHKvan2PosRaw": "van2_pos_raw",
    "FRMHKvan3NegMon": "van3_neg_mon",
    "FRMHKvccd": "vccd",
    "FRMHKvccdPosRaw": "vccd_pos_raw",
    "FRMHKvclkPosRaw": "vclk_pos_raw",
    "FRMHKvdigRaw": "vdig_raw",
    "FRMHKviclk": "viclk",
    "FRMHKvrclkMon": "vrclk_mon",
}

EXECUTE_OP, MODE = "FRMexecuteOp", "FRMccdModeConfig"


def _of(fields: Mapping[str, str]) -> dict[str, Bits]:
    rows = ((name, FIELDS[field]) for name, field in fields.items())
    return {name: Bits(row.address, row.lsb, row.bits) for name, row in rows}


_READOUT = FIELDS["ccd_readout"]
#: items that configure the FEE
CONFIGURATION: Mapping[str, Bits] = {
    **_of(CONFIGURATION_FIELDS),
    "FRMccd2Readout": Bits(_READOUT.address, _READOUT.lsb, 1),
    "FRMccd4Readout": Bits(_READOUT.address, _READOUT.msb, 1),
}
#: items that the FEE measures; two of them are whole words
HOUSEKEEPING: Mapping[str, Bits] = {
    **_of(HOUSEKEEPING_FIELDS),
    "FRMHKspwStatus": Bits(FIELDS["spw_id"].address, 0, 32),
    "FRMHKerrorFlags": Bits(FIELDS["error_flag_spw_dac_on_bias_readback"].address, 0, 32),
}
ITEMS: Mapping[str, Bits] = {**CONFIGURATION, **HOUSEKEEPING}
#: words that set the FEE up, in their order; execute_op is written on its own
SET_UP: tuple[int, ...] = tuple(
    sorted({row.address for row in CONFIGURATION.values()} - {FIELDS["execute_op"].address})
)
EXECUTE_ADDRESS = FIELDS["execute_op"].address
HOUSEKEEPING_BYTES = HOUSEKEEPING_END - HOUSEKEEPING_START


def word_of(address: int, values: Mapping[str, int]) -> int:
    """The word at an address from values by item; those that are not given are 0. Bits beyond a
    field are left out."""
    word = 0
    for name in _BY_ADDRESS.get(address, ()):
        row = ITEMS[name]
        word |= values.get(name, 0) << row.lsb & row.mask
    return word


def items_at(address: int) -> tuple[str, ...]:
    """The items in the word at an address."""
    return _BY_ADDRESS.get(address, ())


def items_in(address: int, data: bytes) -> Iterable[tuple[str, int]]:
    """The items in so many bytes from an address on, and their values."""
    for at in range(0, len(data) - WORD_BYTES + 1, WORD_BYTES):
        word = int.from_bytes(data[at : at + WORD_BYTES], "big")
        for name in _BY_ADDRESS.get(address + at, ()):
            yield name, ITEMS[name].get(word)


def _by_address() -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for name, row in ITEMS.items():
        found.setdefault(row.address, []).append(name)
    return {address: tuple(names) for address, names in found.items()}


_BY_ADDRESS = _by_address()
