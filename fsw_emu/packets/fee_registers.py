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
WORD_BYTES = 4


@dataclass(frozen=True)
class Field:
    """Bits ``msb`` to ``lsb`` of the word at ``address``. Raw values in ``unit``, empty for a
    code or a number of none; ``reset`` is what they are after one (ASSUMED A57)."""

    address: int
    msb: int
    lsb: int
    name: str
    meaning: str
    unit: str = ""
    reset: int = 0

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
    Field(0x000, 15, 0, "vstart",
          "first row that is clocked out; charge injection begins there", unit="row"),
    Field(0x000, 31, 16, "vend", "last row that is clocked out", unit="row", reset=3790),
    Field(0x004, 15, 0, "charge_injection_width",
          "length of a block of injected rows", unit="rows"),
    Field(0x004, 31, 16, "charge_injection_gap",
          "rows between two blocks of injected rows", unit="rows"),
    Field(0x008, 11, 0, "parallel_toi_period", "duration of an overlap of the parallel clocks"),
    Field(0x008, 23, 12, "parallel_clk_overlap",
          "what the overlap of the parallel clocks lasts longer"),
    Field(0x008, 25, 24, "ccd_readout", "the CCD of a full frame: 1 CCD2, any other CCD4", reset=1),
    Field(0x00C, 15, 0, "n_final_dump", "rows dumped after the readout", unit="rows"),
    Field(0x00C, 27, 16, "h_end",
          "transfers of the serial register in a row", unit="pixels", reset=2255),
    Field(0x00C, 28, 28, "charge_injection", "1: charge is injected"),
    Field(0x00C, 29, 29, "tri_level_clk", "parallel clocks have 0: three levels, 1: two"),
    Field(0x00C, 30, 30, "img_clk_dir", "1: the parallel clocks run backwards"),
    Field(0x00C, 31, 31, "reg_clk_dir", "1: the serial clocks run backwards"),
    Field(0x010, 15, 0, "packet_size",
          "longest data packet with its header of 10; the payload is a multiple of 4",
          unit="bytes", reset=778),
    Field(0x010, 27, 16, "cdsclp_hi",
          "when in the pixel cycle CDSCLP rises, before cdsclp_lo", unit="clocks"),
    Field(0x010, 28, 28, "adc_pwrdn_en", "0: converters are powered down when idle, 1: never"),
    Field(0x014, 19, 0, "trap_pumping_dwell_term", "dwell time of trap pumping"),
    Field(0x014, 20, 20, "sync_sel",
          "1: the operation repeats every int_sync_period, 0: it runs once"),
    Field(0x014, 21, 21, "sel_pwr_sync",
          "external sync of pixel readout: 1 RED_SYNC_IN, 0 NAEU_SYNC_IN"),
    Field(0x014, 22, 22, "use_pwr_sync", "1: pixel readout waits for the external sync"),
    Field(0x014, 23, 23, "digitise_en", "1: pixels are sent, 0: modes run and send none", reset=1),
    Field(0x014, 24, 24, "correction_bypass",
          "1: pixels are not corrected by row and column", reset=1),
    Field(0x014, 25, 25, "dg_en", "0: the dump gate does what the mode asks for"),
    Field(0x014, 26, 26, "correction_type", "1: corrections are added, 0: subtracted"),
    Field(0x014, 27, 27, "edu_wandering_mask_en", "1: wandering-mask packets are sent", reset=1),
    Field(0x014, 31, 28, "readout_node_sel",
          "nodes that are read out: 8 E4, 4 F4, 2 E2, 1 F2; 0 is not allowed", reset=15),
    Field(0x018, 15, 0, "full_sun_pix_threshold",
          "binned pixels above it count as full sun", unit="ADU", reset=0xffff),
    Field(0x018, 31, 16, "pix_offset", "added to averaged pixels, two's complement", unit="ADU"),
    Field(0x01C, 15, 0, "readout_pause_counter", "pause in the readout"),
    Field(0x01C, 31, 16, "trap_pumping_shuffle_counter", "how often trap pumping shuffles"),
    Field(0x020, 19, 0, "int_sync_period",
          "integration time, period of the internal sync", unit="ms", reset=4000),
    Field(0x020, 31, 20, "cdsclp_lo", "when in the pixel cycle CDSCLP falls", unit="clocks"),
    Field(0x024, 11, 0, "rowclp_hi", "when in the pixel cycle ROWCLP rises", unit="clocks"),
    Field(0x038, 31, 0, "ccd2_vod_config", "bias VOD of CCD2; its code is not public"),
    Field(0x03C, 31, 0, "ccd4_vod_config", "bias VOD of CCD4; its code is not public"),
    Field(0x040, 31, 0, "ccd2_vrd_config", "bias VRD of CCD2; its code is not public"),
    Field(0x044, 31, 0, "ccd4_vrd_config", "bias VRD of CCD4; its code is not public"),
    Field(0x048, 31, 0, "ccd2_vgd_config", "bias VGD of CCD2; its code is not public"),
    Field(0x04C, 31, 0, "ccd4_vgd_config", "bias VGD of CCD4; its code is not public"),
    Field(0x050, 31, 0, "ccd_vog_config", "bias VOG of both CCDs; its code is not public"),
    Field(0x054, 11, 0, "rowclp_lo", "when in the pixel cycle ROWCLP falls", unit="clocks"),
    Field(0x054, 23, 12, "h_start", "first pixel of the serial readout", unit="pixel"),
    Field(0x054, 27, 24, "ccd_mode_config", "mode that execute_op starts"),
    Field(0x054, 29, 28, "ccd_mode2_config",
          "binning: 1 none, 2 6x6, 3 24x24; 0 is reserved", reset=2),
    Field(0x054, 30, 30, "event_detection", "1: mode FT sends events in place of images"),
    Field(0x054, 31, 31, "clear_error_flag",
          "writing 1 clears the error flags but those of the link; reads 0"),
    Field(0x058, 15, 0, "ccd2_e_pix_threshold",
          "a pixel of E2 is an event this far above its background", unit="ADU", reset=25),
    Field(0x058, 31, 16, "ccd2_f_pix_threshold", "as of E2, of F2", unit="ADU", reset=25),
    Field(0x05C, 15, 0, "ccd4_e_pix_threshold", "as of E2, of E4", unit="ADU", reset=25),
    Field(0x05C, 31, 16, "ccd4_f_pix_threshold", "as of E2, of F4", unit="ADU", reset=25),
    Field(0x060, 31, 8, "event_pkt_limit",
          "most event packets of a CCD in a frame", unit="packets", reset=0xffffff),
    Field(0x064, 0, 0, "execute_op", "writing 1 starts the operation that is configured; reads 0"),
    Field(0x710, 15, 0, "ccd4_ts_b", "temperature of CCD4, sensor B, a PT1000", unit="ADU"),
    Field(0x710, 31, 16, "ccd2_ts_a", "temperature of CCD2, sensor A, a PT1000", unit="ADU"),
    Field(0x714, 15, 0, "prt2", "temperature 2 of the electronics, a PT1000", unit="ADU"),
    Field(0x714, 31, 16, "prt1", "temperature 1 of the electronics, a PT1000", unit="ADU"),
    Field(0x718, 15, 0, "prt4", "temperature 4 of the electronics, a PT1000", unit="ADU"),
    Field(0x718, 31, 16, "prt3", "temperature 3 of the electronics, a PT1000", unit="ADU"),
    Field(0x71C, 31, 16, "prt5", "temperature 5 of the electronics, a PT1000", unit="ADU"),
    Field(0x720, 15, 0, "ccd4_vog_mon", "bias VOG of CCD4", unit="ADU"),
    Field(0x720, 31, 16, "ccd4_vod_mon_e", "bias VOD of E4", unit="ADU"),
    Field(0x724, 15, 0, "ccd2_vod_mon_e", "bias VOD of E2", unit="ADU"),
    Field(0x724, 31, 16, "ccd4_vrd_mon_e", "bias VRD of E4", unit="ADU"),
    Field(0x728, 15, 0, "ccd2_vrd_mon_e", "bias VRD of E2", unit="ADU"),
    Field(0x728, 31, 16, "ccd2_vog_mon", "bias VOG of CCD2", unit="ADU"),
    Field(0x72C, 15, 0, "ccd4_vdd_mon", "bias VDD of CCD4", unit="ADU"),
    Field(0x72C, 31, 16, "ccd4_vrd_mon_f", "bias VRD of F4", unit="ADU"),
    Field(0x730, 15, 0, "ccd2_vrd_mon_f", "bias VRD of F2", unit="ADU"),
    Field(0x730, 31, 16, "ccd4_vgd_mon", "bias VGD of CCD4", unit="ADU"),
    Field(0x734, 15, 0, "ccd2_vgd_mon", "bias VGD of CCD2", unit="ADU"),
    Field(0x734, 31, 16, "ccd2_vdd_mon", "bias VDD of CCD2", unit="ADU"),
    Field(0x738, 15, 0, "vrclk_mon", "level of the serial clocks", unit="ADU"),
    Field(0x738, 31, 16, "vccd", "supply VCCD", unit="ADU"),
    Field(0x73C, 15, 0, "ccd4_vod_mon_f", "bias VOD of F4", unit="ADU"),
    Field(0x73C, 31, 16, "viclk", "level of the parallel clocks", unit="ADU"),
    Field(0x740, 15, 0, "5vb_neg_mon", "supply -5 V, B", unit="ADU"),
    Field(0x740, 31, 16, "5vb_pos_mon", "supply +5 V, B", unit="ADU"),
    Field(0x744, 15, 0, "2v5a_mon", "supply 2.5 V, analogue", unit="ADU"),
    Field(0x744, 31, 16, "3v3b_mon", "supply 3.3 V, B", unit="ADU"),
    Field(0x748, 15, 0, "2v5d_mon", "supply 2.5 V, digital", unit="ADU"),
    Field(0x748, 31, 16, "3v3d_mon", "supply 3.3 V, digital", unit="ADU"),
    Field(0x74C, 15, 0, "5vref_mon", "reference 5 V", unit="ADU"),
    Field(0x74C, 31, 16, "1v2d_mon", "supply 1.2 V, digital", unit="ADU"),
    Field(0x750, 15, 0, "vclk_pos_raw", "unregulated supply of the clocks", unit="ADU"),
    Field(0x750, 31, 16, "vccd_pos_raw", "unregulated supply of VCCD", unit="ADU"),
    Field(0x754, 15, 0, "van3_neg_mon", "analogue supply 3, negative", unit="ADU"),
    Field(0x754, 31, 16, "van1_pos_raw", "unregulated analogue supply 1, positive", unit="ADU"),
    Field(0x758, 15, 0, "vdig_raw", "unregulated digital supply", unit="ADU"),
    Field(0x758, 31, 16, "van2_pos_raw", "unregulated analogue supply 2, positive", unit="ADU"),
    Field(0x75C, 15, 0, "ccd2_vod_mon_f", "bias VOD of F2", unit="ADU"),
    Field(0x75C, 31, 16, "ig_hi_mon", "high level of the injection gate", unit="ADU"),
    Field(0x780, 0, 0, "spw_link_running", "1: the link runs"),
    Field(0x780, 1, 1, "spw_link_disconnect", "1: the link was disconnected when it last ended"),
    Field(0x780, 2, 2, "spw_link_parity_error", "1: the link last ended by a parity error"),
    Field(0x780, 3, 3, "spw_link_credit_error", "1: the link last ended by a credit error"),
    Field(0x780, 4, 4, "spw_link_escape_error", "1: the link last ended by an escape error"),
    Field(0x780, 5, 5, "rmap_target_indicate", "1: the last RMAP command was carried out"),
    Field(0x780, 15, 8, "rmap_target_status", "status code of the last RMAP command"),
    Field(0x780, 23, 16, "timecode_from_spw", "the last time-code that came"),
    Field(0x780, 25, 24, "spw_id", "the link in use: 1 or 2", reset=1),
    Field(0x784, 6, 0, "fpga_op_mode", "mode that runs"),
    Field(0x784, 31, 16, "frame_counter", "number of the last frame, one up with each sync"),
    Field(0x788, 0, 0, "error_flag_spw_dac_on_bias_readback",
          "a bias was read back wrong, converter on"),
    Field(0x788, 1, 1, "error_flag_dac_off_bias_readback_error",
          "a bias was read back wrong, converter off"),
    Field(0x788, 5, 5, "error_flag_ext_sdram_edac_corr_err_error",
          "an error of the external memory was corrected"),
    Field(0x788, 6, 6, "error_flag_ext_sdram_edac_uncorr_err_error",
          "an error of the external memory was not corrected"),
    Field(0x788, 7, 7, "error_flag_spw_link_disconnect_error",
          "the link was disconnected since the reset"),
    Field(0x788, 8, 8, "error_flag_spw_link_escape_error",
          "an escape error ended the link since the reset"),
    Field(0x788, 9, 9, "error_flag_spw_link_credit_error",
          "a credit error ended the link since the reset"),
    Field(0x788, 10, 10, "error_flag_spw_link_parity_error",
          "a parity error ended the link since the reset"),
    Field(0x78C, 7, 0, "fpga_minor_version", "version of the FPGA, behind the point", reset=38),
    Field(0x78C, 11, 8, "fpga_major_version", "version of the FPGA, before the point"),
    Field(0x78C, 16, 12, "board_id", "number of the board", reset=1),
    Field(0x78C, 28, 17, "cmic_corr", "CMIC correction; its code is not public"),
    Field(0x790, 15, 0, "ccd2_e_pix_full_sun",
          "pixels of E2 above full_sun_pix_threshold in the last frame", unit="pixels"),
    Field(0x790, 31, 16, "ccd2_f_pix_full_sun", "as of E2, of F2", unit="pixels"),
    Field(0x794, 15, 0, "ccd4_e_pix_full_sun", "as of E2, of E4", unit="pixels"),
    Field(0x794, 31, 16, "ccd4_f_pix_full_sun", "as of E2, of F4", unit="pixels"),
)
# fmt: on

FIELDS: dict[str, Field] = {field.name: field for field in TABLE}
