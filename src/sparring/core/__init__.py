"""What every room stands on; nothing in here knows of adversaries."""
