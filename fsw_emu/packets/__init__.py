"""Wire and file framings: pure bytes to frozen values and back."""
