"""Generators of hostile input: sources, statements and files that break parsers, terminals or trust."""
