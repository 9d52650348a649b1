"""Calls a function that is a hook, with the event that is on standard input: `python -m migration_guard.watching.hooked MODULE:NAME`."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Call it. Whatever it raises is told by the last line of its traceback, and by the exit code."""
    sys.path.insert(0, os.getcwd())  # as for modules of backfills: the folder of the configuration
    module, _, name = sys.argv[1].partition(":")
    function: Any = import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    function(json.load(sys.stdin))


if __name__ == "__main__":
    main()
