"""What an editor shows, as the bytes that saving it would write."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Iterable
from pathlib import Path

from pygls import uris

from migration_guard.lean import dataclass
from migration_guard.report.mends import with_ends


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is open in an editor, as it is shown at one moment."""

    uri: str
    path: Path
    text: str
    version: int | None

    @property
    def content(self) -> bytes:
        """What saving it would write, as far as Python decides how."""
        data = self.text.encode("utf-8", "surrogatepass")
        if self.path.suffix != ".py":
            return data
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            return self.text.encode(encoding)
        except (SyntaxError, LookupError, ValueError):  # reading it says what is wrong with it
            return data

    @property
    def lines(self) -> list[str]:
        return with_ends(self.text)


def path_of(uri: str) -> Path | None:
    """Give the file that an address names; None for what is no file."""
    if uris.uri_scheme(uri) != "file":
        return None
    path: str | None = uris.to_fs_path(uri)
    return Path(os.path.abspath(path)) if path else None


def uri_of(path: Path) -> str:
    """Give a file's address."""
    uri: str | None = uris.from_fs_path(str(path))
    assert uri is not None
    return uri


def contents(documents: Iterable[Document]) -> dict[str, bytes]:
    """Give what is to be read in place of the files that are shown, by their real paths."""
    return {os.path.realpath(one.path): one.content for one in documents}
