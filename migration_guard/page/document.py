"""What every page is made in: a document that allows itself its own style and script, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files


def document(title: str, body: Iterable[str], *, style: str = "", script: str | None = None) -> str:
    """Give the page. Title and body are HTML already; a style is added to that of all pages."""
    sheet = files(__package__).joinpath("style.css").read_text(encoding="utf-8") + style
    inline = {"style": sheet} if script is None else {"style": sheet, "script": script}
    allowed = " ".join(f"{kind}-src 'sha256-{_digest(text)}';" for kind, text in inline.items())
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; {allowed}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{sheet}</style>",
            "</head>",
            "<body>",
            *body,
            *([] if script is None else [f"<script>{script}</script>"]),
            "</body>",
            "</html>",
            "",
        ]
    )


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
