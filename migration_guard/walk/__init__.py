"""Reading one migration: a small abstract interpreter over libcst's tree. Nothing that it reads is ever run.

This is the only package that imports libcst; it is loaded in reader processes alone.
"""
