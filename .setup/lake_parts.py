"""Fetches what tests of stores, catalogs and clusters need into .venv/lake: jars, a server of S3, Hadoop, other Sparks.

`make lake` runs it with .venv's Python. All takes 1.8 GB, so `make setup` goes without them. The server has a
folder of its own, as it shares no package with the project; so has Hadoop, as it is on no class path but its own.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pack
from spark_environment import HERE, VENV, fetch_jars, find_java, say, trust_options

LAKE = VENV / "lake"
SPARKS = ("4.1", "4.0")
"""Versions of Spark beside that of the environment; only for them has Iceberg a runtime."""

LIMIT_S = 1800.0
"""Seconds that one jar may take."""


def main() -> None:
    """Fetch what is not there yet."""
    say("S3A's jars: 690 MB from Maven Central")
    fetch(LAKE / "jars", HERE / "lake.jars.lock")
    say("Hadoop's mini cluster: 56 MB from Maven Central")
    fetch(LAKE / "hadoop", HERE / "lake.hadoop.jars.lock")
    if not (LAKE / "env.tar.gz").exists():
        pack.pack(LAKE / "env.tar.gz", of_driver=True)
    say("moto, a server of S3")
    install(LAKE / "moto", HERE / "lake.lock")
    for spark in SPARKS:
        say(f"Spark {spark}, with Iceberg and Delta: 500 MB")
        fetch(LAKE / f"jars-{spark}", HERE / f"lake.spark-{spark}.jars.lock")
        install(LAKE / f"spark-{spark}", HERE / f"lake.spark-{spark}.lock")


def fetch(jars: Path, lock: Path) -> None:
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


def install(target: Path, lock: Path) -> None:
    """Install the packages of a lock into a folder, where the environment does not see them."""
    command = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes", "--upgrade"]
    command += ["--no-build-isolation"]  # pyspark is built from source, with the locked setuptools
    subprocess.run([sys.executable, *command, "--target", str(target), "-r", str(lock)], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
