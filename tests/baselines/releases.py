"""Makes git repositories out of published packages: every release a commit, for `replay.py`.

    python tests/baselines/releases.py DIR [PACKAGE …]

Each repository, DIR/<package>, holds the Python and SQL files of the releases below, the oldest first. One that is there
is kept. Releases are taken as pip gives them without building anything: as wheels, which hold the same modules.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from baselines.project import Project

RELEASES: dict[str, tuple[str, ...]] = {
    "aiida-core": ("1.4.4", "1.5.2", "1.6.9", "2.0.4", "2.1.2", "2.3.1", "2.4.3", "2.6.4", "2.9.4"),
    "apache-airflow": ("1.10.15", "2.0.2", "2.2.5", "2.4.3", "2.6.3", "2.8.4", "2.10.5"),
    "ckan": ("2.10.6", "2.10.11", "2.11.1", "2.11.6", "2.12.0"),
    "django-oscar": ("1.5.4", "1.6.8", "2.0.4", "2.1.1", "2.2", "3.0.2", "3.1", "3.2.6", "4.0", "4.2.1"),
    "edx-enterprise": ("3.60.4", "4.0.0", "4.20.0", "4.33.1", "5.13.7", "6.8.6", "7.0.7", "8.18.0"),
    "lnbits": ("0.12.6", "0.12.12", "1.0.0", "1.2.1", "1.4.2", "1.6.2"),
    "mayan-edms": ("4.0.24", "4.2.18", "4.4.16", "4.6.14", "4.8.10", "4.10.6", "4.12.2"),
    "prefect": ("2.14.21", "2.16.9", "2.18.3", "2.20.27", "3.0.11", "3.2.15", "3.4.25", "3.6.29", "3.9.1"),
    "pretalx": ("2.3.0", "2.3.2", "2023.1.3", "2024.1.0", "2024.3.1", "2025.2.2", "2026.2.1"),
    "pulpcore": ("3.75.3", "3.85.0", "3.95.3", "3.105.25", "3.114.2", "3.123.1"),
    "rucio": ("32.8.6", "35.7.0", "35.9.2", "37.0.0", "37.7.1", "38.6.4", "39.4.2", "41.5.1"),
    "wagtail": ("2.5.2", "2.8.2", "2.11.9", "2.13.5", "2.16.3", "4.1.9", "5.0.5", "6.0.6", "7.0.10", "8.0.1"),
    "weblate": ("4.0.4", "4.3.2", "4.5.3", "4.7.2", "4.10.1", "4.13.1", "4.16.4", "4.18.1"),
}  # fmt: skip
LARGEST = 40 * 1024 * 1024
"""Bytes of a release that is looked at."""


def build(where: Path, package: str) -> None:
    """Commit each release of a package that is to be had as a wheel."""
    project = Project.at(where)
    for version in RELEASES[package]:
        with tempfile.TemporaryDirectory() as there:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            command += ["--ignore-requires-python", "--dest", there, f"{package}=={version}"]
            wheels = list(Path(there).iterdir()) if subprocess.run(command, check=False).returncode == 0 else []
            if not wheels or wheels[0].stat().st_size > LARGEST:
                print(f"{package} {version}: no such wheel, or it is too large; left out")
                continue
            for one in project.root.iterdir():
                if one.name != ".git":
                    shutil.rmtree(one) if one.is_dir() else one.unlink()
            _unpack(wheels[0], project.root)
        project.commit(version)


def _unpack(wheel: Path, to: Path) -> None:
    """Write the files that can be migrations, or helpers of them."""
    with zipfile.ZipFile(wheel) as archive:
        for one in archive.infolist():
            parts = one.filename.split("/")
            if one.filename.endswith((".py", ".sql")) and ".." not in parts and not one.filename.startswith("/"):
                target = to.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(one))


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    for package in sys.argv[2:] or RELEASES:
        if not (folder / package).exists():
            making = folder / f".{package}.{os.getpid()}"
            build(making, package)
            making.rename(folder / package)
        print(f"{package}: {folder / package}")


if __name__ == "__main__":
    main()
