"""Fetches what the tests of stores and catalogs need into .venv/lake: S3A's jars, a server of S3, other Sparks.

`make lake` runs it with .venv's Python. The jars take 690 MB, so `make setup` goes without them. The server has a
folder of its own, as it shares no package with the project.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from spark_environment import HERE, VENV, fetch_jars, find_java, say, trust_options

LAKE = VENV / "lake"
SPARKS = ("4.1", "4.0")
"""Versions of Spark beside that of the environment; only for them has Iceberg a runtime."""

LIMIT_S = 1800.0
"""Seconds that one jar may take."""


def main() -> None:
    """Fetch what is not there yet."""
    say("S3A's jars: 690 MB from Maven Central")
    fetch(HERE / "lake.jars.lock", LAKE / "jars")
    say("moto, a server of S3")
    install(HERE / "lake.lock", LAKE / "moto")
    for spark in SPARKS:
        say(f"Spark {spark}, with Iceberg and Delta: 500 MB")
        fetch(HERE / f"lake.spark-{spark}.jars.lock", LAKE / f"jars-{spark}")
        install(HERE / f"lake.spark-{spark}.lock", LAKE / f"spark-{spark}")


def fetch(lock: Path, jars: Path) -> None:
    """Fetch the jars of a lock into a folder."""
    jars.mkdir(parents=True, exist_ok=True)
    home, _ = find_java() or (VENV / "java", False)
    with tempfile.TemporaryDirectory(dir=VENV) as name:
        for options in ([], trust_options(Path(name))):
            if fetch_jars(home / "bin/java", options, jars, lock, LIMIT_S):
                break
        else:
            sys.exit("setup: the jars did not come from Maven Central; again: make lake")
    shutil.rmtree(jars / "ivy", ignore_errors=True)


def install(lock: Path, target: Path) -> None:
    """Install the packages of a lock into a folder, where the environment does not see them."""
    command = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes", "--upgrade"]
    command += ["--no-build-isolation"]  # pyspark is built from source, with the locked setuptools
    subprocess.run([sys.executable, *command, "--target", str(target), "-r", str(lock)], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
