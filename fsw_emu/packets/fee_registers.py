# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The registers of the FEE (register map v0.38): one table, from which the emulator, the register
proxy, the documentation and the tests are made.

32-bit words, big-endian, at byte addresses. Configuration can be written and read, housekeeping
only read; its words are the payload of the housekeeping packet.
"""

from __future__ import annotations

from dataclasses import dataclass

CONFIGURATION_START, CONFIGURATION_END = 0x00, 0x68  # the address behind it
HOUSEKEEPING_START, HOUSEKEEPING_END = 0x700, 0x798


@dataclass(frozen=True)
class Field:
    """Bits ``msb`` to ``lsb`` of the word at ``address``."""

    address: int
    msb: int
    lsb: int
    name: str
    meaning: str

    @property
    def bits(self) -> int:
        return self.msb - self.lsb + 1

    @property
    def mask(self) -> int:
        return (1 << self.bits) - 1 << self.lsb

    @property
    def writable(self) -> bool:
        return self.address < CONFIGURATION_END

    def get(self, word: int) -> int:
        return (word & self.mask) >> self.lsb

    def put(self, word: int, value: int) -> int:
        """The word with the field set. ValueError for a value that does not fit."""
        if not 0 <= value < 1 << self.bits:
            raise ValueError(f"{self.name} is 0..{(1 << self.bits) - 1}, not {value}")
        return word & ~self.mask | value << self.lsb


# fmt: off
#: by address, then bit
TABLE: tuple[Field, ...] = (
    Field(0x000, 15, 0, "vstart", ""),
    Field(0x000, 31, 16, "vend", ""),
    Field(0x004, 15, 0, "charge_injection_width", ""),
    Field(0x004, 31, 16, "charge_injection_gap", ""),
    Field(0x008, 11, 0, "parallel_toi_period", ""),
    Field(0x008, 23, 12, "parallel_clk_overlap", ""),
    Field(0x008, 25, 24, "ccd_readout", ""),
    Field(0x00C, 15, 0, "n_final_dump", ""),
    Field(0x00C, 27, 16, "h_end", ""),
    Field(0x00C, 28, 28, "charge_injection", ""),
    Field(0x00C, 29, 29, "tri_level_clk", ""),
    Field(0x00C, 30, 30, "img_clk_dir", ""),
    Field(0x00C, 31, 31, "reg_clk_dir", ""),
    Field(0x010, 15, 0, "packet_size", ""),
    Field(0x010, 27, 16, "cdsclp_hi", ""),
    Field(0x010, 28, 28, "adc_pwrdn_en", ""),
    Field(0x014, 19, 0, "trap_pumping_dwell_term", ""),
    Field(0x014, 20, 20, "sync_sel", ""),
    Field(0x014, 21, 21, "sel_pwr_sync", ""),
    Field(0x014, 22, 22, "use_pwr_sync", ""),
    Field(0x014, 23, 23, "digitise_en", ""),
    Field(0x014, 24, 24, "correction_bypass", ""),
    Field(0x014, 25, 25, "dg_en", ""),
    Field(0x014, 26, 26, "correction_type", ""),
    Field(0x014, 27, 27, "edu_wandering_mask_en", ""),
    Field(0x014, 31, 28, "readout_node_sel", ""),
    Field(0x018, 15, 0, "full_sun_pix_threshold", ""),
    Field(0x018, 31, 16, "pix_offset", ""),
    Field(0x01C, 15, 0, "readout_pause_counter", ""),
    Field(0x01C, 31, 16, "trap_pumping_shuffle_counter", ""),
    Field(0x020, 19, 0, "int_sync_period", ""),
    Field(0x020, 31, 20, "cdsclp_lo", ""),
    Field(0x024, 11, 0, "rowclp_hi", ""),
    Field(0x038, 31, 0, "ccd2_vod_config", ""),
    Field(0x03C, 31, 0, "ccd4_vod_config", ""),
    Field(0x040, 31, 0, "ccd2_vrd_config", ""),
    Field(0x044, 31, 0, "ccd4_vrd_config", ""),
    Field(0x048, 31, 0, "ccd2_vgd_config", ""),
    Field(0x04C, 31, 0, "ccd4_vgd_config", ""),
    Field(0x050, 31, 0, "ccd_vog_config", ""),
    Field(0x054, 11, 0, "rowclp_lo", ""),
    Field(0x054, 23, 12, "h_start", ""),
    Field(0x054, 27, 24, "ccd_mode_config", ""),
    Field(0x054, 29, 28, "ccd_mode2_config", ""),
    Field(0x054, 30, 30, "event_detection", ""),
    Field(0x054, 31, 31, "clear_error_flag", ""),
    Field(0x058, 15, 0, "ccd2_e_pix_threshold", ""),
    Field(0x058, 31, 16, "ccd2_f_pix_threshold", ""),
    Field(0x05C, 15, 0, "ccd4_e_pix_threshold", ""),
    Field(0x05C, 31, 16, "ccd4_f_pix_threshold", ""),
    Field(0x060, 31, 8, "event_pkt_limit", ""),
    Field(0x064, 0, 0, "execute_op", ""),
    Field(0x710, 15, 0, "ccd4_ts_b", ""),
    Field(0x710, 31, 16, "ccd2_ts_a", ""),
    Field(0x714, 15, 0, "prt2", ""),
    Field(0x714, 31, 16, "prt1", ""),
    Field(0x718, 15, 0, "prt4", ""),
    Field(0x718, 31, 16, "prt3", ""),
    Field(0x71C, 31, 16, "prt5", ""),
    Field(0x720, 15, 0, "ccd4_vog_mon", ""),
    Field(0x720, 31, 16, "ccd4_vod_mon_e", ""),
    Field(0x724, 15, 0, "ccd2_vod_mon_e", ""),
    Field(0x724, 31, 16, "ccd4_vrd_mon_e", ""),
    Field(0x728, 15, 0, "ccd2_vrd_mon_e", ""),
    Field(0x728, 31, 16, "ccd2_vog_mon", ""),
    Field(0x72C, 15, 0, "ccd4_vdd_mon", ""),
    Field(0x72C, 31, 16, "ccd4_vrd_mon_f", ""),
    Field(0x730, 15, 0, "ccd2_vrd_mon_f", ""),
    Field(0x730, 31, 16, "ccd4_vgd_mon", ""),
    Field(0x734, 15, 0, "ccd2_vgd_mon", ""),
    Field(0x734, 31, 16, "ccd2_vdd_mon", ""),
    Field(0x738, 15, 0, "vrclk_mon", ""),
    Field(0x738, 31, 16, "vccd", ""),
    Field(0x73C, 15, 0, "ccd4_vod_mon_f", ""),
    Field(0x73C, 31, 16, "viclk", ""),
    Field(0x740, 15, 0, "5vb_neg_mon", ""),
    Field(0x740, 31, 16, "5vb_pos_mon", ""),
    Field(0x744, 15, 0, "2v5a_mon", ""),
    Field(0x744, 31, 16, "3v3b_mon", ""),
    Field(0x748, 15, 0, "2v5d_mon", ""),
    Field(0x748, 31, 16, "3v3d_mon", ""),
    Field(0x74C, 15, 0, "5vref_mon", ""),
    Field(0x74C, 31, 16, "1v2d_mon", ""),
    Field(0x750, 15, 0, "vclk_pos_raw", ""),
    Field(0x750, 31, 16, "vccd_pos_raw", ""),
    Field(0x754, 15, 0, "van3_neg_mon", ""),
    Field(0x754, 31, 16, "van1_pos_raw", ""),
    Field(0x758, 15, 0, "vdig_raw", ""),
    Field(0x758, 31, 16, "van2_pos_raw", ""),
    Field(0x75C, 15, 0, "ccd2_vod_mon_f", ""),
    Field(0x75C, 31, 16, "ig_hi_mon", ""),
    Field(0x780, 0, 0, "spw_link_running", ""),
    Field(0x780, 1, 1, "spw_link_disconnect", ""),
    Field(0x780, 2, 2, "spw_link_parity_error", ""),
    Field(0x780, 3, 3, "spw_link_credit_error", ""),
    Field(0x780, 4, 4, "spw_link_escape_error", ""),
    Field(0x780, 5, 5, "rmap_target_indicate", ""),
    Field(0x780, 15, 8, "rmap_target_status", ""),
    Field(0x780, 23, 16, "timecode_from_spw", ""),
    Field(0x780, 25, 24, "spw_id", ""),
    Field(0x784, 6, 0, "fpga_op_mode", ""),
    Field(0x784, 31, 16, "frame_counter", ""),
    Field(0x788, 0, 0, "error_flag_spw_dac_on_bias_readback", ""),
    Field(0x788, 1, 1, "error_flag_dac_off_bias_readback_error", ""),
    Field(0x788, 5, 5, "error_flag_ext_sdram_edac_corr_err_error", ""),
    Field(0x788, 6, 6, "error_flag_ext_sdram_edac_uncorr_err_error", ""),
    Field(0x788, 7, 7, "error_flag_spw_link_disconnect_error", ""),
    Field(0x788, 8, 8, "error_flag_spw_link_escape_error", ""),
    Field(0x788, 9, 9, "error_flag_spw_link_credit_error", ""),
    Field(0x788, 10, 10, "error_flag_spw_link_parity_error", ""),
    Field(0x78C, 7, 0, "fpga_minor_version", ""),
    Field(0x78C, 11, 8, "fpga_major_version", ""),
    Field(0x78C, 16, 12, "board_id", ""),
    Field(0x78C, 28, 17, "cmic_corr", ""),
    Field(0x790, 15, 0, "ccd2_e_pix_full_sun", ""),
    Field(0x790, 31, 16, "ccd2_f_pix_full_sun", ""),
    Field(0x794, 15, 0, "ccd4_e_pix_full_sun", ""),
    Field(0x794, 31, 16, "ccd4_f_pix_full_sun", ""),
)
# fmt: on

FIELDS: dict[str, Field] = {field.name: field for field in TABLE}
