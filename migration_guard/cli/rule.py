"""`migration-guard rule`: the rules' pages."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from migration_guard.cli.options import completing, rule_names
from migration_guard.cli.output import emit
from migration_guard.report.console import recorded
from migration_guard.report.screen import Screen
from migration_guard.rules import Rule, UnknownRuleError, all_rules, matching, read_page


@click.command("rule")
@click.argument("name", required=False, shell_complete=completing(rule_names))
@click.option("--all", "every", is_flag=True, help="Print every page.")
def command(*, name: str | None, every: bool) -> int:
    """Explain a rule, named by code, name or prefix; without a name, list them all."""
    rules = all_rules()
    if every:
        emit(_pages(rules))
    elif name is None:
        emit("".join(f"{rule.code}  {rule.name:28}  {_first_line(rule)}\n" for rule in rules))
    else:
        emit(_pages(_named(name, rules)))
    return 0


def _named(name: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    try:
        codes = matching(name, rules)
    except UnknownRuleError as error:
        raise click.UsageError(str(error)) from None
    return tuple(rule for rule in rules if rule.code in codes)


def _pages(rules: tuple[Rule, ...]) -> str:
    """Give the pages as Markdown, rendered where somebody looks at them."""
    text = "\n\n".join(f"# {rule.code} {rule.name}\n\n{rule.page.strip()}" for rule in rules)
    console = recorded(Screen(terminal=True))
    if not console.is_terminal:
        return f"{text}\n"
    with console.capture() as capture:
        console.print(Markdown(text), soft_wrap=False)
    return capture.get()


def _first_line(rule: Rule) -> str:
    return " ".join(read_page(rule.page).flags.split())
