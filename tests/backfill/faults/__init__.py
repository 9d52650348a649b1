"""Accidents that happen to a backfill, and a ledger that tells what they did to the rows."""
