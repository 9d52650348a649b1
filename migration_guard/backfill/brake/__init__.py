"""What holds a backfill while the server is not well: gauges, one a module, a law, and who measures for all."""
