"""Doors to the command line from within other tools; each imports its tool, and nothing of ours imports them."""
