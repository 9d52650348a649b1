"""`python -m migration_guard`."""

import os
import sys

# The working directory is a repository that somebody else wrote: a json.py in it must not become ours.
if sys.path and sys.path[0] in {"", os.getcwd()}:  # by `os`: pathlib would be imported from there
    del sys.path[0]

from migration_guard.cli import main

if __name__ == "__main__":
    main()
