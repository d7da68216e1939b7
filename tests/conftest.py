"""Shared by all tests: one Spark session, made when the first test asks for it; skips that count as failures."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# A JVM that lives for seconds spends most of them compiling what it will not run again; the first compiler is
# enough for that. Processes that tests start inherit it.
os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"

# Examples are cheap, the machine is shared: what is slow today is no failure.
settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test is a failed one")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longrepr}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A module that skips as a whole, or a test that may fail, has no report of its own to turn."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and {"skipped", "xfailed"} & reporter.stats.keys():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    from zip_pipeline.spark.session import open_session

    session = open_session(
        "tests",
        {
            "spark.master": "local[2]",  # two workers are enough to be wrong about order
            "spark.sql.shuffle.partitions": "3",  # tables are small; three parts are more than one
            "spark.databricks.delta.snapshotPartitions": "2",  # 50 tasks to read a log of two lines
            "spark.sql.adaptive.enabled": "false",  # it would merge what partition tests spread
        },
    )
    yield session
    session.stop()
