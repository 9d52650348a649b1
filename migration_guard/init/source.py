"""Where others can install the guard from: where this copy came from, as far as more than this machine has that."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from migration_guard import __version__
from migration_guard.lean import dataclass

NAME = "migration-guard"


@dataclass(frozen=True, slots=True)
class Source:
    """What pip is given to install the same guard elsewhere."""

    requirement: str
    """For pip, run in the root of the repository."""
    anywhere: bool = True
    """Whether every machine has it; else this copy came from a file or folder here, and the requirement is a wish."""
    beside: bool = False
    """Whether it lies in the repository: pip finds it from the root of a checkout, and from nowhere else."""


def source(root: Path) -> Source:
    """Ask what an installer noted of this copy."""
    try:
        return told(distribution(NAME).read_text("direct_url.json"), root)
    except PackageNotFoundError:
        return told(None, root)


def told(direct_url: str | None, root: Path) -> Source:
    """Read what stands in `direct_url.json` (PyPA's specification "Direct URL Data Structure"); None is from an index."""
    if direct_url is None:
        return Source(f"{NAME}=={__version__}")
    known = json.loads(direct_url)
    url = known["url"]
    part = f"#subdirectory={known['subdirectory']}" if known.get("subdirectory") else ""
    if (control := known.get("vcs_info")) is not None and not url.startswith("file:"):
        return Source(f"{NAME} @ {control['vcs']}+{url}@{control['commit_id']}{part}")
    if not url.startswith("file:"):
        return Source(f"{NAME} @ {url}{part}")
    path = Path(url2pathname(urlsplit(url).path))
    if path.is_relative_to(root):
        return Source(f"./{path.relative_to(root).as_posix()}", beside=True)
    return Source(f"{NAME}=={__version__}", anywhere=False)
