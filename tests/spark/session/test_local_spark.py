"""A Spark that cannot start says why in one line, before any Java runs; one that ends leaves nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import pyspark
import pytest

from zip_pipeline.errors import SetupError
from zip_pipeline.spark.session import local_spark
from zip_pipeline.spark.session.local_spark import LocalSpark, spark_home

NEEDED = f"Spark {pyspark.__version__} needs Java 17 or newer: install it, or set JAVA_HOME to it"
Usage = namedtuple("Usage", "free")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def java(folder: Path, *, version: str, fails_with: str) -> Path:
    """Write a program that says what an old Java says."""
    file = folder / "bin/java"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"""#!/bin/sh\n[ "$1" = -version ] && echo 'openjdk version "{version}"' >&2 && exit 0\necho '{fails_with}' >&2\nexit 1\n"""
    )
    file.chmod(0o755)
    return folder


def why_no_start() -> str:
    with pytest.raises(SetupError) as error:
        LocalSpark({})
    return str(error.value)


@pytest.mark.parametrize(("version", "number"), [("1.8.0_392", "8"), ("11.0.21", "11")])
def test_an_old_java(temporary: Path, monkeypatch: pytest.MonkeyPatch, version: str, number: str) -> None:
    home = java(temporary.parent / "java", version=version, fails_with="Error: UnsupportedClassVersionError")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert why_no_start() == f"{home}/bin/java is Java {number}; {NEEDED}"
    assert list(temporary.iterdir()) == []


def test_no_java(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nope")
    assert why_no_start() == f"JAVA_HOME is /nope, where there is no bin/java; {NEEDED}"
    tools = temporary.parent / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "env"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tools))
    assert why_no_start() == f"no java is on PATH; {NEEDED}"
    assert list(temporary.iterdir()) == []


def test_any_other_reason_is_the_one_that_spark_gives(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_spark._Said, "text", lambda _: "WARNING: x\nError: Unrecognized option: --y\n\tat z\n")
    home = java(temporary.parent / "java", version="17.0.1", fails_with="")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert why_no_start() == ("Spark did not start: Error: Unrecognized option: --y; --verbose shows all that it says")


def test_which_spark_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_HOME", raising=False)
    assert Path(spark_home(), "bin/spark-submit").exists()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    remedy = "unset SPARK_HOME, then PySpark's own Spark is used"
    with pytest.raises(SetupError) as error:
        spark_home()
    assert str(error.value) == f"SPARK_HOME is {tmp_path}, where there is no bin/spark-submit; {remedy}"
    for folder, name in {"bin": "spark-submit", "jars": "spark-core_2.12-3.5.1.jar"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    with pytest.raises(SetupError) as error:
        spark_home()
    version = f"a Spark 3.5.1, and PySpark here is {pyspark.__version__}"
    assert str(error.value) == f"SPARK_HOME is {tmp_path}, {version}; {remedy}"
    (tmp_path / "jars/spark-core_2.12-3.5.1.jar").rename(tmp_path / f"jars/spark-core_2.13-{pyspark.__version__}.jar")
    assert spark_home() == str(tmp_path)


def test_no_room_for_temporary_files(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(5000))
    assert why_no_start() == (f"{temporary} has 5,000 bytes left for temporary files; set TMPDIR to a folder with room")
    assert list(temporary.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert why_no_start() == (
        "no temporary file can be written: No such file or directory; set TMPDIR to a folder with room"
    )


SESSION = """
import os, sys, tempfile
from zip_pipeline.spark.session import open_session
spark = open_session("test")
assert spark.range(3).count() == 3
assert not any(name.startswith("PYSPARK_GATEWAY") for name in os.environ)
print(os.listdir(tempfile.gettempdir()) != [])
"""


@pytest.mark.jvm
def test_a_spark_that_ends_leaves_nothing(tmp_path: Path) -> None:
    """Whoever waits for the end of its output is not kept waiting."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "LC_ALL": "C"}
    code = [sys.executable, "-c", SESSION]
    root = Path(__file__).parents[3]
    done = subprocess.run(code, cwd=root, env=environment, capture_output=True, text=True, timeout=250)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert list(tmp_path.iterdir()) == []
