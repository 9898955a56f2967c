"""What a finished run becomes: something that makes samples."""
