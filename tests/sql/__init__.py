"""SQL as the server reads it."""
