"""Builds the environment of Spark's executors as an archive, and prints the command that sends it along.

`make pack` runs it with .venv's Python. The archive holds the locked packages that tasks import and no Python: it links
the one of this machine, so workers need that Python at the same path, or at the prefix that is given.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import venv_pack
from spark_environment import HERE, say

ROOT = HERE.parent
BROUGHT_BY_SPARK = ("pyspark", "py4j")


def main() -> None:
    """Build the archive."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("dist/env.tar.gz"))
    parser.add_argument("--python-prefix", help="where workers have this Python, such as /usr; by default as here")
    parser.add_argument(
        "--driver", action="store_true", help="the driver's packages and this one too, for --deploy-mode cluster"
    )
    options = parser.parse_args()
    pack(options.output, python_prefix=options.python_prefix, of_driver=options.driver)
    print(submit_line(options.output, in_cluster=options.driver))


def pack(output: Path, *, python_prefix: str | None = None, of_driver: bool = False) -> None:
    """Build the archive; the arguments are those of the command."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        lock, env, wheels = (Path(scratch, name) for name in ("lock", "env", "wheels"))
        lock.write_text(without((HERE / ("driver.lock" if of_driver else "executors.lock")).read_text()))
        say(f"an environment for {'driver and executors' if of_driver else 'executors'}")
        python(["-m", "venv", "--without-pip", str(env)])
        pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(env / "bin/python")]
        python([*pip, "install", "--no-deps", "--require-hashes", "-r", str(lock)])
        if of_driver:  # executors get this package from the driver, with each run
            python(["-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)], cwd=ROOT)
            python([*pip, "install", "--no-deps", *map(str, wheels.iterdir())])
        without_tests = [("exclude", "*/__pycache__/*"), ("exclude", "*/tests/*")]
        venv_pack.pack(
            prefix=str(env), output=str(output), python_prefix=python_prefix, force=True, filters=without_tests
        )


def without(lock: str) -> str:
    """Return a lock without the packages that every Spark brings to its executors."""
    entries = re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if entry.partition("==")[0] not in BROUGHT_BY_SPARK)


def submit_line(archive: Path, *, in_cluster: bool) -> str:
    """Return the command that runs a job with the archive; the driver has .venv, unless it runs in the cluster."""
    where = "--master yarn --deploy-mode cluster --files FILE" if in_cluster else "--master URL"
    driver = "./env/bin/python" if in_cluster else f"{Path(sys.prefix).name}/bin/python"
    return (
        f"spark-submit {where} --archives {archive}#env --conf spark.pyspark.python=./env/bin/python "
        f"--conf spark.pyspark.driver.python={driver} jobs/select.py --config FILE"
    )


def python(arguments: list[str], cwd: Path | None = None) -> None:
    """Run .venv's Python; what it says is for the user."""
    subprocess.run([sys.executable, *arguments], cwd=cwd, check=True, stdout=sys.stderr)  # noqa: S603


if __name__ == "__main__":
    main()
