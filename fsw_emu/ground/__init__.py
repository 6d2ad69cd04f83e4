"""The ground segment: telemetry to compression entities to FITS."""
