"""Descriptions of deployments: each language has a module of its own, and none is read by the grammar of another.

What a file is says its content; its name decides only where content cannot.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from migration_guard.verify.descriptions import (
    actions,
    ansible,
    compose,
    dockerfile,
    gitlab,
    kubernetes,
    make,
    platforms,
    shell,
    systemd,
    yamls,
)
from migration_guard.verify.descriptions.state import Look
from migration_guard.verify.descriptions.steps import Command, Fate, Place, Unreadable

_YAML = (".yml", ".yaml")


class Kind(Enum):
    """The languages that are read."""

    SHELL = "shell script"
    COMPOSE = "compose file"
    ACTIONS = "workflow of GitHub Actions"
    GITLAB = "pipeline of GitLab"
    KUBERNETES = "Kubernetes manifest"
    DOCKERFILE = "Dockerfile"
    PROCFILE = "Procfile"
    MAKE = "Makefile or justfile"
    ANSIBLE = "Ansible playbook"
    SYSTEMD = "systemd unit"
    FLY = "fly.toml"
    RENDER = "render.yaml"
    APP_JSON = "app.json"


def kind_of(name: str, source: bytes) -> Kind | None:
    """What a file is; None for what is not read. Raises Unreadable for YAML that is none."""
    if name.endswith(_YAML):
        return _kind_of_yaml(name, yamls.documents(source))
    if name.endswith(".toml"):
        return Kind.FLY if platforms.is_fly(name, source) else None
    if name.endswith(".json"):
        return Kind.APP_JSON if platforms.is_app_json(name) else None
    if make.recognises(name):
        return Kind.MAKE
    if platforms.is_procfile(name):
        return Kind.PROCFILE
    if dockerfile.recognises(name, source):
        return Kind.DOCKERFILE
    if systemd.recognises(source):
        return Kind.SYSTEMD
    return Kind.SHELL if shell.recognises(name, source) else None


def _kind_of_yaml(name: str, roots: list[yamls.Node]) -> Kind | None:
    root = roots[0] if roots else None
    if root is None:
        return None
    if any(map(kubernetes.recognises, roots)):
        return Kind.KUBERNETES
    if actions.recognises(root):
        return Kind.ACTIONS
    if ansible.recognises(root):
        return Kind.ANSIBLE
    if platforms.is_render(root):
        return Kind.RENDER
    if gitlab.recognises(name, root):
        return Kind.GITLAB
    return Kind.COMPOSE if compose.recognises(root) else None


def commands(kind: Kind, name: str, source: bytes, *, named: bool, look: Look) -> Iterable[Command]:
    """What a description runs, in order. Raises Unreadable. Compose files give services instead, by `compose.read`."""
    match kind:
        case Kind.SHELL:
            return shell.commands(source, look=look)
        case Kind.DOCKERFILE:
            return dockerfile.read(source)
        case Kind.PROCFILE:
            return platforms.procfile(source)
        case Kind.MAKE:
            return make.read(source, named=named)
        case Kind.SYSTEMD:
            return systemd.read(source)
        case Kind.FLY:
            return platforms.fly(source)
        case Kind.APP_JSON:
            return platforms.app_json(source)
        case Kind.COMPOSE:
            return ()
    return _of_yaml(kind, name, yamls.documents(source))


def _of_yaml(kind: Kind, name: str, roots: list[yamls.Node]) -> Iterable[Command]:
    match kind:
        case Kind.KUBERNETES:
            return kubernetes.read(roots)
        case Kind.ACTIONS:
            return actions.read(roots[0], name)
        case Kind.GITLAB:
            return gitlab.read(roots[0])
        case Kind.ANSIBLE:
            return ansible.read(roots[0])
        case _:
            return platforms.render(roots[0])


__all__ = ["Command", "Fate", "Kind", "Look", "Place", "Unreadable", "commands", "kind_of"]
