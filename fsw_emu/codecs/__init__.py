"""Coders for samples, as the flight core has them."""

from fsw_emu.codecs import aec

__all__ = ["aec"]
