"""Cutting and adding source text, at places that the tree gives: what `move` needs of a file."""
