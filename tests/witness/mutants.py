"""Seeded bugs: each is put into a copy of the guard, and the witness must find it.

    python -m witness.mutants [NAME ...]     (from `tests/`, or with `tests` on the path)

A bug is a piece of text of the guard that is replaced. The text must stand there exactly once, which the tests see to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import migration_guard
from witness.grow import each_alone
from witness.known import known, lines
from witness.witness import Witness

GUARD = Path(migration_guard.__file__).parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, and the families of constructs that will show it."""

    name: str
    file: str
    old: str
    new: str
    families: tuple[str, ...] = ("flow",)


MUTANTS = (
    Mutant(
        "a break leads through the loop's else",
        "interpreter/loops.py",
        "return resume([*states, *exits[Exit.BREAK]])",
        "return resume(states)",
    ),
    Mutant(
        "what continue leaves is not met by the next pass",
        "interpreter/loops.py",
        "changed = HEAP.join([{}, *exits[Exit.END], *exits[Exit.CONTINUE]])",
        "changed = HEAP.join([{}, *exits[Exit.END]])",
        ("flow", "state"),
    ),
    Mutant(
        "a loop is run once",
        "interpreter/loops.py",
        "if not news or number == most:",
        "if True:",
        ("flow", "state"),
    ),
    Mutant(
        "a loop over literals ends with a continue",
        "interpreter/loops.py",
        "            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)\n"
        "            reached = resume([*exits[Exit.END], *exits[Exit.CONTINUE]])\n            index += 1\n",
        "            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)\n"
        "            reached = resume(exits[Exit.END])\n            index += 1\n",
    ),
    Mutant(
        "a return within a loop is lost",
        "interpreter/loops.py",
        "_OUT = (Exit.RETURN, Exit.RAISE)",
        "_OUT = (Exit.RAISE,)",
        ("flow", "state"),
    ),
    Mutant(
        "a handler is entered only from before the try",
        "interpreter/blocks.py",
        "            resume(watch.states())\n            with self.machine.ledger.handler(handler, worked=worked):",
        "            with self.machine.ledger.handler(handler, worked=worked):",
        ("flow", "state"),
    ),
    Mutant(
        "finally is run only behind the end of the body",
        "interpreter/blocks.py",
        "        for way, states in exits.items():\n            if resume(states) and end():",
        "        for way, states in exits.items():\n            if way is Exit.END and resume(states) and end():",
        ("flow", "ways"),
    ),
    Mutant(
        "a context manager swallows nothing",
        "interpreter/blocks.py",
        "swallows = context.swallows\n",
        "swallows = False\n",
    ),
    Mutant(
        "__exit__ is not run",
        "interpreter/blocks.py",
        "        context.exited(self.machine)\n        return True",
        "        return True",
        ("flow", "ways"),
    ),
    Mutant(
        "what is behind the yield of a context manager is not reached after an exception",
        "interpreter/blocks.py",
        "return Exit.END in left or _catches(context)",
        "return Exit.END in left",
    ),
    Mutant(
        "the first branch hides the second",
        "interpreter/narrowing.py",
        "reached = branches([partial(way, then, truth=True), partial(way, other, truth=False)])",
        "reached = branches([partial(way, then, truth=True)])",
    ),
    Mutant(
        "what is surely no None counts as None",
        "interpreter/narrowing.py",
        "yield name, _none if isinstance(operator, cst.Is) is truth else _some",
        "yield name, _some if isinstance(operator, cst.Is) is truth else _none",
    ),
    Mutant(
        "an object of a class below is none of the class",
        "interpreter/narrowing.py",
        "        lineage = value.cls.lineage()\n",
        "        lineage = [value.cls]\n",
    ),
    Mutant(
        "an object of a class below may be none of the class",
        "interpreter/narrowing.py",
        "        if cls in lineage:\n",
        "        if cls is value.cls:\n",
    ),
    Mutant(
        "what a way bound anew is forgotten behind it",
        "interpreter/narrowing.py",
        "if reached and _cell(place) is cell",
        "if reached",
    ),
    Mutant(
        "an unknown condition counts as false",
        "interpreter/statements.py",
        "        certain = self.machine.truth(condition)\n",
        "        certain = bool(self.machine.truth(condition))\n",
    ),
    Mutant(
        "code behind a return is reached, and the return is no way out",
        "interpreter/statements.py",
        "return self.machine.flow.leave(Exit.RETURN)",
        "return False",
    ),
    Mutant(
        "del of an attribute does nothing",
        "interpreter/statements.py",
        "receiver.remove_item(key)",
        "pass",
        ("ways", "state"),
    ),
    Mutant(
        "global binds in the function",
        "interpreter/statements.py",
        "            scope.elsewhere[item.name.value] = scope.module.scope\n",
        "            pass\n",
        ("state", "flow"),
    ),
    Mutant(
        "nonlocal binds in the inner function",
        "interpreter/statements.py",
        "                scope.elsewhere[item.name.value] = outer\n",
        "                pass\n",
        ("state", "flow"),
    ),
    Mutant(
        "the last of two branches wins",
        "interpreter/flow/heap.py",
        "            after = _joined(cells)\n",
        "            after = cells[-1]\n",
        ("state", "flow"),
    ),
    Mutant(
        "a call is followed once for equal arguments, whatever the state",
        "interpreter/calls.py",
        "            if one.record.holds():\n",
        "            if one.record:\n",
        ("state", "ways"),
    ),
    Mutant(
        "what a call changed is not made again",
        "interpreter/calls.py",
        "                HEAP.repeat(one.record, one.changes)\n",
        "",
        ("state", "flow", "ways"),
    ),
    Mutant(
        "more than two frames of one function are recursion",
        "interpreter/calls.py",
        "        if len(within_this) > 1:\n",
        "        if within:\n            return UNKNOWN\n        if len(within_this) > 1:\n",
        ("ways",),
    ),
    Mutant(
        "the rest of *args is nothing",
        "interpreter/calls.py",
        "= Sequence(positional, call.rest if call.open else None)",
        "= Sequence(())",
        ("ways",),
    ),
    Mutant(
        "__post_init__ is not run",
        "interpreter/instances.py",
        '(("__post_init__", passed), ',
        "(",
        ("ways",),
    ),
    Mutant(
        "a setter is not called",
        "interpreter/functions.py",
        "machine.call_plainly(self.setter.bind(receiver), value)",
        "pass",
        ("ways", "state"),
    ),
    Mutant(
        "what a case captures is not bound",
        "interpreter/matching.py",
        "        self.machine.names.bind(name, value, name)\n",
        "        pass\n",
        ("text",),
    ),
    Mutant(
        "only the first case of a match is taken",
        "interpreter/matching.py",
        "return branches([*ways, lambda: True])",
        "return branches(ways[:1])",
        ("flow",),
    ),
    Mutant(
        "a decorator of the repository is not run",
        "interpreter/definitions.py",
        "            result = self.machine.call(wrapper, call)\n",
        "            result = value\n",
        ("ways", "state"),
    ),
    Mutant(
        "a list that is handed out of sight stays what it was",
        "libraries/leaving.py",
        "        written_into(call.arguments)\n",
        "        pass\n",
        ("state",),
    ),
    Mutant(
        "a module's own __getattr__ is not asked",
        "interpreter/names.py",
        "return self.machine.call_plainly(maker, plain(name))",
        "return value",
        ("idioms",),
    ),
    Mutant(
        "a decorator that is a method of a list takes nothing",
        "libraries/__init__.py",
        "                wrapper.call(Call(self.machine, wrapper.name, place, (value,)))\n",
        "                pass\n",
        ("idioms",),
    ),
    Mutant(
        "IF NOT EXISTS creates for certain",
        "libraries/execution.py",
        "is_new = step.certain and not _may_be_there(str(text), step)",
        "is_new = True",
        ("sqlalchemy",),
    ),
    Mutant(
        "a tree grown from ast's has no else of a while",
        "interpreter/grown/__init__.py",
        "return bare.While(self._expression(node.test), self._suite(node.body), self._else(node.orelse))",
        "return bare.While(self._expression(node.test), self._suite(node.body), None)",
    ),
    Mutant(
        "a tree grown from ast's has no finally",
        "interpreter/grown/__init__.py",
        "last = bare.Finally(self._suite(node.finalbody)) if node.finalbody else None",
        "last = None",
    ),
    Mutant(
        "a module that is loaded by an unknown name is believed",
        "libraries/loaded.py",
        "        opaque(call, what, call.name, beyond=value.origin != OF_HANDLE)\n",
        "        pass\n",
        ("ways",),
    ),
    Mutant(
        "a table that may have been renamed is the new one",
        "reading/ledger.py",
        "if old and new and certain:",
        "if old and new:",
        ("sqlalchemy",),
    ),
    Mutant(
        "a table that a block of T-SQL may create is new",
        "sql/texts.py",
        "certain=step.certain and not self._blocks.may_leave_out(statement, at)",
        "certain=step.certain",
        ("sqlalchemy",),
    ),
    Mutant(
        "what the top level of a module puts into its own objects is not there",
        "interpreter/repository.py",
        "for name in dict.fromkeys((*names, *changed, *filled)):",
        "for name in names:",
        ("ways",),
    ),
    Mutant(
        "names that a module makes of itself are not there",
        "interpreter/names.py",
        "self._define(module, module.binding_unnamed)",
        "pass",
        ("ways",),
    ),
    Mutant(
        "an iterator is never used up",
        "interpreter/collections.py",
        "        self.become((), self.rest, from_rows=self.from_rows)\n        return whole",
        "        return whole",
    ),
    Mutant(
        "an element that the repository compiles is DDL by its base",
        "libraries/execution.py",
        "return join(known) if known and len(known) == len(texts) else None",
        "return None",
        ("ways",),
    ),
    Mutant(
        "what inherits from a session is none",
        "libraries/ancestry.py",
        "return made if isinstance(made, Handle) else None",
        "return None",
        ("ways",),
    ),
)


