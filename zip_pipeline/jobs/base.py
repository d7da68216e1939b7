"""What all jobs share: `Job`, what the command line knows of one, and `Run`, the frame of one run.

A job's module ends with its `Job`. Its ``run`` is the story of the data, inside a `Run`:

    def run(config: ScoreConfig, reporter: Reporter) -> Manifest:
        with Run("score", config, reporter) as run:
            with run.stage("score", "score the pool"):
                run.output.write(scores(run.spark, config), schema.SCORES_TABLE)
            manifest = run.manifest(pool=...)
            run.publish(manifest, page(manifest))
        return manifest
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline.config import Input, JobConfig, RowsOutput, paths_in
from zip_pipeline.errors import UserError, ZipPipelineError
from zip_pipeline.interrupts import on_forced_end
from zip_pipeline.jobs.checkpoint import STAGES
from zip_pipeline.jobs.manifest import run_part
from zip_pipeline.report.console import Reporter, Stage
from zip_pipeline.report.heartbeat import SoFar
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.catalog.publishing import PublishedTable, said
from zip_pipeline.spark.catalog.tables import require_path
from zip_pipeline.spark.catalog.versions import pin_all
from zip_pipeline.spark.corpus import INPUT, Corpus, open_corpus
from zip_pipeline.spark.errors import lost_spark, setup_error
from zip_pipeline.spark.io.listing import require_there
from zip_pipeline.spark.io.location import Location, has_scheme
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.spark.progress import WrittenRows
from zip_pipeline.spark.session import require_packages, session
from zip_pipeline.tasks.packages import COUNTING, MEASURING, NEEDED, PICKING

SIGNAL_S = 0.5
"""Seconds that a signal to a group of processes may take to reach this one after it has ended the JVM."""

AnyConfig = TypeVar("AnyConfig", bound=JobConfig)

Plan = Callable[[AnyConfig, Reporter], Manifest]
"""What ``--dry-run`` does in place of a job: it says what the job would do, and writes nothing."""


@dataclass(frozen=True)
class Job(Generic[AnyConfig]):
    """One command.

    Attributes:
        run: does the work and returns the manifest.
        show: prints the closing tables.
        exit_code: that of a finished run, from its manifest; by default 0.
    """

    run: Callable[[AnyConfig, Reporter], Manifest]
    show: Callable[[Console, Manifest], None]
    exit_code: Callable[[Manifest], int] = lambda _: 0


class Run(Generic[AnyConfig]):
    """One run of a job, from an empty output path to the published tree.

    A context manager. Entering it claims the output path and starts Spark. Leaving it removes what was not published.

    Args:
        name: of the job, as it is typed.
        config: of the job.
        reporter: shows and times the stages.

    Attributes:
        config: as the manifest will show it.
        output: the output tree; ``output.scratch`` is a folder for tables that only this run needs.
        spark: the session, once the run is entered.

    Raises:
        OutputError: when something at the output path, or in the table, may not be replaced, or cannot be.
    """

    spark: SparkSession
    output: OutputTree

    def __init__(self, name: str, config: AnyConfig, reporter: Reporter) -> None:
        self._name, self._reporter, self._exit = name, reporter, ExitStack()
        self.config = config
        self._published: PublishedTable | None = None
        if not has_scheme(config.output.path):
            self.output = OutputTree(config.output, self.say, name)

    def __enter__(self) -> Self:
        with ExitStack() as entered:
            of_output = entered.enter_context(ExitStack())  # Spark ends first, and writes no more
            if not has_scheme(self.config.output.path):
                of_output.enter_context(self.output)
            for path in paths_in(self.config):  # a path with a typing mistake should not wait for Spark
                require_there(path)
            with self.stage("session", "start Spark"):
                opened = session(f"zip_pipeline {self._name}", output_formats=self.config.output_formats)
                self.spark = entered.enter_context(opened)
                require_packages(self.spark, self._packages())
                require_path(self.spark, "output.path", self.config.output.path)
                if isinstance(self.config.output, RowsOutput) and self.config.output.table is not None:
                    self._published = PublishedTable(self.spark, self.config)
            if has_scheme(self.config.output.path):  # Spark knows how the store is reached
                self.output = of_output.enter_context(OutputTree(self.config.output, self.say, self._name))
            self._exit = entered.pop_all()
        on_forced_end(self._exit.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.__exit__(kind, error, trace)

    @contextmanager
    def stage(self, key: str, name: str, *, has_bar: bool = False) -> Iterator[Stage]:
        """Time and show a stage; see `Reporter.stage`.

        Raises:
            SetupError: when a disk is full, or the workers' Python lacks what it needs.
        """
        with self._reporter.stage(key, name, has_bar=has_bar, watch=self._watch) as stage:
            try:
                yield stage
            except ZipPipelineError:
                raise
            except Exception as error:
                if lost := lost_spark(error):
                    time.sleep(SIGNAL_S)
                raise lost or setup_error(error, self._folders()) or error from error

    def _watch(self) -> SoFar:
        """Return what says which rows the tasks of a stage have written since now."""
        if not hasattr(self, "spark"):  # which knows how stores are reached
            return dict
        checkpoint = getattr(getattr(self.config, "run", None), "checkpoint", None)
        folders = self.output.growing
        with suppress(UserError):  # the checkpoint says it
            folders += [] if checkpoint is None else [Location.of(checkpoint) / STAGES]
        return WrittenRows(folders).so_far

    def _packages(self) -> list[str]:
        """Return the packages that the executors of this run need."""
        picks_there = getattr(getattr(self.config, "run", None), "pools", 1) > 1
        place = getattr(self.config, "input", None)
        counts_there = getattr(place, "tokenizer", None) is not None
        of_codec = MEASURING.get(getattr(getattr(self.config, "codec", None), "name", ""))
        names = [*NEEDED, *(PICKING if picks_there else ()), *(COUNTING if counts_there else ())]
        return names if of_codec is None else [*names, of_codec]

    def _folders(self) -> dict[str, str]:
        """Return the folders of this machine that the run writes to, by the config keys that name them."""
        run = getattr(self.config, "run", None)
        keys = {"output.path": self.config.output.path, "run.checkpoint": getattr(run, "checkpoint", None)}
        return {key: path for key, path in keys.items() if path is not None and not has_scheme(path)}

    def say(self, *lines: str) -> None:
        """Print lines for people."""
        for line in lines:
            self._reporter.say(line)

    def open_corpus(self, place: Input, key: str = INPUT) -> Corpus:
        """Open a corpus, and print what was not read; see `spark.corpus.open_corpus`."""
        corpus = open_corpus(self.spark, place, key)
        for line in corpus.origin.lines(name_of(place)):
            self.say(line)
        return corpus

    def pin(self) -> AnyConfig:
        """Let each table that the config names be read at the version that it has now, and return the config.

        The manifest then shows which version was read.
        """
        self.config = pin_all(self.spark, self.config)
        return self.config

    def manifest(self, **parts: Any) -> Manifest:
        """Return the manifest: the part that all jobs share, then `parts` in their order."""
        return {"job": self._name, **run_part(self.config, self.spark, self._reporter.timings), **parts}

    def publish(self, manifest: Manifest, page: str, rows: str | None = None) -> None:
        """Put the output in its place: first the rows in the table of the catalog, if the config names one.

        Args:
            manifest: of the run; it gets the name and the version of that table.
            page: the report.
            rows: the table of the output whose rows go to the catalog.
        """
        if self._published is not None and rows is not None:
            with self.stage("table", "write the table of the catalog"):
                manifest["published"] = self._published.publish(self.output.rows(rows), manifest)
                self.say(said(manifest["published"]))
        with self.stage("publish", "publish the output"):
            self.output.publish(manifest, page)
