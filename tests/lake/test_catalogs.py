"""Tables of catalogs under each Spark that the package takes: Iceberg, Delta, and Parquet in Hive's metastore.

`make lake` fetches the other versions of Spark with their jars. Each version runs the cases of ``catalog_cases.py`` in
a process of its own, on one Spark.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.object_store import PARTS

pytestmark = [pytest.mark.jvm, pytest.mark.lake, pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", ["4.2", "4.1", "4.0"])
def test_tables_of_catalogs(version: str, tmp_path: Path) -> None:
    """The Spark of this environment is 4.2; of the others only `pyspark` and `py4j` stand before its packages."""
    own = PARTS / f"spark-{version}"
    if version != "4.2" and not own.is_dir():
        pytest.skip("the other versions of Spark are not there: make lake")
    jars = sorted(map(str, (PARTS / f"jars-{version}").glob("*.jar")))
    if version == "4.2":
        jars = sorted(map(str, (PARTS / "jars-4.1").glob("iceberg-*.jar")))  # made for another Spark, which is said
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*([str(own)] if version != "4.2" else []), str(ROOT), str(ROOT / "tests")]),
        "TMPDIR": str(tmp_path),
        "CATALOG_JARS": ",".join(jars),
    }
    cases = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--no-header",
        "tests/lake/catalog_cases.py",
    ]
    cases += ["-W", "ignore::pytest.PytestUnraisableExceptionWarning"]  # PySpark 4.1 leaves sockets to the collector
    done = subprocess.run(
        [sys.executable, *cases, f"--basetemp={tmp_path}/cases"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
