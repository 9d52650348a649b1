"""What people and their systems see of backfills: metrics, spans, hooks, a terminal that refreshes, a page.

All of it reads the state, or is told by a run; nothing of it decides anything, and what fails of it stops no backfill.
"""
