"""The emulated front-end electronics."""
