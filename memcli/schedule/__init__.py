"""Keeping a memory fresh: what a scheduler runs, and how it is told to."""
