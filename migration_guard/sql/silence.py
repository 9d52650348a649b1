"""Keeps sqlglot from printing what it does not understand, be it a password. Who imports sqlglot imports this first."""

import logging

logging.getLogger("sqlglot").disabled = True
