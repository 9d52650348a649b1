"""A TCP proxy that loses what it should pass on: connections, a COMMIT on its way, or the reply to one that went through."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER without time: closing sends a reset."""


class Loss(Enum):
    """What is lost at the next COMMIT."""

    NOTHING = "nothing"
    COMMIT = "the COMMIT"
    REPLY = "its reply"


class Proxy:
    """Passes bytes between clients and a server, until it is told to lose them."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._parts = parts
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._loss = Loss.NOTHING
        self._swallows = False
        self._flows = threading.Event()
        self._flows.set()
        self.lost = 0
        """How often it has lost something."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the server, by way of the proxy."""
        user = f"{self._parts.username}@" if self._parts.username else ""
        netloc = f"{user}127.0.0.1:{self._listener.getsockname()[1]}"
        return urlunsplit(self._parts._replace(netloc=netloc))

    def arm(self, loss: Loss) -> None:
        """Lose something at the next COMMIT."""
        self._loss = loss

    def reset(self) -> None:
        """Reset every connection at once."""
        for pair in list(self._pairs):
            self._cut(pair)
        self.lost += 1

    def swallow(self) -> None:
        """Pass nothing on any more, and say nothing: whoever waits for an answer sees a connection that is whole."""
        self._swallows = True
        self.lost += 1

    def stall(self) -> None:
        """Hold back all that is sent, until it may flow again."""
        self._flows.clear()
        self.lost += 1

    def flow(self) -> None:
        """Let all that was held back arrive, late."""
        self._flows.set()

    def close(self) -> None:
        """Pass nothing on any more."""
        self._listener.close()
        self._flows.set()
        for pair in list(self._pairs):
            self._cut(pair)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    client.close()
                    continue
                pair = (client, server)
                self._pairs.add(pair)
                threading.Thread(target=self._up, args=(pair,), daemon=True).start()
                threading.Thread(target=self._down, args=(pair,), daemon=True).start()

    def _up(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with contextlib.suppress(OSError):
            while piece := client.recv(_PIECE):
                self._flows.wait()
                if self._swallows:
                    continue
                if self._loss is Loss.COMMIT and b"COMMIT\0" in piece:
                    self._loss = Loss.NOTHING
                    self.lost += 1
                    break
                waits = self._loss is Loss.REPLY and b"COMMIT\0" in piece
                if waits:
                    self._loss = Loss.NOTHING
                    self._pairs.discard(pair)  # what comes back now is not passed on
                server.sendall(piece)
                if waits:
                    self.lost += 1
        if pair in self._pairs:
            self._cut(pair)

    def _down(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with contextlib.suppress(OSError):
            while piece := server.recv(_PIECE):
                self._flows.wait()
                if pair not in self._pairs:
                    break
                if not self._swallows:
                    client.sendall(piece)
        self._cut(pair)

    def _cut(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """Put a proxy before a server."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
