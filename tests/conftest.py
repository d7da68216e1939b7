"""Shared by all tests: one Spark session a worker, the marks `jvm` and `slow`, and skips that count as failures."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.shuffle.partitions": "3",  # tables are small; three parts are more than one
    "spark.databricks.delta.snapshotPartitions": "2",  # 50 tasks to read a log of two lines
    # To compile a small query costs more than to run it. The cluster's tests compile, as users do.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Of Spark, in the tests' session and in processes that tests start."""

NEEDS = {
    "codecs/test_zpaq_codec.py": ("zpaq",),
    "examples/test_lm_codec.py": ("torch", "transformers", "constriction"),
    "language_models/test_neural.py": ("jax", "optax"),
    "tasks/likelihood/test_ctranslate2_engine.py": ("ctranslate2", "torch", "transformers"),
    "tasks/likelihood/test_transformers_engine.py": ("torch", "transformers"),
}
"""Tests of what an extra brings, which the locked environment has not, or not on every machine: collected only where
their packages are."""

collect_ignore = [file for file, packages in NEEDS.items() if not all(map(find_spec, packages))]

# A JVM that lives for seconds spends most of them compiling what it will not run again; the first compiler is
# enough for that, and the collector with one thread. Processes that tests start inherit it.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
JAVA_OPTIONS = " ".join([JAVA, *(f"-D{key}={value}" for key, value in SETTINGS.items())])

# No Java starts with this: a test that needs one says so by its mark, or `make test-fast` would not be fast.
NO_JAVA = "-agentlib:only_tests_marked_jvm_start_java"

os.environ["JDK_JAVA_OPTIONS"] = JAVA_OPTIONS

# Examples are cheap, the machine is shared: what is slow today is no failure.
settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test is a failed one")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses Spark, and put it first: two workers end together when the last tests are short."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("jvm")

    def place(item: pytest.Item) -> int:
        if not item.get_closest_marker("jvm"):
            return 2
        return int("spark" in getattr(item, "fixturenames", ()))  # those with processes of their own are the longest

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Let Java start for this test, or not; fixtures of the session and of its module included."""
    os.environ["JDK_JAVA_OPTIONS"] = JAVA_OPTIONS if item.get_closest_marker("jvm") else NO_JAVA
    return (yield)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longrepr}"
        vars(report).pop("wasxfail", None)  # pytest counts no failure that was expected


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A module that skips as a whole has no report of a test to turn; workers leave that to who started them."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and "skipped" in reporter.stats:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    from zip_pipeline.spark.session import open_session

    session = open_session(
        "tests",
        {
            "spark.master": "local[2]",  # two workers are enough to be wrong about order
            "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),  # a folder a worker
            "spark.sql.adaptive.enabled": "false",  # it would merge what partition tests spread
            **SETTINGS,
        },
    )
    yield session
    session.stop()
