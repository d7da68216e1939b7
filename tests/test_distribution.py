"""The wheel: the same bytes from the same files, with types and the page's template; extras that name what they are for."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import zip_pipeline

ROOT = Path(__file__).parents[1]


def wheel(folder: Path, time: float) -> Path:
    """Build the wheel from a copy of the project whose files have a time of their own."""
    shutil.copytree(ROOT / "zip_pipeline", folder / "zip_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    for path in folder.rglob("*"):
        os.utime(path, (time, time))
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1790000000"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    (file,) = (folder / "dist").iterdir()
    return file


def test_the_wheel_is_the_same_each_time_and_typed(tmp_path: Path) -> None:
    files = [wheel(tmp_path / str(time), time) for time in (1_700_000_000, 1_780_000_000)]
    assert len({hashlib.sha256(file.read_bytes()).digest() for file in files}) == 1
    assert files[0].name == f"zip_pipeline-{zip_pipeline.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(files[0]) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert {"zip_pipeline/py.typed", "zip_pipeline/report/page.html"} <= names
    assert not [name for name in names if "test" in name or name.endswith(".pyc")]
    assert "Provides-Extra: trainers" in metadata


def test_each_extra_is_asked_for_by_name() -> None:
    """What is not there is named with the extra that brings it; and no extra is without such a message."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    code = "".join(path.read_text() for path in (ROOT / "zip_pipeline").rglob("*.py"))
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    for name in extras:
        assert f"zip-pipeline[{name}]" in code + pages, name
