"""`migration-guard rule`: the rules' pages."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from migration_guard.cli.options import completing, rule_names
from migration_guard.cli.output import emit
from migration_guard.report.console import recorded
from migration_guard.report.screen import Screen
from migration_guard.rules import Rule, UnknownRuleError, all_rules, read_page


@click.command("rule")
@click.argument("name", required=False, shell_complete=completing(rule_names))
@click.option("--all", "every", is_flag=True, help="Print every page.")
def command(*, name: str | None, every: bool) -> int:
    """Explain a rule, named by code or name; a part of either lists the rules that it may mean, as no name lists all."""
    rules = all_rules()
    meant = rules if every or name is None else _meant(name, rules)
    emit(_pages(meant) if every or len(meant) == 1 else _list(meant))
    return 0


def _meant(name: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Find rules as a person looks for them: any case, part of a code, a word of a name."""
    asked = name.lower()
    exact = tuple(rule for rule in rules if asked in {rule.code.lower(), rule.name})
    found = exact or tuple(rule for rule in rules if rule.code.lower().startswith(asked) or asked in rule.name)
    if not found:
        raise click.UsageError(str(UnknownRuleError(name, rules)))
    return found


def _list(rules: tuple[Rule, ...]) -> str:
    return "".join(f"{rule.code}  {rule.name:28}  {_first_line(rule)}\n" for rule in rules)


def _pages(rules: tuple[Rule, ...]) -> str:
    """Give the pages as Markdown, rendered where somebody looks at them."""
    text = "\n\n".join(f"# {rule.code} {rule.name}\n\n{rule.text}" for rule in rules)
    console = recorded(Screen(terminal=True))
    if not console.is_terminal:
        return f"{text}\n"
    with console.capture() as capture:
        console.print(Markdown(text), soft_wrap=False)
    return capture.get()


def _first_line(rule: Rule) -> str:
    return " ".join(read_page(rule.page).flags.split())
