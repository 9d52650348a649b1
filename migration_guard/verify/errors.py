"""What goes wrong while something is verified by running it."""

from __future__ import annotations


class NoScratch(Exception):
    """A scratch database that cannot be asked; the message says why."""
