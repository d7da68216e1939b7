"""A plan: what a run would read, leave out and take, and how long; the frame of every ``--dry-run``.

A plan is a run that publishes nothing. It claims the output path, starts Spark, and works on a sample in the run's
scratch folder, which goes with it. The seconds of a stage are those that the stage took on the sample, and for the
bytes beyond it a core's seconds a byte, over the cores. Counts are those of the sample, times rows of the input by
rows of the sample.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zip_pipeline.jobs.base import AnyConfig, Plan, Run
from zip_pipeline.jobs.planning.rates import process_bytes
from zip_pipeline.jobs.planning.sample import Sample
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.funnel import funnel_table
from zip_pipeline.schema import Manifest

WITHIN = 1.5
"""By which factor real runs may differ from the estimate on a machine that does nothing else; ``make bench`` looks."""


class Stages:
    """The estimated seconds of a run's stages, in order.

    Args:
        cores: that the run's tasks have.

    Attributes:
        seconds: by stage.
        of_sample: what the stages took that were tried on the sample.
    """

    def __init__(self, cores: int) -> None:
        self.seconds: dict[str, float] = {}
        self.of_sample = 0.0
        self._cores = cores

    @contextmanager
    def measured(self, name: str, *, beyond: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Work on the sample: a stage takes as long as that does, and more for what is beyond the sample.

        Args:
            name: of the stage, as people read it.
            beyond: returns the seconds of a core for the rest of the input; asked when the work is done.
        """
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self.of_sample += seconds
        self.add(name, seconds, beyond())

    def add(self, name: str, seconds: float, of_a_core: float = 0.0) -> None:
        """Add to a stage: seconds, and seconds of a core, which all cores share."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds + of_a_core / self._cores

    def part(self) -> Manifest:
        """Return the plan's part on time."""
        stages = {name: round(seconds, 1) for name, seconds in self.seconds.items()}
        return {
            "seconds": round(sum(self.seconds.values()), 1),
            "cores": self._cores,
            "within": WITHIN,
            "stages": stages,
        }

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {seconds:,.0f}" for name, seconds in self.seconds.items())
        cores = f"{self._cores} cores that nothing else uses" if self._cores > 1 else "one core that nothing else uses"
        return f"time: about {sum(self.seconds.values()):,.0f} s on {cores}: {parts}"


Look = Callable[[Run[AnyConfig], Stages], Manifest]
"""What a job's plan adds: it looks at the input of a run, fills the stages, and returns parts of the plan.

``lines`` of these parts is what people read besides; it is not in the plan.
"""


def plan(name: str, look: Look[AnyConfig]) -> Plan[AnyConfig]:
    """Return what ``--dry-run`` does in place of a job.

    Args:
        name: of the job, as it is typed.
        look: of the job.
    """

    def run(config: AnyConfig, reporter: Reporter) -> Manifest:
        with Run(name, config, reporter) as run:
            stages = Stages(cores_of(run))
            stages.add("start Spark", reporter.timings["session"])
            with run.stage("plan", "look at the input"):
                found = look(run, stages)
        lines = found.pop("lines", [])
        made = {"config": run.config.resolved(), **found, "time": stages.part()}
        made.setdefault("memory_bytes", process_bytes())
        for line in lines:
            reporter.say(line)
        if "funnel" in made:
            reporter.show(funnel_table(made["funnel"], made["input"]))
        reporter.say(str(stages))
        reporter.say(f"memory of the driver's Python: about {made['memory_bytes'] / 2**20:,.0f} MB")
        return made

    return run


def cores_of(run: Run[AnyConfig]) -> int:
    """Return how many tasks a run has at once, as far as its session says so."""
    master = run.spark.conf.get("spark.master", "") or ""
    if master.startswith("local"):
        asked = re.sub(r"^local\[?|[],].*$", "", master)
        return int(asked or 1) if asked != "*" else os.cpu_count() or 1
    executors, cores = (int(run.spark.conf.get(f"spark.executor.{key}", "1") or 1) for key in ("instances", "cores"))
    return max(1, executors * cores)


def about(sample: Sample) -> list[str]:
    """Say how the rows are read, and what was looked at of them."""
    corpus = sample.whole
    ids = corpus.id_column or "a hash of the payload"
    lines = [f"rows: {sample.rows:,}, dialect {corpus.dialect.name}, id from {ids}"]
    if sample.is_whole:
        return [*lines, "sample: all of them, so what is left out below is what the run leaves out"]
    return [
        *lines,
        f"sample: {sample.drawn:,} rows, drawn at random; below it is scaled to the input. Of duplicates it sees those "
        "within the sample: the run will find more",
    ]
