"""Coders for samples, as the flight core has them."""
