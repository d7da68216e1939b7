"""Fetches what tests of stores and clusters need into .venv/lake: S3A's jars, a server of S3, Hadoop's mini cluster.

`make lake` runs it with .venv's Python. The jars take 750 MB, so `make setup` goes without them. The server has a
folder of its own, as it shares no package with the project; so has Hadoop, as it is on no class path but its own.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from spark_environment import HERE, VENV, fetch_jars, find_java, say, trust_options

LAKE = VENV / "lake"
LIMIT_S = 1800.0
"""Seconds that one jar may take."""


def main() -> None:
    """Fetch what is not there yet."""
    say("S3A's jars: 690 MB from Maven Central")
    fetch(LAKE / "jars", HERE / "lake.jars.lock")
    say("Hadoop's mini cluster: 56 MB from Maven Central")
    fetch(LAKE / "hadoop", HERE / "lake.hadoop.jars.lock")
    say("moto, a server of S3")
    install = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes", "--upgrade"]
    lock, target = HERE / "lake.lock", LAKE / "moto"
    subprocess.run([sys.executable, *install, "--target", str(target), "-r", str(lock)], check=True)  # noqa: S603


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


if __name__ == "__main__":
    main()
