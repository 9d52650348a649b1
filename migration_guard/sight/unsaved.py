"""Files as an editor shows them: what somebody has typed and not saved yet is read in place of what the disk holds.

It holds for all that is read by `files.py`: migrations, what they import, configurations and baselines. A file that is
not on the disk at all can be named and read; who asks what a folder holds is not told of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Texts = Mapping[str, bytes]
"""By real paths."""
_texts: Texts = {}


@contextmanager
def instead(texts: Texts) -> Iterator[None]:
    """Within it, these are the contents of these files, in every thread; what held before holds again at its end."""
    global _texts  # noqa: PLW0603 -- one process reads one state of a repository at a time
    before, _texts = _texts, texts
    try:
        yield
    finally:
        _texts = before


def content(path: Path | str) -> bytes | None:
    """Give what is to be read in place of a file; None where the disk's is."""
    if not _texts:
        return None
    try:
        return _texts.get(os.path.realpath(path))
    except (OSError, ValueError):
        return None
