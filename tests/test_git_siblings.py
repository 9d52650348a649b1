"""More of what a repository can name for git to run, read or write: nothing of it is, and each run ends with an answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_git import OLD, Trapped, pattern, trapped

__all__ = ["pattern", "trapped"]

NAMED = """
core.fsmonitor core.sshCommand core.gitProxy core.askPass core.editor core.pager core.alternateRefsCommand diff.external
diff.e.command diff.e.textconv difftool.e.cmd difftool.e.path mergetool.e.cmd merge.e.driver merge.tool filter.e.clean filter.e.smudge
filter.e.process gpg.program gpg.ssh.program gpg.openpgp.program gpg.x509.program gpg.ssh.defaultKeyCommand credential.helper
credential.https://example.org.helper pager.log pager.diff pager.show pager.rev-list pager.ls-files pager.ls-tree pager.cat-file
pager.config sequence.editor uploadpack.packObjectsHook remote.origin.uploadpack remote.origin.receivepack remote.origin.vcs
trailer.e.command trailer.e.cmd interactive.diffFilter browser.e.cmd man.e.cmd web.browser instaweb.httpd sendemail.smtpserver
tar.e.command gc.recentObjectsHook ssh.variant receive.procReceiveRefs lfs.customtransfer.e.path core.hooksPath init.templateDir
""".split()
ALIASED = "diff rev-parse rev-list ls-files ls-tree cat-file merge-base hash-object config check".split()
SWITCHES = {
    "log.showSignature": "true", "submodule.recurse": "true", "diff.submodule": "log", "core.untrackedCache": "true",
    "status.submoduleSummary": "true", "fetch.recurseSubmodules": "true", "maintenance.auto": "true", "gc.auto": "1",
    "filter.e.required": "true", "protocol.ext.allow": "always", "core.splitIndex": "true", "feature.manyFiles": "true",
    "index.recordEndOfIndexEntries": "true", "core.logAllRefUpdates": "always", "pager.branch": "true",
}  # fmt: skip
STAGED = ("check", "--staged")
CLOSED = ("check", "--baseline-from", "main", "--config-from", "main", "--no-inline-ignores-since", "main")
Trap = Callable[[Trapped], object]


def _named(one: Trapped) -> str:
    lines = [f"[{_section(key)}]\n\t{key.rpartition('.')[2]} = {one.trap}\n" for key in NAMED]
    lines += [f"[{_section(key)}]\n\t{key.rpartition('.')[2]} = {value}\n" for key, value in SWITCHES.items()]
    lines += [f"[alias]\n\t{name} = !{one.trap}\n" for name in ALIASED]
    lines += [f'[url "ext::{one.trap} "]\n\tinsteadOf = https://\n', f'[submodule "s"]\n\tupdate = !{one.trap}\n']
    return "".join(lines)


def _section(key: str) -> str:
    first, _, rest = key.partition(".")
    middle = rest.rpartition(".")[0]
    return f'{first} "{middle}"' if middle else first


def _own_configuration(one: Trapped) -> None:
    with (one.root / ".git" / "config").open("a") as file:
        file.write(_named(one))
    one.write(".gitattributes", "* filter=e diff=e merge=e text=auto\n")


def _included(one: Trapped) -> None:
    one.write("more.ini", _named(one))
    one.write(".gitattributes", "* filter=e diff=e\n")
    one.git("config", "include.path", "../more.ini")
    one.git("config", "includeIf.gitdir:/.path", str(one.root / "more.ini"))
    one.git("config", "includeIf.onbranch:branch.path", str(one.root / "more.ini"))


def _of_the_working_tree(one: Trapped) -> None:
    one.config(core__repositoryformatversion="1", extensions__worktreeConfig="true")
    (one.root / ".git" / "config.worktree").write_text(_named(one))
    one.write(".gitattributes", "* filter=e diff=e\n")


def _another_folder(one: Trapped) -> None:
    """`.git` is a file, and leads to a folder that is part of the repository."""
    _own_configuration(one)
    (one.root / ".git").rename(one.root / "kept")
    (one.root / ".git").write_text("gitdir: kept\n")


def _a_link(one: Trapped) -> None:
    _own_configuration(one)
    (one.root / ".git").rename(one.root.parent / "kept")
    (one.root / ".git").symlink_to(one.root.parent / "kept")


def _hooks(one: Trapped) -> None:
    folder = one.root / "hooks"
    folder.mkdir()
    for name in "pre-commit post-checkout post-index-change reference-transaction fsmonitor-watchman post-merge pre-push".split():
        (folder / name).write_bytes(one.trap.read_bytes())
        (folder / name).chmod(0o755)
    one.config(core__hooksPath=str(folder))


def _linked_tree(one: Trapped) -> None:
    """The run is made in a linked working tree, whose own folder of git has a configuration."""
    _of_the_working_tree(one)
    one.git("worktree", "add", "-q", "--force", str(one.root.parent / "w"), "branch~0", "--detach")
    one.root = one.root.parent / "w"


def _submodule(one: Trapped) -> None:
    one.write("inner/versions/z9.py", OLD.replace("a1", "z9"))
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        one.git("-C", "inner", *arguments)
    one.write(".gitmodules", f'[submodule "inner"]\n\tpath = inner\n\turl = ext::{one.trap}\n\tupdate = !{one.trap}\n')
    one.git("-c", "advice.addEmbeddedRepo=false", "add", "inner", ".gitmodules")
    one.git("commit", "-q", "-m", "inner")
    with (one.root / "inner" / ".git" / "config").open("a") as file:
        file.write(_named(one))
    one.write("inner/.gitattributes", "* filter=e diff=e\n")
    one.write("inner/versions/z9.py", OLD.replace("a1", "z9") + "# x\n")


def _alternates(one: Trapped) -> None:
    (one.root / ".git" / "objects" / "info" / "alternates").write_text(
        f"{one.root.parent}/nowhere\n{one.root}/.git/objects\n"
    )
    _own_configuration(one)


def _shallow(one: Trapped) -> None:
    (one.root / ".git" / "shallow").write_text(one.git("rev-parse", "main") + "\n")
    _own_configuration(one)


def _grafted(one: Trapped) -> None:
    (one.root / ".git" / "info" / "grafts").write_text(one.git("rev-parse", "HEAD") + "\n")
    one.git("config", "advice.graftFileDeprecated", "false")


def _names_like_options(one: Trapped) -> None:
    for name in (
        "--output=ran.py",
        "-p.py",
        ":(exclude)x.py",
        ":!x.py",
        "a\nb.py",
        "$(touch ran).py",
        "*.py",
        '"q".py',
    ):
        one.write(f"versions/{name}", OLD.replace("a1", f"{abs(hash(name)):x}"))
    one.git("add", "-A")


def _branches_like_options(one: Trapped) -> None:
    head = one.git("rev-parse", "HEAD")
    for name in ("--output=ran", "-p", "--exec=ran"):
        path = one.root / ".git" / "refs" / "heads" / name
        path.write_text(head + "\n")


TRAPS: tuple[Trap, ...] = (
    _own_configuration, _included, _of_the_working_tree, _another_folder, _a_link, _hooks, _linked_tree, _submodule, _alternates,
    _shallow, _grafted, _names_like_options, _branches_like_options,
)  # fmt: skip


def _outside(one: Trapped) -> set[str]:
    return {path.name for path in one.root.parent.iterdir()}


def _since_main(one: Trapped) -> Iterator[subprocess.CompletedProcess[str]]:
    """Ask git for all that is asked of a branch, in one run; where something ends that one early, in two."""
    yield (done := one.guard(*CLOSED, "--diff", "main"))
    if done.returncode == 2:
        yield one.guard("check", "--diff", "main")
        yield one.guard(*CLOSED)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__.strip("_"))
def test_nothing_is_run_and_nothing_is_written(trapped: Trapped, trap: Trap) -> None:
    trap(trapped)
    trapped.mark.unlink(missing_ok=True)
    before = _outside(trapped)
    for done in (trapped.guard(*STAGED), *_since_main(trapped)):
        arguments = done.args[1:]
        assert not trapped.mark.exists(), f"{arguments}: {trapped.mark.read_text()}"
        assert done.returncode in ({0, 1, 2} if "--staged" in arguments else {1, 2}), (arguments, done.stdout)
        assert "Traceback" not in done.stderr + done.stdout
        assert "internal" not in done.stderr + done.stdout, (arguments, done.stderr)
    assert _outside(trapped) == before
    assert not list(trapped.root.glob("**/ran*"))


def test_variables_lead_nowhere_else(trapped: Trapped, tmp_path: Path) -> None:
    """Another repository, another index, other objects, another home: what is judged is what lies here."""
    evil = tmp_path / "evil"
    subprocess.run(["git", "init", "-q", str(evil)], check=True)
    (evil / ".git" / "config").write_text(_named(trapped))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(_named(trapped))
    git = str(evil / ".git")
    written = str(tmp_path / "written")
    for variables in (
        {"GIT_DIR": git}, {"GIT_DIR": git, "GIT_WORK_TREE": str(trapped.root)}, {"GIT_COMMON_DIR": git},
        {"GIT_INDEX_FILE": f"{git}/index"}, {"GIT_OBJECT_DIRECTORY": f"{git}/objects"}, {"GIT_NAMESPACE": "x"},
        {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{git}/objects"}, {"GIT_REPLACE_REF_BASE": "refs/heads"},
        {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}, {"GIT_SHALLOW_FILE": "/dev/zero"},
        {"GIT_CONFIG_PARAMETERS": f"'core.fsmonitor'='{trapped.trap}'"}, {"GIT_GRAFT_FILE": "/dev/zero"},
        {"GIT_TRACE": written, "GIT_TRACE2": written, "GIT_TRACE2_EVENT": written, "GIT_TRACE_SETUP": written},
        {"GIT_TEMPLATE_DIR": git, "GIT_ATTR_SOURCE": "HEAD", "GIT_LITERAL_PATHSPECS": "0", "GIT_GLOB_PATHSPECS": "1"},
        {"GIT_EXTERNAL_DIFF": str(trapped.trap), "GIT_DIFF_OPTS": "-u9", "LESSOPEN": f"|{trapped.trap} %s"},
        {"GIT_CONFIG_SYSTEM": str(tmp_path / "home" / ".gitconfig"), "GIT_CONFIG_GLOBAL": str(tmp_path / "home" / ".gitconfig")},
    ):  # fmt: skip
        done = trapped.guard("check", "--diff", "main", "--output-format", "concise", **variables)
        assert (done.returncode, "versions/b2.py" in done.stdout) == (1, True), (variables, done.stdout, done.stderr)
        assert not trapped.mark.exists(), (variables, trapped.mark.read_text())
        assert not os.path.exists(written)


REVISIONS = (
    "--output=ran", "-p", "--exec-path=ran", "", " ", "main:versions", "HEAD@{99}", ":/first", "^main", "main..HEAD", "main...HEAD",
    "nowhere", "\n", "HEAD^{tree}", "@{upstream}", "-", "HEAD^{/x", "0" * 40, "refs/heads/../../HEAD", "*", "$(touch ran)",
)  # fmt: skip


def test_a_revision_is_no_option_and_no_pattern(trapped: Trapped) -> None:
    for revision in REVISIONS:
        for option in ("--diff", "--baseline-from", "--config-from", "--no-inline-ignores-since"):
            if option == "--diff" or revision in {"--output=ran", "main:versions", "nowhere"}:
                done = trapped.guard("check", f"{option}={revision}")
                assert done.returncode in ({1, 2} if revision in {":/first", "HEAD^{/x"} else {2}), (
                    revision,
                    done.stdout,
                )
                assert "Traceback" not in done.stderr + done.stdout
    assert not list(trapped.root.glob("**/ran*"))


@pytest.mark.parametrize("name", [".git", ".GIT", "versions/.git", ".git/config", "..", "a/../../x.py"])
def test_a_tree_that_git_would_not_make_leads_nowhere(trapped: Trapped, name: str) -> None:
    """A commit may hold names that `git add` refuses; what is written out of it stays in its folder."""
    blob = trapped.git("hash-object", "-w", "--stdin", text=f"gitdir: {trapped.root.parent}/evil\n")
    mode, kind, digest = "100644", "blob", blob
    for part in reversed(name.split("/")[1:]):
        digest = _tree(trapped, [(mode, kind, digest, part)])
        mode, kind = "40000", "tree"
    listed = [line.split(None, 2) for line in trapped.git("ls-tree", "main").splitlines()]
    entries = [(one[0], one[1], *one[2].split("\t", 1)) for one in listed]
    first = name.split("/", maxsplit=1)[0]
    tree = _tree(trapped, [*[one for one in entries if one[3] != first], (mode, kind, digest, first)])
    commit = trapped.git("commit-tree", tree, "-p", "main", "-m", "x")
    trapped.git("update-ref", "refs/heads/main", commit)
    trapped.git("update-ref", "refs/heads/branch", trapped.git("commit-tree", "branch^{tree}", "-p", commit, "-m", "y"))
    before = _outside(trapped)
    for done in _since_main(trapped):
        assert done.returncode in {1, 2}, done.stdout
        assert "Traceback" not in done.stderr + done.stdout
        assert "internal" not in done.stderr + done.stdout, (done.args, done.stderr)
    assert _outside(trapped) == before


def _tree(one: Trapped, entries: list[tuple[str, ...]]) -> str:
    """A tree as its bytes are, which `git mktree` might refuse."""
    body = b"".join(
        f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(digest)
        for mode, _, digest, name in sorted(entries, key=lambda entry: entry[3] + ("/" if entry[1] == "tree" else ""))
    )
    command = ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    done = subprocess.run(command, cwd=one.root, input=body, capture_output=True, check=True)
    return done.stdout.decode().strip()