def main(names: list[str]) -> int:
    """Try each mutant, and say which ones live."""
    chosen = [one for one in MUTANTS if not names or one.name in names]
    alive = [one.name for one in chosen if not _found(one)]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} seeded bugs were found")
    return 1 if alive else 0


def _found(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / GUARD.name
        shutil.copytree(GUARD, copy, ignore=shutil.ignore_patterns("__pycache__"))
        path = copy / mutant.file
        text = path.read_text("utf-8")
        assert text.count(mutant.old) == 1, f"{mutant.name}: stands {text.count(mutant.old)} times in {mutant.file}"
        path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        paths = os.pathsep.join([folder, str(Path(__file__).parents[1])])
        run = subprocess.run(
            [sys.executable, "-m", "witness.mutants", "--within", *mutant.families],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
    print(
        "found:" if run.returncode == 1 else "ALIVE:",
        mutant.name,
        "-",
        (run.stdout or run.stderr).strip()[-200:],
        flush=True,
    )
    return run.returncode == 1


def within(families: list[str]) -> int:
    """Be the process of one mutant: end with 1 at the first construct that is told otherwise than the list says."""
    warnings.simplefilter("ignore")
    expected = known()
    with Witness() as witness:
        for family in families:
            for program in each_alone(family):
                try:
                    found = lines([witness.ask(program)])
                except Exception as error:  # noqa: BLE001 - a bug that raises is found as well
                    print(f"{program.name}: {type(error).__name__}")
                    return 1
                if found - expected:
                    print(*found)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(within(sys.argv[2:]) if sys.argv[1:2] == ["--within"] else main(sys.argv[1:]))
