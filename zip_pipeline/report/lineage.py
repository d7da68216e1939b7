"""The OpenLineage events of a run: what it read, what it wrote, how many records, its ratio and its fingerprint.

Events have the classes of `openlineage-python`, the extra ``lineage``, which also sends them: its own settings
(``OPENLINEAGE_URL``, ``openlineage.yml``) say where. A run says START, then COMPLETE or FAIL. An output is named by its
final path, never by the folder in which it was made.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attr
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    RunFacet,
    dataset_version_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    processing_engine_run,
)
from openlineage.client.uuid import generate_new_uuid

from zip_pipeline import schema
from zip_pipeline._version import __version__
from zip_pipeline.report.events import OF_INPUT, OF_SELECTION, some_of
from zip_pipeline.schema import Manifest

PRODUCER = f"https://pypi.org/project/zip-pipeline/{__version__}"
PARENT = "OPENLINEAGE_PARENT_ID"
"""The environment variable in which a scheduler names its own run: ``namespace/job/run id``."""

OBJECT_STORES = {"s3a": "s3", "s3n": "s3", "s3": "s3", "gs": "gs"}
"""Schemes whose files have no path but a key, and how OpenLineage names them."""

CATALOG = "spark_catalog"
"""The namespace of tables that have a name and no path."""

NO_INPUTS = {"output", "history", "run"}
"""Sections of the config that name no input."""

OUTPUTS_READ = {"selections", "selection", "fit", "logs"}
"""Keys whose texts are paths that a job reads; other inputs are places with ``path`` or ``table``."""


@attr.define
class ZipRunFacet(RunFacet):
    """What the manifest says of input and selection, as the last line of `run.events` has it.

    Attributes:
        input: counts of the records that were read, and their fingerprint.
        selection: counts and R, as ``set_ratio``; empty for a job that selects nothing.
        ratios: R by data set, of a job that measures.
        manifest: the file with everything else.
    """

    input: dict[str, Any]
    selection: dict[str, Any]
    ratios: dict[str, float]
    manifest: str


class Lineage:
    """The events of one run. The first one is sent at once.

    An event that cannot be sent is a warning, and the run goes on.

    Args:
        name: ``NAMESPACE/JOB``, or ``NAMESPACE`` alone: then the job is called ``zip_pipeline.JOB``.
        job: as it is typed.
        config: with all defaults.
        say: prints a line for people.
    """

    def __init__(self, name: str, job: str, config: Manifest, say: Callable[[str], None]) -> None:
        namespace, _, own_name = name.partition("/")
        kind = job_type_job.JobTypeJobFacet("BATCH", "SPARK", "JOB", producer=PRODUCER)
        self._job = Job(namespace, own_name or f"zip_pipeline.{job.replace(' ', '_')}", {"jobType": kind})
        self._run_id, self._say, self._client = str(generate_new_uuid()), say, None
        self._inputs = [InputDataset(*dataset) for dataset in dict.fromkeys(inputs_of(config))]
        try:
            self._client = OpenLineageClient()
        except Exception as error:  # of whatever its settings ask for
            self._warn(error)
        self._send(RunState.START, {}, self._inputs, [])

    def done(self, manifest: Manifest) -> None:
        """Say that the run has its output."""
        part, selection = manifest.get("input", {}), manifest.get("selection", {})
        output = manifest["config"]["output"]["path"].rstrip("/")
        spark = processing_engine_run.ProcessingEngineRunFacet(manifest["spark"]["version"], "Spark", __version__)
        facts = ZipRunFacet(
            some_of(part, OF_INPUT),
            some_of(selection, OF_SELECTION),
            {row["name"]: row["ratio"] for row in manifest.get("sets", ())},
            f"{output}/{schema.MANIFEST}",
            producer=PRODUCER,
        )
        inputs = [self._counted(self._inputs[0], part), *self._inputs[1:]] if self._inputs else []
        outputs = [_output(name, f"{output}/{path}", manifest) for name, path in manifest.get("tables", {}).items()]
        self._send(
            RunState.COMPLETE,
            {"processing_engine": spark, "zip_pipeline": facts},
            inputs,
            outputs or [OutputDataset(*dataset_of(output))],
        )

    def failed(self, message: str) -> None:
        """Say that the run ended without output."""
        facet = error_message_run.ErrorMessageRunFacet(message, "PYTHON")
        self._send(RunState.FAIL, {"errorMessage": facet}, self._inputs, [])

    @staticmethod
    def _counted(dataset: InputDataset, part: Mapping[str, Any]) -> InputDataset:
        """Return the pool with the number of its records and files, and its fingerprint as its version."""
        facets: dict[str, Any] = {}
        if "fingerprint" in part:
            facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(part["fingerprint"])
        counts = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=part.get("read"), size=part.get("raw_bytes"), fileCount=part.get("files")
        )
        return InputDataset(dataset.namespace, dataset.name, {"inputStatistics": counts}, facets=facets)

    def _send(
        self, state: RunState, facets: dict[str, Any], inputs: list[InputDataset], outputs: list[OutputDataset]
    ) -> None:
        if self._client is None:
            return
        run = Run(self._run_id, {**_parent(), **facets})
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._client.emit(
                RunEvent(
                    eventTime=now,
                    run=run,
                    job=self._job,
                    eventType=state,
                    inputs=inputs,
                    outputs=outputs,
                    producer=PRODUCER,
                )
            )
        except Exception as error:  # a server that is not there, or says no
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        self._say(f"warning: run.lineage: the event was not sent: {type(error).__name__}: {error}")


def inputs_of(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of all that a job reads, the pool first.

    >>> list(inputs_of({"input": {"path": "s3a://lake/pool"}, "output": {"path": "out"}}))
    [('s3://lake', 'pool')]

    Args:
        config: every key with its value, sections as dicts.
    """
    for key, value in config.items():
        if key not in NO_INPUTS:
            yield from _places(key, value)


