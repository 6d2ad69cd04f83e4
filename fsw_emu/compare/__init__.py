"""Two builds of the core on the same inputs: what differs, and on what smallest input."""
