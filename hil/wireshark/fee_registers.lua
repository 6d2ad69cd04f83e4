-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- Registers of the FEE, made by tools/wireshark_registers.py. Takes the prefix of the names.

local prefix = ... or "rmap.register."

-- address of the word, mask, name
local TABLE = {
  { 0x000, 0x0000ffff, "vstart" },
  { 0x000, 0xffff0000, "vend" },
  { 0x004, 0x0000ffff, "charge_injection_width" },
  { 0x004, 0xffff0000, "charge_injection_gap" },
  { 0x008, 0x00000fff, "parallel_toi_period" },
  { 0x008, 0x00fff000, "parallel_clk_overlap" },
  { 0x008, 0x03000000, "ccd_readout" },
  { 0x00c, 0x0000ffff, "n_final_dump" },
  { 0x00c, 0x0fff0000, "h_end" },
  { 0x00c, 0x10000000, "charge_injection" },
  { 0x00c, 0x20000000, "tri_level_clk" },
  { 0x00c, 0x40000000, "img_clk_dir" },
  { 0x00c, 0x80000000, "reg_clk_dir" },
  { 0x010, 0x0000ffff, "packet_size" },
  { 0x010, 0x0fff0000, "cdsclp_hi" },
  { 0x010, 0x10000000, "adc_pwrdn_en" },
  { 0x014, 0x000fffff, "trap_pumping_dwell_term" },
  { 0x014, 0x00100000, "sync_sel" },
  { 0x014, 0x00200000, "sel_pwr_sync" },
  { 0x014, 0x00400000, "use_pwr_sync" },
  { 0x014, 0x00800000, "digitise_en" },
  { 0x014, 0x01000000, "correction_bypass" },
  { 0x014, 0x02000000, "dg_en" },
  { 0x014, 0x04000000, "correction_type" },
  { 0x014, 0x08000000, "edu_wandering_mask_en" },
  { 0x014, 0xf0000000, "readout_node_sel" },
  { 0x018, 0x0000ffff, "full_sun_pix_threshold" },
  { 0x018, 0xffff0000, "pix_offset" },
  { 0x01c, 0x0000ffff, "readout_pause_counter" },
  { 0x01c, 0xffff0000, "trap_pumping_shuffle_counter" },
  { 0x020, 0x000fffff, "int_sync_period" },
  { 0x020, 0xfff00000, "cdsclp_lo" },
  { 0x024, 0x00000fff, "rowclp_hi" },
  { 0x038, 0xffffffff, "ccd2_vod_config" },
  { 0x03c, 0xffffffff, "ccd4_vod_config" },
  { 0x040, 0xffffffff, "ccd2_vrd_config" },
  { 0x044, 0xffffffff, "ccd4_vrd_config" },
  { 0x048, 0xffffffff, "ccd2_vgd_config" },
  { 0x04c, 0xffffffff, "ccd4_vgd_config" },
  { 0x050, 0xffffffff, "ccd_vog_config" },
  { 0x054, 0x00000fff, "rowclp_lo" },
  { 0x054, 0x00fff000, "h_start" },
  { 0x054, 0x0f000000, "ccd_mode_config" },
  { 0x054, 0x30000000, "ccd_mode2_config" },
  { 0x054, 0x40000000, "event_detection" },
  { 0x054, 0x80000000, "clear_error_flag" },
  { 0x058, 0x0000ffff, "ccd2_e_pix_threshold" },
  { 0x058, 0xffff0000, "ccd2_f_pix_threshold" },
  { 0x05c, 0x0000ffff, "ccd4_e_pix_threshold" },
  { 0x05c, 0xffff0000, "ccd4_f_pix_threshold" },
  { 0x060, 0xffffff00, "event_pkt_limit" },
  { 0x064, 0x00000001, "execute_op" },
  { 0x710, 0x0000ffff, "ccd4_ts_b" },
  { 0x710, 0xffff0000, "ccd2_ts_a" },
  { 0x714, 0x0000ffff, "prt2" },
  { 0x714, 0xffff0000, "prt1" },
  { 0x718, 0x0000ffff, "prt4" },
  { 0x718, 0xffff0000, "prt3" },
  { 0x71c, 0xffff0000, "prt5" },
  { 0x720, 0x0000ffff, "ccd4_vog_mon" },
  { 0x720, 0xffff0000, "ccd4_vod_mon_e" },
  { 0x724, 0x0000ffff, "ccd2_vod_mon_e" },
  { 0x724, 0xffff0000, "ccd4_vrd_mon_e" },
  { 0x728, 0x0000ffff, "ccd2_vrd_mon_e" },
  { 0x728, 0xffff0000, "ccd2_vog_mon" },
  { 0x72c, 0x0000ffff, "ccd4_vdd_mon" },
  { 0x72c, 0xffff0000, "ccd4_vrd_mon_f" },
  { 0x730, 0x0000ffff, "ccd2_vrd_mon_f" },
  { 0x730, 0xffff0000, "ccd4_vgd_mon" },
  { 0x734, 0x0000ffff, "ccd2_vgd_mon" },
  { 0x734, 0xffff0000, "ccd2_vdd_mon" },
  { 0x738, 0x0000ffff, "vrclk_mon" },
  { 0x738, 0xffff0000, "vccd" },
  { 0x73c, 0x0000ffff, "ccd4_vod_mon_f" },
  { 0x73c, 0xffff0000, "viclk" },
  { 0x740, 0x0000ffff, "5vb_neg_mon" },
  { 0x740, 0xffff0000, "5vb_pos_mon" },
  { 0x744, 0x0000ffff, "2v5a_mon" },
  { 0x744, 0xffff0000, "3v3b_mon" },
  { 0x748, 0x0000ffff, "2v5d_mon" },
  { 0x748, 0xffff0000, "3v3d_mon" },
  { 0x74c, 0x0000ffff, "5vref_mon" },
  { 0x74c, 0xffff0000, "1v2d_mon" },
  { 0x750, 0x0000ffff, "vclk_pos_raw" },
  { 0x750, 0xffff0000, "vccd_pos_raw" },
  { 0x754, 0x0000ffff, "van3_neg_mon" },
  { 0x754, 0xffff0000, "van1_pos_raw" },
  { 0x758, 0x0000ffff, "vdig_raw" },
  { 0x758, 0xffff0000, "van2_pos_raw" },
  { 0x75c, 0x0000ffff, "ccd2_vod_mon_f" },
  { 0x75c, 0xffff0000, "ig_hi_mon" },
  { 0x780, 0x00000001, "spw_link_running" },
  { 0x780, 0x00000002, "spw_link_disconnect" },
  { 0x780, 0x00000004, "spw_link_parity_error" },
  { 0x780, 0x00000008, "spw_link_credit_error" },
  { 0x780, 0x00000010, "spw_link_escape_error" },
  { 0x780, 0x00000020, "rmap_target_indicate" },
  { 0x780, 0x0000ff00, "rmap_target_status" },
  { 0x780, 0x00ff0000, "timecode_from_spw" },
  { 0x780, 0x03000000, "spw_id" },
  { 0x784, 0x0000007f, "fpga_op_mode" },
  { 0x784, 0xffff0000, "frame_counter" },
  { 0x788, 0x00000001, "error_flag_spw_dac_on_bias_readback" },
  { 0x788, 0x00000002, "error_flag_dac_off_bias_readback_error" },
  { 0x788, 0x00000020, "error_flag_ext_sdram_edac_corr_err_error" },
  { 0x788, 0x00000040, "error_flag_ext_sdram_edac_uncorr_err_error" },
  { 0x788, 0x00000080, "error_flag_spw_link_disconnect_error" },
  { 0x788, 0x00000100, "error_flag_spw_link_escape_error" },
  { 0x788, 0x00000200, "error_flag_spw_link_credit_error" },
  { 0x788, 0x00000400, "error_flag_spw_link_parity_error" },
  { 0x78c, 0x000000ff, "fpga_minor_version" },
  { 0x78c, 0x00000f00, "fpga_major_version" },
  { 0x78c, 0x0001f000, "board_id" },
  { 0x78c, 0x1ffe0000, "cmic_corr" },
  { 0x790, 0x0000ffff, "ccd2_e_pix_full_sun" },
  { 0x790, 0xffff0000, "ccd2_f_pix_full_sun" },
  { 0x794, 0x0000ffff, "ccd4_e_pix_full_sun" },
  { 0x794, 0xffff0000, "ccd4_f_pix_full_sun" },
}

local registers, by_address = { fields = {} }, {}
for _, row in ipairs(TABLE) do
  local address, mask, name = row[1], row[2], row[3]
  local field = ProtoField.uint32(prefix .. name, name, base.DEC, nil, mask)
  registers.fields[#registers.fields + 1] = field
  by_address[address] = by_address[address] or {}
  table.insert(by_address[address], field)
end

-- The fields of the words in a range of bytes that begins at an address.
function registers.add(tree, range, address)
  if address % 4 ~= 0 then return end
  for at = 0, range:len() - 4, 4 do
    for _, field in ipairs(by_address[address + at] or {}) do tree:add(field, range(at, 4)) end
  end
end

return registers
