"""What the calls of migrations say of tables, by framework; they are read with `ast`, never run."""
