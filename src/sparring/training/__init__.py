"""The loop, and all that keeps it safe."""