def _places(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if value.get("path"):
            yield dataset_of(value["path"])
        elif value.get("table"):
            yield CATALOG, value["table"]
        for inner_key, inner in value.items():
            yield from _places(inner_key, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _places(key, one)
    elif key in OUTPUTS_READ and isinstance(value, str):
        yield dataset_of(value)


def dataset_of(path: str) -> tuple[str, str]:
    """Return namespace and name of a path, by OpenLineage's rules.

    >>> dataset_of("s3a://lake/out/selection"), dataset_of("hdfs://nn:8020/out"), dataset_of("/lake/out")
    (('s3://lake', 'out/selection'), ('hdfs://nn:8020', '/out'), ('file', '/lake/out'))
    """
    url = urlsplit(path)
    if not url.scheme or "://" not in path:
        return "file", str(Path(path).expanduser().absolute())
    if url.scheme == "file":
        return "file", url.path
    if url.scheme in OBJECT_STORES:
        return f"{OBJECT_STORES[url.scheme]}://{url.netloc}", url.path.strip("/")
    return f"{url.scheme}://{url.netloc}", url.path


def _output(name: str, path: str, manifest: Manifest) -> OutputDataset:
    """Return a table of the output at its final path, with its number of rows where the manifest has it."""
    rows = {
        schema.SELECTION_TABLE: manifest.get("selection", {}).get("records"),
        schema.SCORES_TABLE: manifest.get("input", {}).get("records"),
        schema.REJECTED_TABLE: manifest.get("input", {}).get("rejected"),
    }
    counts = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows.get(name))
    return OutputDataset(*dataset_of(path), {} if counts.rowCount is None else {"outputStatistics": counts})


def _parent() -> dict[str, Any]:
    """Return the scheduler's own run, where the environment names one."""
    parts = os.environ.get(PARENT, "").rsplit("/", 2)
    if len(parts) != 3 or not all(parts):
        return {}
    namespace, job, run_id = parts
    return {"parent": parent_run.ParentRunFacet(parent_run.Run(run_id), parent_run.Job(namespace, job))}
