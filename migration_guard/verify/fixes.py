"""The fixes that evidence asks for, file by file, as lines before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from migration_guard.findings import Edit
from migration_guard.verify.verdict import Evidence, Fix, Outcome


def fixes(evidence: Iterable[Evidence], sources: Mapping[str, str]) -> tuple[Fix, ...]:
    """Make all edits of a file together, and give each place that changes once. Remarks alone ask for none."""
    by_path: dict[str, dict[Edit, Evidence]] = defaultdict(dict)
    for one in evidence:
        if one.path is not None and one.edit is not None and one.outcome is not Outcome.PASS:
            by_path[one.path].setdefault(one.edit, one)
    return tuple(
        fix for path, edits in sorted(by_path.items()) if path in sources for fix in _of(path, edits, sources[path])
    )


def _of(path: str, edits: Mapping[Edit, Evidence], source: str) -> Iterator[Fix]:
    before = source.splitlines()
    lines = [[line] for line in before]
    for edit in sorted(edits, key=lambda edit: edit.again):
        _apply(edit, lines, before)
    after = [line for group in lines for line in group]
    critical = {one.line for one in edits.values() if one.outcome is Outcome.FAIL}
    for tag, low, high, new_low, new_high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            required = any(line is not None and low < line <= high for line in critical) or low == high
            yield Fix(path, low + 1, tuple(before[low:high]), tuple(after[new_low:new_high]), required)


def _apply(edit: Edit, lines: list[list[str]], before: list[str]) -> None:
    first, last = edit.span.line - 1, min(edit.span.end_line, len(lines)) - 1
    if edit.again:
        copy = [_swapped(line, edit) for line in before[first : last + 1]]
        lines[last] += copy
        return
    for index in range(first, last + 1):
        lines[index][0] = _swapped(lines[index][0], edit)


def _swapped(line: str, edit: Edit) -> str:
    for old, new in edit.swaps:
        line = line.replace(old, new, 1)
    return line
