"""Saying what was found. A format is one module of `formats`, found by its name."""
