"""Git is asked, and runs nothing that configuration, attributes or environment name: each of them leaves a mark."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import program
import pytest

from migration_guard.git import Git, GitError, run

HEAD = 'from alembic import op\n\nrevision = "{0}"\ndown_revision = None\n\n\ndef upgrade():\n'
OLD = HEAD.format("a1") + '    op.execute("UPDATE leads SET a = 1")\n'
NEW = HEAD.format("b2") + '    op.execute("UPDATE leads SET b = 1")\n'
IDENTITY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "e@example.org"} | {
    "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "e@example.org"
}  # fmt: skip


class Trapped:
    """A repository with a baseline and a new migration, and a program that leaves a mark where it is run."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "r"
        self.mark = folder / "ran"
        self.trap = folder / "trap.sh"
        self.trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{self.mark}'\ncat\n")
        self.trap.chmod(0o755)

    def begin(self) -> None:
        (self.root / "versions").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("versions/a1.py", OLD)
        assert self.guard("baseline").returncode == 0
        self.commit("first")
        self.git("checkout", "-q", "-b", "branch")
        self.write("versions/b2.py", NEW)
        self.commit("second")
        self.write("versions/c3.py", NEW.replace("b2", "c3"))

    def git(self, *arguments: str, text: str | None = None) -> str:
        environment = {**os.environ, **IDENTITY}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True, text=True, input=text
        )
        return done.stdout.strip()

    def config(self, **values: str) -> None:
        for key, value in values.items():
            self.git("config", key.replace("__", "."), value)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def guard(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return program.run(*arguments, cwd=self.root, env={**os.environ, **variables})


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as each test finds it: made once, and copied."""
    one = Trapped(tmp_path_factory.mktemp("pattern"))
    one.begin()
    return one.root


@pytest.fixture
def trapped(tmp_path: Path, pattern: Path) -> Trapped:
    one = Trapped(tmp_path)
    shutil.copytree(pattern, one.root, symlinks=True)
    return one


Trap = Callable[[Trapped], object]


def _drivers(one: Trapped) -> None:
    trap = str(one.trap)
    one.config(filter__e__clean=trap, filter__e__smudge=trap, filter__e__process=trap, filter__e__required="true")
    one.config(diff__e__textconv=trap, diff__e__command=trap, diff__e__cachetextconv="false", merge__e__driver=trap)
    one.write(".gitattributes", "* filter=e diff=e merge=e\n")
    (one.root / "versions" / "b2.py").touch()


def _drivers_by_info(one: Trapped) -> None:
    _drivers(one)
    (one.root / ".gitattributes").replace(one.root / ".git" / "info" / "attributes")


def _signatures(one: Trapped) -> None:
    one.config(log__showSignature="true", gpg__program=str(one.trap), gpg__format="openpgp")
    header, _, body = one.git("cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
    commit = one.git("hash-object", "-t", "commit", "-w", "--stdin", text=f"{header}\n{signature}\n\n{body}\n")
    one.git("update-ref", "HEAD", commit)


def _promisor(one: Trapped) -> None:
    blob = one.git("rev-parse", "main:versions/a1.py")
    one.write("versions/a1.py", OLD + "# x\n")
    one.config(core__repositoryformatversion="1", extensions__partialClone="origin", remote__origin__promisor="true")
    one.config(remote__origin__url=str(one.root), remote__origin__uploadpack=str(one.trap))
    (one.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


def _promisor_by_helper(one: Trapped) -> None:
    _promisor(one)
    one.config(remote__origin__url=f"ext::{one.trap}", protocol__ext__allow="always", protocol__allow="always")


def _monitors(one: Trapped) -> None:
    trap = str(one.trap)
    one.config(core__fsmonitor=trap, core__pager=trap, pager__diff=trap, core__sshCommand=trap, core__askPass=trap)
    one.config(diff__external=trap, core__alternateRefsCommand=trap, credential__helper=trap, core__editor=trap)
    one.config(sequence__editor=trap, core__gitProxy=trap, diff__submodule="log", core__attributesFile=trap)


def _hooks(one: Trapped) -> None:
    folder = one.root / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman", "pre-auto-gc"):
        (folder / name).write_bytes(one.trap.read_bytes())
        (folder / name).chmod(0o755)


def _submodule(one: Trapped) -> None:
    """A dirty submodule, whose own configuration names a filter."""
    inner = one.root / "inner"
    inner.mkdir()
    one.git("init", "-q", str(inner))
    (inner / "x.py").write_text("x = 1\n")
    one.git("-C", "inner", "add", "-A")
    one.git("-C", "inner", "commit", "-q", "-m", "x")
    one.git("-c", "advice.addEmbeddedRepo=false", "add", "inner")
    one.git("commit", "-q", "-m", "inner")
    one.git("-C", "inner", "config", "filter.e.clean", str(one.trap))
    one.git("-C", "inner", "config", "core.fsmonitor", str(one.trap))
    (inner / ".gitattributes").write_text("* filter=e\n")
    (inner / "x.py").write_text("x = 2\n")


def _replaced(one: Trapped) -> None:
    _drivers(one)
    one.config(include__path=str(one.trap))


TRAPS: tuple[Trap, ...] = (
    _drivers, _drivers_by_info, _signatures, _promisor, _promisor_by_helper, _monitors, _hooks, _submodule, _replaced,
)  # fmt: skip
RUNS = (
    ("check",), ("check", "--diff", "main"), ("check", "--staged"), ("check", "--baseline-from", "main"),
    ("check", "--no-inline-ignores-since", "main"), ("baseline", "--check"),
)  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__.strip("_"))
def test_what_a_repository_names_is_not_run(trapped: Trapped, trap: Trap) -> None:
    trap(trapped)
    trapped.mark.unlink(missing_ok=True)
    for arguments in RUNS:
        done = trapped.guard(*arguments)
        assert not trapped.mark.exists(), f"{arguments}: {trapped.mark.read_text()}"
        assert done.returncode in {0, 1, 2} and "Traceback" not in done.stderr


def variables() -> Iterator[str]:
    yield from ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "SSH_ASKPASS")
    yield from ("GIT_EDITOR", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR")


def test_what_the_environment_names_is_not_run(trapped: Trapped) -> None:
    named = dict.fromkeys(variables(), str(trapped.trap))
    named |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": str(trapped.trap)}
    named |= {"GIT_EXEC_PATH": str(trapped.trap.parent), "GIT_TRACE": str(trapped.mark)}
    for arguments in RUNS:
        trapped.guard(*arguments, **named)
        assert not trapped.mark.exists(), trapped.mark.read_text()


def test_a_git_in_the_repository_is_not_ours(trapped: Trapped) -> None:
    for name in ("git", "git-diff"):
        (trapped.root / name).write_bytes(trapped.trap.read_bytes())
        (trapped.root / name).chmod(0o755)
    for path in (".", "", "./"):
        trapped.guard("check", "--diff", "main", PATH=f"{path}{os.pathsep}{os.environ['PATH']}")
        assert not trapped.mark.exists()


def test_an_object_that_is_not_there_is_no_empty_file(trapped: Trapped) -> None:
    """To take the version before for a new file would call its old findings new, or a baseline missing."""
    blob = trapped.git("rev-parse", "main:.migration-guard-baseline.jsonl")
    (trapped.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = trapped.guard("check", "--baseline-from", "main")
    assert done.returncode == 2
    assert "is missing" in done.stderr


def test_a_filter_does_not_hide_a_change(trapped: Trapped) -> None:
    """Through the filter both contents would be the same."""
    trapped.config(filter__e__clean="sh -c 'echo same'")
    trapped.write(".gitattributes", "*.py filter=e\n")
    trapped.commit("filtered")
    trapped.write("versions/b2.py", NEW + "# x\n")
    git = Git.at(trapped.root)
    assert git.unchanged(git.commit("HEAD"), [trapped.root / "versions" / "b2.py"]) == frozenset()


def test_replaced_objects_do_not_stand_for_others(trapped: Trapped) -> None:
    """`git replace` would give the branch another baseline than the one that was merged."""
    path = trapped.root / ".migration-guard-baseline.jsonl"
    old = trapped.git("rev-parse", f"main:{path.name}")
    new = trapped.git("hash-object", "-w", "--stdin", text="nothing\n")
    trapped.git("replace", old, new)
    git = Git.at(trapped.root)
    assert (git.content(git.commit("main"), path) or b"").startswith(b'{"format"')


def test_line_ends_are_compared_as_the_repository_wants_it(trapped: Trapped) -> None:
    trapped.config(core__autocrlf="true")
    path = trapped.root / "versions" / "b2.py"
    path.write_bytes(NEW.replace("\n", "\r\n").encode())
    git = Git.at(trapped.root)
    assert git.unchanged(git.commit("HEAD"), [path]) == {path}


def test_a_linked_working_tree_has_its_own_index(trapped: Trapped, tmp_path: Path) -> None:
    trapped.git("worktree", "add", "-q", str(tmp_path / "w"), "main")
    git = Git.at(tmp_path / "w")
    assert git.root.name == "w"
    assert git.tracked() == {"versions/a1.py", ".migration-guard-baseline.jsonl"}
    assert git.commit("HEAD") == trapped.git("rev-parse", "main")


def test_a_repository_of_other_hashes_is_read(tmp_path: Path) -> None:
    root = tmp_path / "r"
    if subprocess.run(["git", "init", "-q", "--object-format=sha256", str(root)], check=False).returncode:
        pytest.skip("this git knows one kind of hash only")
    (root / "a.py").write_text("x = 1\n")
    for arguments in (["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=root, env={**os.environ, **IDENTITY}, check=True)
    git = Git.at(root)
    assert git.content(git.commit("HEAD"), root / "a.py") == b"x = 1\n"
    assert git.unchanged(git.commit("HEAD"), [root / "a.py"])


def test_a_call_that_does_not_end_is_ended(trapped: Trapped, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = trapped.trap.parent / "git"
    slow.write_text("#!/bin/sh\nsleep 60 &\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(run, "SECONDS", 0.2)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitError, match="took longer than"):
        Git.at(trapped.root)


def test_without_git_it_is_said(trapped: Trapped, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(GitError, match="not installed"):
        Git.at(trapped.root)


def test_only_scripts_of_sqitch_are_read_beside_what_every_run_reads(tmp_path: Path) -> None:
    """Settings at the root said that nearly every file may be a script, and all were written out."""
    files = {
        "sqitch.conf": "[core]\n  engine = pg\n  extension = spg\n",
        "deploy/a.spg": "SELECT 1;",
        "web/app.bin": "x",
        "site/b.spg": "SELECT 1;",
        "other/sqitch.conf": "[core]\n  engine = pg\n",
        "other/deploy/c.ddd": "SELECT 1;",
        "third/sqitch.conf": '[core]\n  extension = "..our sql" ; spelled as nobody does\n',
        "third/deploy/d.our sql": "SELECT 1;",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, env={**os.environ, **IDENTITY}, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, env={**os.environ, **IDENTITY}, check=True)
    with Git.at(tmp_path).snapshot("") as folder:
        written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    settings = {"sqitch.conf", "other/sqitch.conf", "third/sqitch.conf"}
    assert written == {".git", *settings, "deploy/a.spg", "site/b.spg", "third/deploy/d.our sql"}
