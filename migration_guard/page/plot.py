"""What every picture on a page is drawn in: axes in SVG that inherits the page's colours, with what stands at their ends."""

from __future__ import annotations

from html import escape

from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Plot:
    """Where numbers stand, in units of the picture: its size, and the room that is left around the axes."""

    height: int
    left: int
    width: int = 720
    right: int = 12
    top: int = 12
    bottom: int = 28

    @property
    def deep(self) -> int:
        """How high the axis of numbers is."""
        return self.height - self.top - self.bottom

    def x(self, part: float) -> float:
        """Give the place of a part of the time."""
        return self.left + (self.width - self.left - self.right) * part

    def y(self, part: float) -> float:
        """Give the place of a part of the highest number."""
        return self.top + self.deep * (1 - part)

    def begun(self, said: str) -> str:
        """Begin the picture, with what is read out in its place."""
        return f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(said)}">'

    def axes(self, most: str, since: str, until: str) -> tuple[str, ...]:
        """Draw the axes."""
        floor, end = self.height - self.bottom, self.width - self.right
        return (
            f'<path class="axis" d="M{self.left} {self.top}V{floor}H{end}"/>',
            f'<text x="{self.left - 6}" y="{self.top + 4}" text-anchor="end">{most}</text>',
            f'<text x="{self.left - 6}" y="{floor}" text-anchor="end">0</text>',
            f'<text x="{self.left}" y="{self.height - 8}">{since}</text>',
            f'<text x="{end}" y="{self.height - 8}" text-anchor="end">{until}</text>',
        )
