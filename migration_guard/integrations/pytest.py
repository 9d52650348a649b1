"""A plugin of pytest: with `--migration-guard` a run has one more test, which fails as the command line would.

`migration_guard = true` in pytest's configuration turns it on for good.
"""

from __future__ import annotations

import pytest
from _pytest._code.code import TerminalRepr

OPTION = "migration_guard"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the option and the setting."""
    group = parser.getgroup("migration-guard")
    group.addoption("--migration-guard", action="store_true", help="also check that migrations change no data")
    parser.addini(OPTION, "also check that migrations change no data", type="bool", default=False)


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the test, where it is wanted."""
    if config.getoption(OPTION) or config.getini(OPTION):
        items.append(Guard.from_parent(session, name="migration-guard"))


class Guard(pytest.Item):
    """The test."""

    def runtest(self) -> None:
        """Check the migrations of the folder that pytest runs in."""
        from migration_guard.testing import assert_no_new_findings  # noqa: PLC0415 -- most runs do not want it

        assert_no_new_findings(root=self.config.rootpath)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str | TerminalRepr:  # type: ignore[override]
        """Show what the command line would; of a failure of our own, all there is."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value).strip("\n")  # pytest's summary takes the first line
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, None, str]:
        """Say what failed."""
        return "migration-guard", None, "migrations change no data"
