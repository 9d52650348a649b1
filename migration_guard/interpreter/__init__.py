"""The abstract interpreter of Python: values, flow and state, statements, expressions, names. It knows no library."""
