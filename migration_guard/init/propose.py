"""What is proposed for a repository: a configuration, a hook, a job in CI. Only texts; the command line writes them."""

from __future__ import annotations

import json
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from migration_guard.baseline import DEFAULT_NAME
from migration_guard.config.load import OWN_FILE, SECTION, SHARED_FILE
from migration_guard.init.source import Source, source
from migration_guard.init.survey import ATTRIBUTES, GITLAB, HOOKS, WORKFLOWS, Survey
from migration_guard.later import re
from migration_guard.lean import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORKFLOW = f"{WORKFLOWS}/workflows/migration-guard.yml"

_HOOK = r"""- repo: local
  hooks:
    - id: migration-guard
      name: migration-guard
      entry: migration-guard check --force-exclude
      {language}
      files: '(?i)\.(py|sql(\.\w+)?|(up|down|rollback)\.\w+)$|(^|/)patches\.txt$'
      require_serial: true
"""
_GITHUB_JOB = """\
name: migration-guard
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  migration-guard:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with:
          python-version: "3.12"
      - run: {install}
      # Baseline, configuration and remarks count as they were where the branch left main, so that none judges itself.
      # The pull request that brings them fails here for the last time.
      - run: >-
          migration-guard check --output-format github --baseline-from origin/main --config-from origin/main
          --no-inline-ignores-since origin/main --strict-discovery
"""
_GITLAB_JOB = """\
migration-guard:
  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables:
    GIT_DEPTH: "0"
  script:
    - {install}
    - target="${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-$CI_DEFAULT_BRANCH}"
    - git fetch --quiet origin "+refs/heads/$target:refs/remotes/origin/$target"
    # Baseline, configuration and remarks count as they were where the branch left its target.
    - >-
      migration-guard check --output gitlab=migration-guard.json --strict-discovery
      --baseline-from "origin/$target" --config-from "origin/$target" --no-inline-ignores-since "origin/$target"
  artifacts:
    when: always
    reports:
      codequality: migration-guard.json
"""
_TOP_LEVEL_KEY = re.compile(r"^[A-Za-z_][\w-]*:.*$", re.MULTILINE)
_LISTED = re.compile(r"^( *)- repo:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Create:
    """A file to make."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Append:
    """Lines to add at the end of a file that is there."""

    path: Path
    before: str
    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Lines for somebody to add by hand, since a program could do harm."""

    path: Path
    text: str


Proposal = Create | Append | Tell


def proposals(survey: Survey) -> tuple[Proposal, ...]:
    """Propose what is missing; nothing where everything is set up."""
    origin = source(survey.root)
    return (*_configuration(survey), *_hook(survey, origin), *_job(survey, origin), *_attributes(survey))


def _configuration(survey: Survey) -> Iterator[Proposal]:
    if survey.governed:
        return
    if survey.shared is None:
        yield Create(survey.root / OWN_FILE, _options(survey))
        return
    section = f"[tool.{SECTION}]\n{_options(survey)}"
    proposal = _appended(survey.root / SHARED_FILE, survey.shared, section)
    yield proposal if _holds(proposal) else Tell(survey.root / SHARED_FILE, section)


def _options(survey: Survey) -> str:
    lines = []
    if survey.scripts:
        # Paths replace the search through the repository, so that its other migrations have to be named too.
        paths = [*(["."] if survey.migrations else []), *(script.path for script in survey.scripts)]
        lines.append(f"paths = {json.dumps(paths, ensure_ascii=False)}")
    markers = {script.marker for script in survey.scripts if script.marker}
    if len(markers) == 1:
        lines.append(f"migration-marker = '{markers.pop()}'")
    if survey.dialect not in (None, "postgres"):
        lines.append(f'dialect = "{survey.dialect}"')
    lines += [
        "# Tables on which a data change in a migration is dangerous. Name them, or let the database name them:",
        "# migration-guard hot-tables --database-url-env DATABASE_URL --write",
        "hot-tables = []",
        "",
    ]
    return "\n".join(lines)


def _hook(survey: Survey, origin: Source) -> Iterator[Proposal]:
    path, hook = survey.root / HOOKS, _HOOK.replace("{language}", _language(origin))
    if survey.hooks is None:
        yield Create(path, f"repos:\n{textwrap.indent(hook, '  ')}")
    elif "migration-guard" not in survey.hooks:
        yield _listed(path, survey.hooks, hook)


def _language(origin: Source) -> str:
    """An environment of the hook's own where that can be filled, else the guard that the developer has."""
    if not origin.anywhere or origin.beside:
        return "language: system"
    return f"language: python\n      additional_dependencies: {json.dumps([origin.requirement])}"


def _install(origin: Source) -> str:
    unsure = (
        "" if origin.anywhere else "  # this copy came from a file: name an index, a URL or a wheel that CI can reach"
    )
    return f"pip install {shlex.quote(origin.requirement)}{unsure}"


def _listed(path: Path, text: str, hook: str) -> Proposal:
    """Add to the list of hooks where it surely ends the file: plain block style, `repos` the last key."""
    keys = _TOP_LEVEL_KEY.findall(text)
    items = _LISTED.findall(text)
    plain = (
        keys and keys[-1].strip() == "repos:" and len(set(items)) == 1 and "\n..." not in text and "\n---" not in text
    )
    return _appended(path, text, textwrap.indent(hook, items[0]), gap="") if plain else Tell(path, hook)


def _job(survey: Survey, origin: Source) -> Iterator[Proposal]:
    if survey.mentioned:
        return
    if survey.gitlab is not None:
        yield Tell(survey.root / GITLAB, _GITLAB_JOB.replace("{install}", _install(origin)))
    elif survey.workflows:
        yield Create(survey.root / WORKFLOW, _GITHUB_JOB.replace("{install}", _install(origin)))


def _attributes(survey: Survey) -> Iterator[Proposal]:
    """Two branches that add entries to the baseline are merged line by line."""
    if survey.git and (survey.attributes is None or DEFAULT_NAME not in survey.attributes):
        path = survey.root / ATTRIBUTES
        line = f"{DEFAULT_NAME} merge=union\n"
        yield Create(path, line) if survey.attributes is None else _appended(path, survey.attributes, line, gap="")


def _appended(path: Path, before: str, text: str, gap: str = "\n") -> Append:
    """Begin on a line of its own, after an empty one, with the line ends of the file."""
    lead = "" if before.endswith("\n") or not before else "\n"
    added = lead + (gap if before.strip() and not before.replace("\r", "").endswith("\n\n") else "") + text
    return Append(path, before, added.replace("\n", "\r\n") if "\r\n" in before else added)


def _holds(proposal: Append) -> bool:
    """Whether the file is still what it was, and our table in it."""
    try:
        was = tomllib.loads(proposal.before.lstrip("\ufeff"))
        is_now = tomllib.loads((proposal.before + proposal.text).lstrip("\ufeff"))
        del is_now["tool"][SECTION]
    except (ValueError, RecursionError, KeyError, TypeError):
        return False
    return {"tool": {}, **was} == is_now
