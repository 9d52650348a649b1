"""From a file to what it does: Operations, Procedures, notes, and the forms that tell them apart."""
