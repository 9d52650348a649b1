"""Django: a class `Migration` in a `migrations` folder, whose `operations` run forwards and backwards."""

from __future__ import annotations

import re
from pathlib import PurePath

_MIGRATION = re.compile(rb"^class\s+Migration\b", re.M)


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and b"migrations" in source and bool(_MIGRATION.search(source))
