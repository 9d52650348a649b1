"""What the command line does without when it starts is missed by nobody."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from migration_guard.__main__ import _unindented
from migration_guard.later import postponed

LEFT = {"gettext", "inspect", "ipaddress", "locale", "platform", "uuid"}


def test_a_clean_run_does_without_what_click_imports(tmp_path: object) -> None:
    program = (
        "import sys, atexit, runpy; sys.argv = ['x', 'check', '--no-cache', '.'];"
        f"atexit.register(lambda: print(sorted({LEFT!r} & sys.modules.keys())));"
        "runpy.run_module('migration_guard', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=str(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line.",
        "  One.\n\n    Two.\n      Three.\n    ",
        "\n\n  a\n b\n\n",
        "a\n\tb\n\t\tc\n",
        "a\n   \n  b",
        inspect.__doc__ or "",
    ],
)
def test_a_docstring_loses_its_margin(text: str) -> None:
    assert _unindented(text) == inspect.cleandoc(text)


def test_what_is_postponed_is_the_real_module_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with postponed({"colorsys": {"given": 1}}):
        import colorsys

        assert vars(colorsys)["given"] == 1
        assert pytest.approx(1 / 3) == colorsys.ONE_THIRD
    import colorsys as real

    assert real is not colorsys
    assert colorsys.rgb_to_hsv is real.rgb_to_hsv
