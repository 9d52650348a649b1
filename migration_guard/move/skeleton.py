"""A backfill that is yet to be written: a function with the migration's own code as its notes."""

from __future__ import annotations

from textwrap import fill

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.move.place import Modules
from migration_guard.move.plan import Move, Refusal, bare, definition_texts, key_for, refusal, variable
from migration_guard.move.schema import Schema
from migration_guard.rewriting.definitions import Definition, new_module, with_definition

_NEXT = (
    "finish the function and `where`, which must no longer match a row that is done; then drop `status`, and take the "
    "code out of the migration"
)
_FUNCTION = '''def {name}(connection, ids):
    """Change the rows of a batch, whose keys are `ids`; each at most once, and nothing else.

{reason}    What the migration does, to be written for the keys of a batch:

{body}
    """
    raise NotImplementedError'''


def skeleton_of(one: Checked, finding: Finding, key: str | None, modules: Modules) -> Move | Refusal:
    """Define a backfill whose function is yet to be written. Raises NoPlace. The migration stays as it is."""
    operation = finding.operation
    table = operation.table if operation is not None else None
    if operation is None or table is None:
        return Refusal(finding, "which table it writes is not known; define the backfill by hand")
    name = key_for(finding, table, "skeleton")
    if (known := modules.with_key(name)) is not None:
        return Refusal(finding, f"a backfill with the key {name} exists already, in {known.name}")
    keys = Schema(one.candidate.path, one.candidate.root).facts(table).keys
    column = key or (keys[0] if len(keys) == 1 else "id")
    function = f"fill_{variable(finding, table, 'rows')}"
    texts = {
        **definition_texts(finding, name, table),
        "table": table,
        "key_column": column,
        "where": "TRUE",
    }
    code = {"apply": function, "status": "Status.DEPRECATED"}
    body = _function(function, one, finding)
    definition = Definition(variable(finding, table, "skeleton"), texts, code, before=body)
    module = modules.place_for(bare(table))
    written = (
        new_module(definition) if module.content is None else with_definition(module.path, module.content, definition)
    )
    notes = (_NEXT,)
    return Move(
        (finding,), (name,), one.candidate.root, one.candidate.path, one.candidate.source, None, module, written, notes
    )


def _function(name: str, one: Checked, finding: Finding) -> str:
    """The function, with the lines of the statement in its docstring, or those around the call."""
    lines = one.candidate.source.decode("utf-8", "replace").splitlines()
    first, last = finding.span.line - 1, finding.span.end_line
    while first and lines[first].strip() and not lines[first].lstrip().startswith(("def ", "class ")):
        first -= 1
    shown = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines[first:last]]
    body = "\n".join(f"    {line}".rstrip() for line in shown)
    reason = refusal(one, finding, None)
    told = (
        fill(f"Not moved by itself: {reason}.", 100, initial_indent="    ", subsequent_indent="    ") if reason else ""
    )
    told = told.replace("\\", "\\\\").replace('"""', "'''")
    return _FUNCTION.format(name=name, body=body, reason=f"{told}\n\n" if told else "")
