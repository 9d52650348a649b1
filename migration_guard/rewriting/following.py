"""What a migration does after a data change, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.syntax import Source, dotted
from migration_guard.rewriting.parents import Parents
from migration_guard.rewriting.steps import Step


def steps_after(source: Source, tree: Parents, call: cst.Call, loop: cst.CSTNode | None) -> Iterator[Step]:
    """What the function, or the list of operations, does after a call; what a loop does that goes with it does not count."""
    node: cst.CSTNode = loop if loop is not None and any(one is loop for one in tree.above(call)) else call
    for parent in tree.above(node):
        if isinstance(parent, (cst.IndentedBlock, cst.List)):
            rest = parent.body if isinstance(parent, cst.IndentedBlock) else parent.elements
            at = next(index for index, one in enumerate(rest) if one is node)
            for step in rest[at + 1 :]:
                yield from steps(source, tree, step, _home(parent, tree))
        if isinstance(parent, cst.FunctionDef):
            yield from _after_operation(source, tree, parent.name.value)
            return
        node = parent


def _home(block: cst.CSTNode, tree: Parents) -> str:
    """The function whose body a block is, or `operations` of a migration."""
    around = list(tree.above(block))
    if isinstance(block, cst.IndentedBlock):
        function = around[0]
        return function.name.value if isinstance(function, cst.FunctionDef) and around[1] is tree.tree else ""
    assigned = next((one for one in around if isinstance(one, (cst.Assign, cst.AnnAssign))), None)
    targets = [one.target for one in assigned.targets] if isinstance(assigned, cst.Assign) else []
    targets += [assigned.target] if isinstance(assigned, cst.AnnAssign) else []
    is_list = assigned is not None and assigned.value is block
    return "operations" if is_list and [dotted(one) for one in targets] == ["operations"] else ""


def steps(source: Source, tree: Parents, step: cst.CSTNode, home: str) -> Iterator[Step]:
    """A statement or operation as a step; of a `batch_alter_table`, each statement."""
    code = tree.tree.code_for_node
    if isinstance(step, cst.With) and len(step.items) == 1 and isinstance(step.body, cst.IndentedBlock):
        call = step.items[0].item
        simple = all(isinstance(one, cst.SimpleStatementLine) and len(one.body) == 1 for one in step.body.body)
        if simple and isinstance(call, cst.Call) and (dotted(call.func) or "").endswith(".batch_alter_table"):
            for one in step.body.body:
                shown = f"{code(call)}\n{code(one)}"
                yield Step(source.start(one)[0], source.end(one)[0], shown, True, one, step, home)
            return
    simple = isinstance(step, (cst.SimpleStatementLine, cst.Element))
    yield Step(source.start(step)[0], source.end(step)[0], code(step), simple, step, None, home)


def _after_operation(source: Source, tree: Parents, function: str) -> Iterator[Step]:
    """What follows the RunPython that calls a function."""
    for call in tree.calls:
        if is_run_of(call, function):
            yield from steps_after(source, tree, call, None)


def is_run_of(call: cst.Call, function: str) -> bool:
    """Whether a call is a `RunPython` of a function."""
    return (dotted(call.func) or "").rpartition(".")[2] == "RunPython" and any(
        dotted(argument.value) == function
        for index, argument in enumerate(call.args)
        if (argument.keyword is None and index == 0) or (argument.keyword and argument.keyword.value == "code")
    )
