"""Deploy scripts: what is found in them, and what a failed step leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.verify import deployment, scripts
from migration_guard.verify.foreign import promise
from migration_guard.verify.verdict import Evidence, Outcome
from verify.project import change, copied, verified

COMPOSE = """services:
  migrate: {command: alembic upgrade head}
  backfill:
    command: BACKFILL
    depends_on: {migrate: {condition: service_completed_successfully}}
  web:
    command: gunicorn app
    depends_on:
      WAITS
"""
OWN = "migration-guard backfill run --all"
MIGRATED = "migrate: {condition: service_completed_successfully}"
FILLED = "backfill: {condition: service_completed_successfully}"
DEEP_LEAVING = "".join(f"f{n}() {{ f{n + 1}; }}\n" for n in range(14)) + (
    "f14() { exit 1; }\nalembic upgrade head || exit 1\n./run_backfills || f0\n"
)
DEEP_FUNCTIONS = "".join(f"f{n}() {{ f{n + 1}; }}\n" for n in range(13)) + "f13() { alembic upgrade head; }\nf0\n"
DEEP_TARGETS = "deploy: t0\n" + "".join(f"t{n}: t{n + 1}\n" for n in range(21)) + "t21:\n\talembic upgrade head\n"

CIRCLE = (
    "deploy:\n  script:\n    - !reference [.a, script]\n.a:\n  script:\n    - alembic upgrade head\n"
    "    - !reference [.a, script]\n"
)


def judged(folder: Path, **files: str) -> tuple[list[Evidence], list[str]]:
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text, encoding="utf-8")
    settings = SettingsLoader(cwd=folder, isolated=True).for_folder(folder)
    read = deployment.read(scripts.find(settings, folder), folder, folder)
    evidence, problems = deployment.judge(read)
    return evidence, [problem.message for problem in problems]


def failing(folder: Path, script: str) -> list[str]:
    (folder / ".git").mkdir(exist_ok=True)
    evidence, problems = judged(folder, deploy_sh=script)
    assert problems == []
    return sorted(one.what for one in evidence if one.outcome is Outcome.FAIL)


@pytest.mark.parametrize(
    "script",
    [
        "set -e\nalembic upgrade head\n./run_backfills || true\nsystemctl restart app\n",
        "set -euo pipefail\nalembic upgrade head\nif ./run_backfills; then echo done; fi\nsystemctl restart app\n",
        "alembic upgrade head || exit 1\n./run_backfills\nsystemctl restart app\n",
        "alembic upgrade head || { echo failed; exit 1; }\n./run_backfills || echo later\nsystemctl restart app\n",
        "if ! alembic upgrade head; then\n  exit 1\nfi\n./run_backfills &\nsystemctl restart app\n",
        "alembic upgrade head\nrc=$?\nif [ $rc -ne 0 ]; then exit $rc; fi\n./run_backfills\nsystemctl restart app\n",
        "alembic upgrade head\n[ $? -eq 0 ] || exit 1\n./run_backfills\nrc=$?\necho $rc\nsystemctl restart app\n",
        "alembic upgrade head\nif (( $? != 0 )); then exit 1; fi\n./run_backfills\nsystemctl restart app\n",
        "die() { echo $1; exit 1; }\nalembic upgrade head || die no\n./run_backfills\nsystemctl restart app\n",
        'must() { "$@" || exit 1; }\nmust alembic upgrade head\n./run_backfills\nsystemctl restart app\n',
        "set -e\nalembic upgrade head\nset +e\n./run_backfills\nset -e\nsystemctl restart app\n",
        "alembic upgrade head || exit 1\n./run_backfills | tee backfills.log\nsystemctl restart app\n",
        f"set -e\nalembic upgrade head\n{OWN}\nsystemctl restart app\n",
        "set -e\nalembic upgrade head\npython -m migration_guard backfill run --priority HIGH\nsystemctl restart app\n",
        "set -e\npython manage.py migrate\npython manage.py rebuild_index || true\n./run_backfills || :\nup\n",
        'set -e\nalembic upgrade head &\npid=$!\necho waits\nwait "${pid}"\n./run_backfills || true\nup\n',
    ],
)
def test_good_scripts(script: str, tmp_path: Path) -> None:
    assert failing(tmp_path, script) == []


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("set -e\nalembic upgrade head\n./run_backfills\nsystemctl restart app\n", ["a failed backfill"]),
        ("set -e\nalembic upgrade head\n./run_backfills | tee log\nup\n", []),
        ("set -eo pipefail\nalembic upgrade head\n./run_backfills | tee log\nup\n", ["a failed backfill"]),
        ("alembic upgrade head || exit 1\n./run_backfills && systemctl restart app\n", ["a failed backfill"]),
        ("alembic upgrade head || exit 1\n./run_backfills || exit 1\nup\n", ["a failed backfill"]),
        ("alembic upgrade head || exit 1\nif ! ./run_backfills; then exit 1; fi\nup\n", ["a failed backfill"]),
        (
            "alembic upgrade head || exit 1\n./run_backfills\nif [ $? -ne 0 ]; then exit 1; fi\nup\n",
            ["a failed backfill"],
        ),
        (
            "alembic upgrade head || exit 1\n./run_backfills || rc=$?\n[ $rc -ne 0 ] && exit 1\nup\n",
            ["a failed backfill"],
        ),
        ("alembic upgrade head || exit 1\n./run_backfills\n", ["a failed backfill"]),
        (f"set -e\nalembic upgrade head\n{OWN} --strict\nup\n", ["a failed backfill"]),
        ("alembic upgrade head\n./run_backfills\nup\n", ["a failed migration"]),
        ("alembic upgrade head || true\n./run_backfills\nup\n", ["a failed migration"]),
        ("alembic upgrade head && ./run_backfills\nup\n", ["a failed migration"]),
        ("set -e\n./run_backfills || true\nalembic upgrade head\nup\n", ["the step that runs backfills"]),
        ("set -e\nalembic upgrade head\nup\n", ["the step that runs backfills"]),
        ("set -e\nalembic upgrade head\nbackfill gate leads\nup\n", ["the step that runs backfills"]),
        (
            "set -e\nalembic upgrade head\npython build_indexes.py\n./run_backfills || true\nup\n",
            ["a failed index build"],
        ),
        ("set -e\nalembic upgrade head\necho ./run_backfills\nup\n", ["the step that runs backfills"]),
        ("set -e\n(alembic upgrade head) &\n./run_backfills || true\nup\n", ["a failed migration"]),
        ("set -e\nalembic upgrade head &\npid=$!\n./run_backfills || true\nwait $pid\nup\n", ["a failed migration"]),
    ],
)
def test_bad_scripts(script: str, what: list[str], tmp_path: Path) -> None:
    assert failing(tmp_path, script) == what


@pytest.mark.parametrize(
    ("script", "waits", "what"),
    [
        ("sh -ec 'alembic upgrade head; ./run_backfills || true'", "", ["a failed migration"]),
        ("sh -ec 'alembic upgrade head; ./run_backfills || true; echo done'", "", ["a failed migration"]),
        (
            "sh -ec 'alembic upgrade head; ./run_backfills || true'",
            "depends_on: {first: {condition: service_completed_successfully}}",
            [],
        ),
        ("sh -ec 'alembic upgrade head; ./run_backfills || true; exec gunicorn app'", "", []),
    ],
)
def test_a_script_of_a_service_stops_what_waits_for_it_or_what_it_serves(
    script: str, waits: str, what: list[str], tmp_path: Path
) -> None:
    compose = f"services:\n  first:\n    command: {script}\n  web:\n    command: gunicorn app\n    {waits}\n"
    evidence, problems = judged(tmp_path, compose_yml=compose)
    assert problems == []
    assert [one.what for one in evidence if one.outcome is Outcome.FAIL] == what


@pytest.mark.parametrize(
    ("command", "waits", "what"),
    [
        (OWN, MIGRATED, []),
        ("./run_backfills", MIGRATED, []),
        (OWN, f"{MIGRATED}\n      {FILLED}", []),
        ("./run_backfills", f"{MIGRATED}\n      {FILLED}", ["a failed backfill"]),
        (f"{OWN} --strict", f"{MIGRATED}\n      {FILLED}", ["a failed backfill"]),
    ],
)
def test_compose_files(command: str, waits: str, what: list[str], tmp_path: Path) -> None:
    compose = COMPOSE.replace("BACKFILL", command).replace("WAITS", waits)
    evidence, problems = judged(tmp_path, compose_yml=compose)
    assert problems == []
    assert [one.what for one in evidence if one.outcome is Outcome.FAIL] == what


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("deploy_sh", "if then fi ((\n", "it is no shell script that can be read"),
        ("deploy_sh", "alembic upgrade head\0", "it is binary"),
        ("deploy_sh", "ssh host 'cd app && alembic upgrade head'\n", "what ssh is given to run is not judged"),
        *(
            (
                "deploy_sh",
                f"set -e\n{script}\n./run_backfills || true\nup\n",
                "a failed migration leads to cannot be told",
            )
            for script in (
                "alembic upgrade head &\n./other &\nwait $!",
                "alembic upgrade head &\npid=$!\n./other &\npid=$!\nwait $pid",
                "alembic upgrade head &\npid=$!\nwait $pid $other",
                "./other &\nalembic upgrade head &\nwait -n",
                "./other &\nalembic upgrade head &\nwait %1",
                "trap 'exit 0' EXIT INT\nalembic upgrade head || exit 1",
                "trap 'exit 0' ERR\nalembic upgrade head",
                "end() { rm -f lock; exit 0; }\ntrap end EXIT\nalembic upgrade head",
            )
        ),
        ("deploy_sh", "until ./run_backfills; do [ -f stop ] && break; done\nalembic upgrade head\n", "cannot be told"),
        ("compose_yml", "services: [\n", "it is no YAML"),
        ("deploy_sh", DEEP_FUNCTIONS, "functions are followed 12 deep, and no deeper"),
        ("deploy_sh", DEEP_LEAVING, "functions are followed 12 deep, and no deeper"),
        ("Makefile", DEEP_TARGETS, "targets that need targets are followed 20 deep, and no deeper"),
        (".gitlab-ci_yml", CIRCLE, "what scripts refer to is followed 10 deep, and no deeper"),
    ],
)
def test_what_cannot_be_judged_is_named(name: str, text: str, message: str, tmp_path: Path) -> None:
    _, problems = judged(tmp_path, **{name: text})
    assert any(message in problem for problem in problems)


def test_scripts_are_followed_only_so_far_which_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for number in range(5):
        (tmp_path / f"{number}.sh").write_text(f"set -e\n./{number + 1}.sh\n./{number}.sh\n", encoding="utf-8")
    (tmp_path / "5.sh").write_text("alembic upgrade head\n", encoding="utf-8")
    _, problems = judged(tmp_path, deploy_sh="set -e\n./0.sh\n./run_backfills || true\n")
    assert any("scripts that call scripts are followed 4 deep, and no deeper" in problem for problem in problems)
    (tmp_path / "3.sh").write_text("set -e\nalembic upgrade head\n", encoding="utf-8")
    assert judged(tmp_path)[1] == []


@pytest.mark.parametrize("entry", [".", "deploy**.sh"])
def test_what_is_no_glob_of_files_is_told(entry: str, tmp_path: Path) -> None:
    settings = SettingsLoader(cwd=tmp_path, config=[f'verify.deploy-scripts=["{entry}"]'], isolated=True)
    (tmp_path / "deploy.sh").touch()
    try:
        found = scripts.find(settings.for_folder(tmp_path), tmp_path)
    except ConfigError as error:
        assert repr(entry) in str(error)  # later Pythons take the second for `deploy*.sh`
    else:
        assert found.judged


def test_without_a_script_the_point_is_not_judged(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(
        folder / "migration-guard.toml", 'deploy-scripts = ["scripts/deploy_production.sh", "docker-compose*.yml"]', ""
    )
    (folder / "scripts" / "deploy_production.sh").unlink()
    (folder / "Jenkinsfile").write_text("node { stage('Deploy') { restart() } }\n", encoding="utf-8")
    for path in folder.glob("docker-compose*"):
        path.unlink()
    told = verified(folder)
    assert (told.code, told.verdict) == (2, "NOT JUDGED")
    assert "Jenkinsfile: not judged" in told.unjudged(1)[0]
    assert [one["path"] for one in told.document["not_judged"]] == ["Jenkinsfile"]


def test_scripts_are_found_by_their_names(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(
        folder / "migration-guard.toml", 'deploy-scripts = ["scripts/deploy_production.sh", "docker-compose*.yml"]', ""
    )
    assert verified(folder).outcomes[0] == "PASS"


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("sys.exit(0)", "sys.exit(0)", True),
        ("sys.exit(0)", "sys.exit(len(failed))", False),
        ("sys.exit(0)", "sys.exit(1)", False),
        (
            '    except Exception as e:\n        logger.error("Backfills',
            '    except KeyError as e:\n        logger.error("Backfills',
            False,
        ),
    ],
)
def test_a_foreign_runner_is_judged_from_its_source(old: str, new: str, kept: bool, tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(folder / "server" / "db_run_backfills.py", old, new)
    assert promise(folder / "server" / "db_run_backfills.py").kept is kept
    change(folder / "scripts" / "deploy_production.sh", "set -u", "set -eu")
    evidence = [one["outcome"] for one in verified(folder).evidence(1) if one["what"] == "a failed backfill"]
    assert evidence == ["PASS" if kept else "FAIL"]
