"""Numbers that judge; one metric in each file, pure functions on features."""
