"""The page that a run leaves behind: pictures and numbers in one file."""
