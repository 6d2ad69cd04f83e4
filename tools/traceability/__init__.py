"""From each sentence of SPEC.md to the tests that verify it, and back."""
