"""Canonical forms: what makes two operations of Python code the same, whatever else stands around them."""
