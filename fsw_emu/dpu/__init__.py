"""The emulated application software of the data processing unit."""
