"""Commands that start something and do not look how it ends: what runs in them fails for itself."""

from __future__ import annotations

from collections.abc import Sequence

from migration_guard.later import re
from migration_guard.verify.descriptions import Fate

_ALONE = re.compile(
    r"^(?:-[a-zA-Z]*[itd][a-zA-Z]*|-[qTPa]|--(?:rm|init|privileged|detach|interactive|tty|read-only|no-deps|quiet\S*|build|attach|"
    r"force-recreate|remove-orphans|wait|no-\S+|service-ports|exit-code|scope|pipe|pty|collect|user|same-dir|command)|--\S+=.*)$"
)
"""Options that take no value of their own, of the commands below."""
_DETACHED = re.compile(r"^(?:-[a-zA-Z]*d[a-zA-Z]*|--detach(?:=true)?)$")
_ATTACHED = re.compile(r"^(?:-[a-zA-Z]*[ai][a-zA-Z]*|--attach(?:=true)?|--stdin)$")
_OF_ONE = re.compile(r"^--(?:exit-code-from|abort-on-container)")
_AWAITED = re.compile(r"^(?:-[a-zA-Z]*[Pt][a-zA-Z]*|--wait|--pipe|--pty|--scope)$")
_CODE = re.compile(r"^(?:-x|--exit-code)$")


def detached(words: Sequence[str]) -> Fate | None:
    """What a failure leads to in what a command starts without waiting for it; None for one that gives the exit code."""
    named = ((word.rpartition("/")[2], words[index + 1 :]) for index, word in enumerate(words))
    why = next((why for name, behind in named if (why := _why(name, behind)) is not None), None)
    return Fate(stops=False, why=why, started=True) if why is not None else None


def waits(words: Sequence[str]) -> bool:
    """Whether a command asks how something ended that another one started."""
    names = [word.rpartition("/")[2] for word in words[:4]]
    return bool({"wait", "inspect"} & {*names}) or names[1:3] == ["rollout", "status"] or "is-failed" in names


def _why(name: str, behind: Sequence[str]) -> str | None:
    verb = next((word for word in behind if not word.startswith("-")), "")
    options = _options(behind[behind.index(verb) + 1 :] if verb else behind)
    match name:
        case "docker" | "podman" | "docker-compose" | "podman-compose":
            return _of_container(behind)
        case "kubectl" | "oc":
            own = behind[: behind.index("--")] if "--" in behind else behind
            if verb in {"create", "apply"} or (verb == "run" and not any(map(_ATTACHED.match, own))):
                return f"{name} {verb} starts it and looks at its end no more"
        case "heroku" if verb.startswith("run") and (verb != "run" or not any(map(_CODE.match, options))):
            return "heroku run gives its exit code with --exit-code alone"
        case "systemd-run" if not any(map(_AWAITED.match, _options(behind))):
            return "systemd-run starts it and looks at its end no more"
        case "tmux" | "screen" if any(map(_DETACHED.match, behind)) or any(
            re.match(r"-\w*d\w*m|-d$", one) for one in behind
        ):
            return f"{name} starts it and looks at its end no more"
        case "celery" if "call" in behind:
            return "celery call leaves it to a worker"
        case "aws" if "run-task" in behind:
            return "aws ecs run-task starts it and looks at its end no more"
        case "gcloud" if {"jobs", "execute"} <= {*behind} and "--wait" not in behind:
            return "gcloud run jobs execute looks at its end with --wait alone"
    return None


def _of_container(behind: Sequence[str]) -> str | None:
    verb = next((word for word in behind if word in {"run", "up", "exec", "start", "create"}), None)
    if verb is None:
        return None
    rest = behind[list(behind).index(verb) + 1 :]
    options = [word for word in rest if word.startswith("-")] if verb == "up" else _options(rest)
    if verb == "create" or any(map(_DETACHED.match, options)):
        return f"{verb} {'-d ' if verb != 'create' else ''}starts it and looks at its end no more"
    if verb == "up" and not any(map(_OF_ONE.match, options)):
        return "up gives no exit code of what it starts"
    if verb == "start" and not any(map(_ATTACHED.match, options)):
        return "start looks at its end no more"
    return None


def _options(words: Sequence[str]) -> list[str]:
    """The options before the first word that is neither one nor the value of one."""
    found: list[str] = []
    for index, word in enumerate(words):
        if word.startswith("-") and word != "--":
            found.append(word)
        elif not index or not words[index - 1].startswith("-") or _ALONE.match(words[index - 1]):
            break
    return found
