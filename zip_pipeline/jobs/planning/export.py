"""The plan of `export`: the selection is found and counted, and some of its rows become text that goes nowhere."""

import time
from contextlib import ExitStack

from zip_pipeline import schema
from zip_pipeline.config import ExportConfig
from zip_pipeline.jobs.export.job import files_of, lines_of
from zip_pipeline.jobs.planning.rates import process_bytes
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.session import session

FEW, MORE = 100, 2_000
"""Rows of two trials: the difference is what rows cost."""


def run(config: ExportConfig, reporter: Reporter) -> Manifest:
    """Return the plan of an export, and print it; fails where the run would fail before it writes."""
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline plan"))
        with reporter.stage("plan", "look at the selection"):
            files_of(config)
            path = config.export.selection
            manifest = selection_output.manifest_of(path)
            table = selection_output.table(spark, path, manifest, schema.SELECTION_TABLE)
            lines, records = lines_of(config, manifest, table), table.count()
            trials = []
            for most in (FEW, MORE):
                start = time.perf_counter()
                text = sum(len(row["line"].encode()) + 1 for row in lines.limit(most).collect())
                trials.append((time.perf_counter() - start, text))
    (few_s, _), (more_s, text) = trials
    size = text * max(1.0, records / MORE)
    seconds = reporter.timings["session"] + 2 * few_s + max(0.0, more_s - few_s) / (MORE - FEW) * records
    reporter.say(f"export: {records:,} records, about {size / 2**20:,.1f} MB before packing")
    reporter.say(f"time: about {seconds:,.0f} s")
    reporter.say(f"memory of the driver's Python: about {process_bytes() / 2**20:,.0f} MB")
    return {
        "config": config.resolved(),
        "export": {"records": records, "bytes": round(size)},
        "time": {"seconds": round(seconds, 1)},
        "memory_bytes": process_bytes(),
    }
