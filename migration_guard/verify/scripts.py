"""Which files deploy: those that the configuration names, else those whose names say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migration_guard.config import ConfigError, Settings
from migration_guard.discover.walk import NEVER_ENTERED
from migration_guard.files import nearest_name, shown_path

_FOLDERS = ("", "deploy", "deployment", "scripts", "bin", "docker", "ops", "infra", ".github/workflows", ".circleci")
"""Where deploy scripts are looked for."""
_SHELL = re.compile(
    r"(?:^|[_.-])(?:deploy|release|entrypoint|start)\w*.*\.(?:sh|bash)$|^(?:deploy|release)[\w.-]*$", re.IGNORECASE
)
_COMPOSE = re.compile(r"^(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml$", re.IGNORECASE)
_OTHERS = re.compile(
    r"^(?:Procfile|Jenkinsfile|fly\.toml|render\.yaml|app\.yaml|skaffold\.yaml|\.gitlab-ci\.yml|bitbucket-pipelines\.yml)$"
    r"|deploy[\w.-]*\.(?:ya?ml|py|rb|ts|js|tf)$",
    re.IGNORECASE,
)
"""What deploys, too, and is not judged."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file that deploys."""

    path: Path
    shown: str
    compose: bool


@dataclass(frozen=True, slots=True)
class Scripts:
    """What was found."""

    judged: tuple[Script, ...]
    others: tuple[Script, ...]
    """What deploys, too, in a language that is not read."""


def find(settings: Settings, cwd: Path) -> Scripts:
    """Give the scripts that the configuration names, or look for them. Raises ConfigError for one that is not there."""
    named = settings.verify.deploy_scripts
    files = list(_named(settings)) if named else list(_looked_for(settings.root))
    judged: list[Script] = []
    others: list[Script] = []
    for path in dict.fromkeys(files):
        compose = bool(_COMPOSE.match(path.name)) or (bool(named) and path.suffix in {".yml", ".yaml"})
        shell = bool(_SHELL.search(path.name)) or path.suffix in {".sh", ".bash"} or (bool(named) and not path.suffix)
        script = Script(path, shown_path(path, cwd), compose)
        (judged if compose or shell else others).append(script)
    return Scripts(tuple(judged), tuple(others))


def _named(settings: Settings) -> Iterator[Path]:
    for entry in settings.verify.deploy_scripts:
        found = sorted(settings.root.glob(entry)) if not Path(entry).is_absolute() else [Path(entry)]
        found = [path for path in found if path.is_file()]
        if not found:
            message = f"`verify.deploy-scripts`: there is no {entry!r}{nearest_name(settings.root / entry)}"
            raise ConfigError(settings.source or settings.root, None, message)
        yield from found


def _looked_for(root: Path) -> Iterator[Path]:
    for name in _FOLDERS:
        folder = root / name
        if folder.is_dir() and folder.name not in NEVER_ENTERED:
            for path in sorted(folder.iterdir()):
                if path.is_file() and any(one.search(path.name) for one in (_SHELL, _COMPOSE, _OTHERS)):
                    yield path
