"""State and flow: what can change, how a block is left, and how states meet. It knows nothing of Python's objects.

The state of the interpreted program lies in Stores. It is changed in place and every change is on a trail, so that a
branch can be taken back, kept as a Delta, and joined with others where paths meet. A block is left by Exits, each with
the states that it is left with (Fromherz, Ouadjaout and Miné, Static Value Analysis of Python Programs by Abstract
Interpretation, 2018: flow tokens).
"""

from migration_guard.interpreter.flow.exits import Exit, Exits, Flow, branches, each, resume
from migration_guard.interpreter.flow.heap import ABSENT, HEAP, Content, Delta, Record, Store, Watch

__all__ = [
    "ABSENT",
    "HEAP",
    "Content",
    "Delta",
    "Exit",
    "Exits",
    "Flow",
    "Record",
    "Store",
    "Watch",
    "branches",
    "each",
    "resume",
]
