"""Finds definitions in modules, files and folders. These are the project's own code, and importing them runs it."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from migration_guard.backfill import legacy
from migration_guard.backfill.definition import Backfill, DefinitionError, nearest
from migration_guard.backfill.legacy import LegacyBackfill

Definition = Backfill | LegacyBackfill

_UNEXPECTED = re.compile(r"Backfill\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def load_definitions(modules: Sequence[str], root: Path | None = None) -> tuple[Definition, ...]:
    """Import each module, file or folder, relative to a root, and give what they define, in order, under unique keys."""
    root = (root or Path.cwd()).resolve()
    found: dict[str, Definition] = {}
    places: dict[str, str] = {}
    with _importable(root):
        for name in modules:
            for place, definition in _defined_by(name, root):
                known = found.get(definition.key)
                if known is not None and known is not definition:
                    there = places[definition.key]
                    raise DefinitionError(f"backfill {definition.key}: key: defined twice, in {there} and in {place}")
                found[definition.key] = definition
                places.setdefault(definition.key, place)
    return tuple(found.values())


def bound(definitions: Sequence[Definition], values: Mapping[str, str]) -> tuple[Definition, ...]:
    """Give definitions the values of arguments, each those that it declares; what waits for another waits for it with its own."""
    found = {
        one.key: one.bind({name: value for name, value in values.items() if name in names})
        if isinstance(one, Backfill) and (names := {argument.name for argument in one.arguments})
        else one
        for one in definitions
    }
    keys = {declared: one.key for declared, one in found.items()}
    return tuple(
        one.behind(tuple(keys.get(key, key) for key in one.after)) if isinstance(one, Backfill) else one
        for one in found.values()
    )


def check_arguments(definitions: Sequence[Definition], values: Mapping[str, str]) -> None:
    """Refuse an argument that none of the definitions declares."""
    declared = {argument.name for one in definitions if isinstance(one, Backfill) for argument in one.arguments}
    for name in values:
        if name not in declared:
            known = f"; the arguments are {', '.join(sorted(declared))}" if declared else "; none is declared"
            raise DefinitionError(
                f"--arg {name}: no backfill that is asked for has such an argument{nearest(name, declared) or known}"
            )


def named(key: str, definitions: Iterable[Definition]) -> Definition:
    """Give the definition with a key, or say which one was probably meant. Values that a run gives it do not count."""
    by_key = {definition.name: definition for definition in definitions}
    by_key |= {definition.key: definition for definition in by_key.values()}
    if key not in by_key:
        known = f"; the keys are {', '.join(by_key)}" if by_key else "; none is defined"
        raise DefinitionError(f'no backfill has the key "{key}"{nearest(key, by_key) or known}')
    return by_key[key]


def _defined_by(name: str, root: Path) -> Iterator[tuple[str, Definition]]:
    path = root / name
    if path.is_dir():
        files = sorted(file for file in path.rglob("*.py") if not file.name.startswith("test_"))
        if not files:
            raise DefinitionError(f"{name}: the folder holds no Python file")
        for file in files:
            shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
            yield from _in_module(shown, _imported(shown, file))
    elif path.is_file():
        yield from _in_module(name, _imported(name, path))
    elif name.endswith(".py") or "/" in name:
        raise DefinitionError(f"{name}: there is no such file or folder in {root.name or root}{_near(path)}")
    else:
        yield from _in_module(name, _imported(name, None))


def _in_module(place: str, module: ModuleType) -> Iterator[tuple[str, Definition]]:
    seen: set[int] = set()
    for name, value in list(vars(module).items()):
        if name == legacy.NAME:
            for entry in value:
                yield place, _told(place, entry)
            continue
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, (Backfill, LegacyBackfill)) and id(one) not in seen:
                seen.add(id(one))
                yield place, one


def _told(place: str, entry: object) -> LegacyBackfill:
    try:
        return legacy.read(entry)
    except DefinitionError as error:
        raise DefinitionError(f"{place}: {error}") from None


def _imported(name: str, path: Path | None) -> ModuleType:
    """Import a module; whatever it does instead is told in one line, with its own place."""
    try:
        return importlib.import_module(name) if path is None else _from_file(path)
    except DefinitionError as error:
        raise DefinitionError(f"{name}: {error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- somebody else's module may do anything
        if unexpected := _UNEXPECTED.search(str(error)):
            fields = [field for field in Backfill.__dataclass_fields__ if not field.startswith("_")]
            hint = nearest(unexpected[1], fields) or f"; the fields are {', '.join(fields)}"
            raise DefinitionError(f"{name}: Backfill has no field {unexpected[1]}{hint}") from None
        reason = error.msg if isinstance(error, SyntaxError) else next(iter(str(error).splitlines()), "")
        raise DefinitionError(f"{name}: cannot be imported: {type(error).__name__}: {reason}{_line(error)}") from None


def _from_file(path: Path) -> ModuleType:
    """Import a file under its dotted name where it belongs to a package, else under a name of our own."""
    package = path.parent
    while (package / "__init__.py").exists():
        package = package.parent
    if package != path.parent:
        dotted = ".".join(path.relative_to(package).with_suffix("").parts)
        with _importable(package):
            return importlib.import_module(dotted.removesuffix(".__init__"))
    name = f"_backfills_{abs(hash(path))}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DefinitionError("is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _importable(path.parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a folder's modules be imported by name, after those of the environment."""
    entry = str(folder)
    added = entry not in sys.path
    if added:
        sys.path.append(entry)
    try:
        yield
    finally:
        if added and entry in sys.path:
            sys.path.remove(entry)


def _line(error: BaseException) -> str:
    """Say where in the project's code an import failed."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f" (line {error.lineno})"
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith("<frozen") and "migration_guard" not in Path(file).parts:
            place = f" ({Path(file).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _near(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    return nearest(path.name, names)
