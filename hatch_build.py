"""What the package says of where it comes from: the address of the repository that it is built from, and a README that leads there.

No address is written down beforehand, so that a copy leads to itself: it is that of the remote `origin`, or, where there is no git,
that of `MIGRATION_GUARD_SOURCE` (`https://host/owner/name@revision`). An sdist keeps what it was built with. Without an address
none is named, and the README has no links that lead nowhere.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from hatchling.metadata.plugin.interface import MetadataHookInterface

FORGES = {
    "github": "/blob/{}/",
    "gitlab": "/-/blob/{}/",
    "bitbucket": "/src/{}/",
    "codeberg": "/src/commit/{}/",
    "forgejo": "/src/commit/{}/",
    "gitea": "/src/commit/{}/",
}
"""Where a forge shows the files of a revision, by a word of its host's name."""
SSH = re.compile(r"(?:ssh://)?\w+@(?P<host>[\w.-]+)(?::\d+/|[:/])(?P<path>[\w./~-]+)")
PICTURE = re.compile(r"!\[[^\]]*\]\((?!\w+:)[^)\s]+\)\n*")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<path>(?!\w+:|#)[^)\s]+)\)")


class Home(NamedTuple):  # hatch runs this file without making a module of it, which dataclasses need
    """A repository on the web."""

    repository: str
    files: str | None = None
    """The address of its root folder's files, with a slash at its end; None where the forge is none that is known."""

    @property
    def urls(self) -> dict[str, str]:
        files = {"Documentation": "docs/index.md", "Changelog": "CHANGELOG.md"} if self.files else {}
        return {"Homepage": self.repository, **{name: f"{self.files}{path}" for name, path in files.items()}}


class Addresses(MetadataHookInterface):
    """Fills in `urls` and `readme`, unless this is an sdist, which has them."""

    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        found = home(os.environ.get("MIGRATION_GUARD_SOURCE", "")) or home(_origin(root))
        urls: dict[str, str] = metadata.setdefault("urls", found.urls if found else {})
        if "readme" not in metadata:
            text = (root / "README.md").read_text(encoding="utf-8")
            metadata["readme"] = {"content-type": "text/markdown", "text": readable(text, urls.get("Documentation"))}


def home(named: str) -> Home | None:
    """Read `URL@REVISION`, as git spells URLs; None where it is not on the web. Names and passwords are left out."""
    by_ssh = SSH.match(named)
    url = urlsplit(f"https://{by_ssh['host']}/{by_ssh['path']}{named[by_ssh.end() :]}" if by_ssh else named)
    path, _, revision = url.path.partition("@")
    path = path.rstrip("/").removesuffix(".git")
    if url.scheme not in {"http", "https"} or not url.hostname or not path.strip("/"):
        return None
    repository = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{path}"
    form = next((form for word, form in FORGES.items() if word in url.hostname), None)
    return Home(repository, repository + form.format(revision) if form and revision else None)


def _origin(root: Path) -> str:
    """Ask git where a folder was cloned from; nothing where it is not the root of a clone."""
    if _git(root, "rev-parse", "--show-prefix") != "" or not (address := _git(root, "remote", "get-url", "origin")):
        return ""
    return f"{address}@{_git(root, 'rev-parse', 'HEAD')}"


def readable(text: str, documentation: str | None) -> str:
    """Make the links of a README such that they lead somewhere wherever it is read, or none; pictures stay behind."""

    def led(link: re.Match[str]) -> str:
        return f"[{link['text']}]({urljoin(documentation, '../' + link['path'])})" if documentation else link["text"]

    return LINK.sub(led, PICTURE.sub("", text))


def _git(root: Path, *arguments: str) -> str | None:
    """Ask git about a folder; None where there is none, or it does not know."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()
