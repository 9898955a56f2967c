"""Where a sample came from, and the label that says so."""
