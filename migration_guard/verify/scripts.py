"""Which files deploy: those that the configuration names, else those that lie where such files lie and are one by content."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from migration_guard.config import ConfigError, Settings
from migration_guard.discover.walk import NEVER_ENTERED
from migration_guard.files import Unreadable as NotRead
from migration_guard.files import nearest_name, read_source, shown_path
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import Kind, Unreadable, kind_of
from migration_guard.verify.descriptions.steps import runs

_DEEP = 40
"""Folders inside folders that are entered."""
_LEFT_OUT = NEVER_ENTERED | frozenset(
    "tests test spec specs docs doc examples example fixtures benchmarks vendor third_party site dist htmlcov target locale static "
    "media .hypothesis .eggs .idea .vscode .devcontainer .terraform".split()
)
"""Folders of what is built, tested, shown and installed: nothing in them deploys the project."""
_HOOKS = re.compile(r"(?:^|/)(?:\.kamal|\.platform|\.dokku|\.ebextensions|\.elasticbeanstalk|cron\.d|cron\.\w+ly)/")
"""Folders all of whose files a platform runs."""
_SHELL = re.compile(
    r"(?:^|[_.-])(?:deploy|release|entrypoint|start|boot)\w*.*\.(?:sh|bash)$|^(?:deploy|release|entrypoint|start)$",
    re.IGNORECASE,
)
"""Shell scripts that deploy, among all those that do not."""
_OTHERS = re.compile(
    r"^(?:Jenkinsfile|skaffold\.yaml|bitbucket-pipelines\.yml|azure-pipelines\.yml|cloudbuild\.yaml|buildspec\.yml|Tiltfile|"
    r"railway\.(?:toml|json)|app\.yaml|nixpacks\.toml|captain-definition)$"
    r"|(?:^|[_.-])(?:deploy|release)[\w.-]*\.(?:py|rb|ts|js|tf|ya?ml|toml|pl|ps1|fish)$|^(?:deploy|release)$|\.circleci/config\.yml$",
    re.IGNORECASE,
)
"""What deploys, too, and is not read, by what it is called."""
_COMPOSE = re.compile(
    r"^(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml$|^\.gitlab-ci\.yml$|^render\.yaml$|^fly\.toml$", re.IGNORECASE
)
"""What is called like a description that would be read."""
_PROSE = re.compile(r"\.(?:md|rst|txt|adoc|html?)$", re.IGNORECASE)
"""Texts for people: what they say is not what runs."""
_LANGUAGES = re.compile(
    r"\.(?:ya?ml|toml|json|hcl|nomad|tf|star|bzl|cue|jsonnet|nix|ps1|bat|cmd|fish|zsh|rb|rake|ts|js|mjs|groovy|kts|gradle|pl|lua|"
    r"exs?|conf|config|ini|cfg|cron|crontab|j2|tpl|tmpl|erb|properties|template)$|"
    r"^(?:fabfile|tasks|deployer|dodo)\.py$|^(?:Capfile|Earthfile|Vagrantfile|Rakefile|Jenkinsfile[\w.-]*|crontab|dagger\.\w+)$"
)
"""Languages in which somebody may deploy: what runs migrations there, and is none that is read, is named."""
_DESCRIBES = re.compile(
    r"\.(?:sh|bash|service|timer|socket|dockerfile|containerfile|mk|just)$|^\.?(?:gnu)?(?:make|just|docker|container|proc)file(?:[._-]|$)",
    re.IGNORECASE,
)
"""What else is read, by what it is called."""
_NAMELESS = re.compile(r"^\.?[^.]+$")
"""Files without an ending, which may be scripts and may be anything."""
_TOOLS = re.compile(
    r"^(?:pyproject\.toml|package\.json|tox\.ini|\.pre-commit-config\.yaml|mkdocs\.ya?ml|\.migration-guard[\w.-]*|"
    r"migration-guard\.toml|lefthook\.ya?ml|renovate\.json\w*|\.readthedocs\.ya?ml)$"
)
"""What tools of developers are configured by."""
_RUNS_DATA = re.compile(rb"migrat|alembic|back_?-?fill", re.IGNORECASE)
_COMMENT = re.compile(r"^[^\S\n]*(?:#|//|;|--).*$", re.MULTILINE)
_SCRIPT = re.compile(r"(?<![\w./-])[\w./-]*(?:/[\w.-]+|\.(?:sh|bash|py))")
"""What may name a script."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file that deploys."""

    path: Path
    shown: str
    kind: Kind | None
    """None for one that is not read."""
    line: int | None = None
    why: str = ""
    """Why it is not read."""
    touches: bool = False
    """Whether it speaks of migrations or backfills."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """What was found."""

    judged: tuple[Script, ...]
    others: tuple[Script, ...]
    """What deploys, too, in a language that is not read."""
    named: bool = False
    """Whether the configuration names them."""


def find(settings: Settings, cwd: Path) -> Scripts:
    """Give the scripts that the configuration names, or look for them. Raises ConfigError for one that is not there."""
    named = bool(settings.verify.deploy_scripts)
    files = _named(settings) if named else files_of(settings.root)
    found = [_script(path, cwd, settings.root, named=named) for path in dict.fromkeys(files)]
    every = [one for one in found if one is not None]
    judged = tuple(one for one in every if one.kind is not None)
    return Scripts(judged, tuple(one for one in every if one.kind is None), named)


def _script(path: Path, cwd: Path, root: Path, *, named: bool) -> Script | None:
    """What a file is; None for what has nothing to do with a deployment."""
    shown = shown_path(path, cwd)
    known = named or any(one.search(path.name) for one in (_OTHERS, _COMPOSE, _SHELL, _DESCRIBES))
    known = known or _HOOKS.search(_inside(path, root)) is not None
    may = known or path.is_dir() or _LANGUAGES.search(path.name) or _NAMELESS.match(path.name)
    if not may or (_PROSE.search(path.name) and not named):
        return None
    if path.is_dir() and os.access(path, os.R_OK):
        return Script(path, shown, None, None, f"folders are looked into {_DEEP} deep, and no deeper", touches=True)
    try:
        source = read_source(path)
        touches = bool(_RUNS_DATA.search(source))
        inside = _inside(path, root)
        called_so = named or bool(_OTHERS.search(inside) or _HOOKS.search(inside))
        if not (touches or called_so or _COMPOSE.search(path.name) or _LANGUAGES.search(path.name) is None):
            touches = _calls(source, path, root)
            if not touches and path.suffix not in {".yml", ".yaml"}:
                return None
        kind = kind_of(path.name, source)
    except NotRead as error:
        if not known:  # data, in the language of some description
            return None
        return Script(path, shown, None, None, f"cannot be read: {error}", touches=True)
    except Unreadable as error:
        told = called_so or touches or _COMPOSE.search(path.name)
        return Script(path, shown, None, error.line, str(error), touches=True) if told else None
    if kind is Kind.SHELL and not called_so and not _SHELL.search(path.name):
        return None
    says_so = (
        _LANGUAGES.search(path.name)
        and not _TOOLS.search(path.name)
        and (runs(_COMMENT.sub("", source.decode("utf-8", "replace"))) or _calls(source, path, root))
    )
    if kind is None and not called_so and not _COMPOSE.search(path.name) and not says_so:
        return None
    why = "" if kind is not None else "its language is not read"
    return Script(path, shown, kind, None, why, touches=touches or named or bool(says_so))


def _inside(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _calls(source: bytes, path: Path, root: Path) -> bool:
    """Whether a file names a script of the project that runs migrations or backfills."""
    names = {found.strip("/") for found in _SCRIPT.findall(source.decode("utf-8", "replace")) if len(found) < 200}
    places = {place for name in names for place in (root / name, path.parent / name)}
    try:
        return any(place.is_file() and runs(read_source(place).decode("utf-8", "replace")) for place in places)
    except (NotRead, OSError, ValueError):
        return True


def _named(settings: Settings) -> Iterator[Path]:
    for entry in settings.verify.deploy_scripts:
        message = f"`verify.deploy-scripts`: there is no {entry!r}{nearest_name(settings.root / entry, settings.root)}"
        try:
            found = sorted(settings.root.glob(entry)) if not Path(entry).is_absolute() else [Path(entry)]
        except (IndexError, ValueError) as error:  # `.` and `**` within a name
            found, message = [], f"`verify.deploy-scripts`: {entry!r} is no glob of files: {error}"
        found = [path for path in found if path.is_file()]
        if not found:
            raise ConfigError(settings.source or settings.root, None, message)
        yield from found


def files_of(root: Path) -> Iterator[Path]:
    """Every file of a project in which a deployment may be described, in order."""
    yield from _files(root, _DEEP)


def _files(folder: Path, deep: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda one: one.name)
    except OSError:
        yield folder  # cannot be read, and is told as such
        return
    for one in entries:
        if one.is_file():
            yield folder / one.name
        elif one.is_dir(follow_symlinks=False) and one.name not in _LEFT_OUT and not one.name.endswith("cache"):
            if deep:
                yield from _files(folder / one.name, deep - 1)
            else:
                yield folder / one.name  # told as not looked into
