# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Names of the FEE's registers for type checkers and editors. Made of the table in
fsw_emu/packets/fee_registers.py by tools/fee_names.py."""

from __future__ import annotations

from typing import Literal, TypedDict


class Configuration(TypedDict, total=False):
    """Raw values of what can be written; a field of one bit is a flag."""

    vstart: int  # 0..65535
    vend: int  # 0..65535
    charge_injection_width: int  # 0..65535
    charge_injection_gap: int  # 0..65535
    parallel_toi_period: int  # 0..4095
    parallel_clk_overlap: int  # 0..4095
    ccd_readout: int  # 0..3
    n_final_dump: int  # 0..65535
    h_end: int  # 0..4095
    charge_injection: bool | int
    tri_level_clk: bool | int
    img_clk_dir: bool | int
    reg_clk_dir: bool | int
    packet_size: int  # 0..65535
    cdsclp_hi: int  # 0..4095
    adc_pwrdn_en: bool | int
    trap_pumping_dwell_term: int  # 0..1048575
    sync_sel: bool | int
    sel_pwr_sync: bool | int
    use_pwr_sync: bool | int
    digitise_en: bool | int
    correction_bypass: bool | int
    dg_en: bool | int
    correction_type: bool | int
    edu_wandering_mask_en: bool | int
    readout_node_sel: int  # 0..15
    full_sun_pix_threshold: int  # 0..65535
    pix_offset: int  # 0..65535
    readout_pause_counter: int  # 0..65535
    trap_pumping_shuffle_counter: int  # 0..65535
    int_sync_period: int  # 0..1048575
    cdsclp_lo: int  # 0..4095
    rowclp_hi: int  # 0..4095
    ccd2_vod_config: int  # 0..4294967295
    ccd4_vod_config: int  # 0..4294967295
    ccd2_vrd_config: int  # 0..4294967295
    ccd4_vrd_config: int  # 0..4294967295
    ccd2_vgd_config: int  # 0..4294967295
    ccd4_vgd_config: int  # 0..4294967295
    ccd_vog_config: int  # 0..4294967295
    rowclp_lo: int  # 0..4095
    h_start: int  # 0..4095
    ccd_mode_config: int  # 0..15
    ccd_mode2_config: int  # 0..3
    event_detection: bool | int
    clear_error_flag: bool | int
    ccd2_e_pix_threshold: int  # 0..65535
    ccd2_f_pix_threshold: int  # 0..65535
    ccd4_e_pix_threshold: int  # 0..65535
    ccd4_f_pix_threshold: int  # 0..65535
    event_pkt_limit: int  # 0..16777215
    execute_op: bool | int


#: what can be read
Name = Literal[
    "vstart",
    "vend",
    "charge_injection_width",
    "charge_injection_gap",
    "parallel_toi_period",
    "parallel_clk_overlap",
    "ccd_readout",
    "n_final_dump",
    "h_end",
    "charge_injection",
    "tri_level_clk",
    "img_clk_dir",
    "reg_clk_dir",
    "packet_size",
    "cdsclp_hi",
    "adc_pwrdn_en",
    "trap_pumping_dwell_term",
    "sync_sel",
    "sel_pwr_sync",
    "use_pwr_sync",
    "digitise_en",
    "correction_bypass",
    "dg_en",
    "correction_type",
    "edu_wandering_mask_en",
    "readout_node_sel",
    "full_sun_pix_threshold",
    "pix_offset",
    "readout_pause_counter",
    "trap_pumping_shuffle_counter",
    "int_sync_period",
    "cdsclp_lo",
    "rowclp_hi",
    "ccd2_vod_config",
    "ccd4_vod_config",
    "ccd2_vrd_config",
    "ccd4_vrd_config",
    "ccd2_vgd_config",
    "ccd4_vgd_config",
    "ccd_vog_config",
    "rowclp_lo",
    "h_start",
    "ccd_mode_config",
    "ccd_mode2_config",
    "event_detection",
    "clear_error_flag",
    "ccd2_e_pix_threshold",
    "ccd2_f_pix_threshold",
    "ccd4_e_pix_threshold",
    "ccd4_f_pix_threshold",
    "event_pkt_limit",
    "execute_op",
    "ccd4_ts_b",
    "ccd2_ts_a",
    "prt2",
    "prt1",
    "prt4",
    "prt3",
    "prt5",
    "ccd4_vog_mon",
    "ccd4_vod_mon_e",
    "ccd2_vod_mon_e",
    "ccd4_vrd_mon_e",
    "ccd2_vrd_mon_e",
    "ccd2_vog_mon",
    "ccd4_vdd_mon",
    "ccd4_vrd_mon_f",
    "ccd2_vrd_mon_f",
    "ccd4_vgd_mon",
    "ccd2_vgd_mon",
    "ccd2_vdd_mon",
    "vrclk_mon",
    "vccd",
    "ccd4_vod_mon_f",
    "viclk",
    "5vb_neg_mon",
    "5vb_pos_mon",
    "2v5a_mon",
    "3v3b_mon",
    "2v5d_mon",
    "3v3d_mon",
    "5vref_mon",
    "1v2d_mon",
    "vclk_pos_raw",
    "vccd_pos_raw",
    "van3_neg_mon",
    "van1_pos_raw",
    "vdig_raw",
    "van2_pos_raw",
    "ccd2_vod_mon_f",
    "ig_hi_mon",
    "spw_link_running",
    "spw_link_disconnect",
    "spw_link_parity_error",
    "spw_link_credit_error",
    "spw_link_escape_error",
    "rmap_target_indicate",
    "rmap_target_status",
    "timecode_from_spw",
    "spw_id",
    "fpga_op_mode",
    "frame_counter",
    "error_flag_spw_dac_on_bias_readback",
    "error_flag_dac_off_bias_readback_error",
    "error_flag_ext_sdram_edac_corr_err_error",
    "error_flag_ext_sdram_edac_uncorr_err_error",
    "error_flag_spw_link_disconnect_error",
    "error_flag_spw_link_escape_error",
    "error_flag_spw_link_credit_error",
    "error_flag_spw_link_parity_error",
    "fpga_minor_version",
    "fpga_major_version",
    "board_id",
    "cmic_corr",
    "ccd2_e_pix_full_sun",
    "ccd2_f_pix_full_sun",
    "ccd4_e_pix_full_sun",
    "ccd4_f_pix_full_sun",
]
