"""Where the metrics of a run go, and where it is asked for them: on this machine alone, unless an address says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field

LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where this process is asked for its metrics."""

    port: int
    host: str = LOCAL


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where metrics go; None: not there."""

    file: str | None = None
    push: str | None = field(default=None, repr=False)
    """The URL of a Pushgateway, which may hold a password."""
    port: Listening | None = None

    def __bool__(self) -> bool:
        return any(one is not None for one in (self.file, self.push, self.port))


def listening(text: str) -> Listening:
    """Read PORT, or HOST:PORT where others may ask as well. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() else -1
    if not 0 <= number <= 65535 or (colon and not host):
        raise ValueError(f'expected a port such as 9187, or "0.0.0.0:9187" for others to ask as well, found {text!r}')
    return Listening(number, host.strip("[]") or LOCAL)
