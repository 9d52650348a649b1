"""What a command's programs make of the exit code of what they run: those that give it on are known, of others nothing is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.verify.descriptions import shell


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A program that runs another one, and ends with its exit code."""

    valued: str = ""
    """The letters of its options that take a value."""
    operands: int = 0
    """How many words of its own stand before the command."""


_PLAIN = _Wrapper()
_WRAPPERS: Mapping[str, _Wrapper] = {
    **dict.fromkeys(
        "command exec nohup time builtin setsid unbuffer stdbuf tini dumb-init catatonit with-contenv ddtrace-run "
        "opentelemetry-instrument chronic".split(),
        _PLAIN,
    ),
    **dict.fromkeys("gosu su-exec s6-setuidgid setuidgid taskset chrt envdir chroot".split(), _Wrapper(operands=1)),
    "coproc": _PLAIN,
    "env": _Wrapper("uCS"),
    "nice": _Wrapper("n"),
    "ionice": _Wrapper("cnp"),
    "timeout": _Wrapper("ks", operands=1),
    "flock": _Wrapper("wE", operands=1),
    "sudo": _Wrapper("ugpCDRThUr"),
    "doas": _Wrapper("uC"),
    "runuser": _Wrapper("ugG"),
    "xargs": _Wrapper("nPILsdEa"),
    "chpst": _Wrapper("ueUbmdofcr"),
}
_PROGRAMS = re.compile(
    r"^(?:python[\d.]*|pypy[\d.]*|alembic|flask|django-admin|manage(?:\.py)?|uvx?|poetry|pipenv|pdm|hatch|rye|conda|mamba|micromamba|"
    r"pipx|np[mx]|yarn|pnpm|bunx?|node|deno|ruby|bundle|rails|rake|php|artisan|java|mvnw?|gradlew?|go|cargo|flyway|liquibase|"
    r"sqitch|yoyo|psql|knex|prisma|sequelize|typeorm|drizzle-kit|node-pg-migrate|dbmate|airflow|superset|celery|g?make|just|heroku|docker(?:-compose)?|podman(?:-compose)?|kubectl|oc|ssh|"
    r"fly|flyctl|doppler|op|chamber|aws-vault|dotenv|direnv|infisical|newrelic-admin|honcho|foreman|coverage|systemd-run|tmux|screen|"
    r"migration[-_]guard|\.|source|(?:ba|da|z|k|a)?sh|[\w.-]+\.(?:py|sh|bash))$"
)
"""Programs that end with the exit code of what their words name."""
_CALLED = re.compile(r"^\$\{?(?:\w*_)?(?:PY|PYTHON\d*|ALEMBIC|MANAGE|DJANGO|FLASK|POETRY|UV|SUDO)\}?$")
"""Variables that nobody sets in sight, and whose names say that a program stands in them."""
_GIVEN_A_TEXT = frozenset(
    {"ssh", "eval", "su", "sudo", "runuser", "fly", "flyctl", "kamal", "parallel", "watch", "script", "heroku"}
)
"""Programs that run what stands in one of their words."""
_KNOWN_WAITS = ({"aws", "run-task"}, {"gcloud", "execute"}, {"gcloud", "--wait"})


def name_of(words: Sequence[str]) -> str:
    return words[0].rpartition("/")[2] if words else ""


def runs_texts(words: Sequence[str]) -> bool:
    return name_of(words) in _GIVEN_A_TEXT


def unwrapped(words: Sequence[str]) -> tuple[str, ...]:
    """What a command runs behind the programs that give the exit code on: `sudo -u app nice alembic …` is `alembic …`."""
    rest = tuple(words)
    while rest and (wrapper := _WRAPPERS.get(name_of(rest))) is not None:
        behind = _behind(rest, wrapper)
        if not behind:
            return rest
        rest = behind
    return rest


def _behind(words: Sequence[str], wrapper: _Wrapper) -> tuple[str, ...]:
    index, operands = 1, wrapper.operands
    while index < len(words):
        word = words[index]
        if word == "--":
            index += 1
            break
        if word.startswith("-") and word != "-":
            index += 2 if re.fullmatch(rf"-\w*[{wrapper.valued}]", word) and wrapper.valued else 1
        elif re.match(r"^\w+=", word) or word == "{":
            index += 1
        elif operands:
            index, operands = index + 1, operands - 1
        else:
            break
    return tuple(words[index:])


def doubt(words: Sequence[str], is_step: Callable[[str], bool]) -> str | None:
    """Why the exit code of a command is not known to be that of what it runs; None for one that gives it on.

    `is_step` says whether a program's own name says that it migrates, backfills or builds an index.
    """
    name = name_of(words)
    own = [word for word in words[1:] if word.startswith("-")]
    if name == "sudo" and any(re.fullmatch(r"-[a-zA-Z]*b[a-zA-Z]*|--background", one) for one in words[1:2]):
        return "sudo -b starts it and looks at its end no more"
    if name == "flock" and any(re.match(r"-\w*E|--conflict-exit-code", one) for one in own):
        return "flock may leave it out with an exit code of its own"
    if name == "script" or (name == "psql" and not any("ON_ERROR_STOP" in word for word in words)):
        return f"{name} goes on behind errors"
    inner = unwrapped(words)
    if inner != tuple(words):
        return doubt(inner, is_step)
    if "$" in name:
        return None if _CALLED.match(name) else f"what {name} stands for is not told"
    known = _PROGRAMS.match(name) or any(one <= {name, *words} for one in _KNOWN_WAITS)
    return (
        None if known or is_step(name) or name in shell.SHELLS else f"what {name} makes of its exit code is not known"
    )
