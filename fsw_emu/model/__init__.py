"""Readable reference of every flight algorithm: the specification as code."""
