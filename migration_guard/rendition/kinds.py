"""What a column holds, as far as Python and SQL may differ on it."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a value is."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    OTHER = "other"


KINDS = {
    **dict.fromkeys(("CharField", "TextField", "SlugField", "EmailField", "URLField"), Kind.TEXT),
    **dict.fromkeys(("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT"), Kind.TEXT),
    **dict.fromkeys(
        ("IntegerField", "BigIntegerField", "SmallIntegerField", "PositiveIntegerField", "AutoField"), Kind.NUMBER
    ),
    **dict.fromkeys(
        ("BigAutoField", "PositiveSmallIntegerField", "Integer", "BigInteger", "SmallInteger"), Kind.NUMBER
    ),
    **dict.fromkeys(("BooleanField", "NullBooleanField", "Boolean", "BOOLEAN"), Kind.TRUTH),
}
