"""What the architecture promises: imports run down only, executors need little, folders and modules have their size."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark import cloudpickle

import zip_pipeline
from support.scoring import scorer
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.coverage import of_targets
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.quotas import Budget
from zip_pipeline.tasks import coverage, importance, near_duplicates, passages
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.score import LikelihoodScorer
from zip_pipeline.tasks.measure_shard import ShardMeter
from zip_pipeline.tasks.packages import missing
from zip_pipeline.tasks.pick_partition import PartitionPicker
from zip_pipeline.tasks.reading.columnar import ColumnarReader
from zip_pipeline.tasks.score import with_column_names

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zip_pipeline"
TESTS = ROOT / "tests"

FLOORS = [
    {""},
    {"cli"},
    {"api", "commands"},
    {"jobs"},
    {"spark"},
    {"tasks", "config", "report"},
    {"selection", "language_models"},
    {"codecs", "stats"},
    {"records", "dedup", "schema", "errors", "formats", "interrupts", "jit_cache", "_version"},
]
"""From the roof down; `""` is the package's own `__init__`, whose imports are done when they are asked for."""

OF_TASKS = {"records", "codecs", "dedup", "selection", "stats", "schema", "errors", "jit_cache", "tasks"}
"""What runs on executors imports nothing else of ours."""

WITH_SPARK = {"spark", "jobs", "api"}
WIDEST, LONGEST, SHORTEST = 15, 300, 40

SHORT = {
    "_version.py": "the build reads it, and whoever names the version imports nothing else",
    "stats/histogram.py": "the grid of the pictures, which Spark fills and NumPy as well",
    "tasks/packages.py": "a bare Python imports it, and nothing with it",
}
"""Modules below the shortest, and why they stand alone."""

WITHOUT_A_MODULE = {
    "api/test_public_names.py": "what the package itself offers",
    "dedup/test_families.py": "near-duplicates in texts whose copies are known",
    "examples/test_core_selection.py": "a script beside the package",
    "examples/test_demo_pool.py": "a script beside the package",
    "examples/test_examples.py": "a script and a notebook beside the package",
    "examples/test_lm_codec.py": "a script beside the package",
    "examples/test_nightly.py": "a script beside the package",
    "jobs/law/test_jobs.py": "the three jobs of a family, which share their tables",
    "jobs/select/test_resume.py": "the job killed from outside and started again",
    "lake/test_catalogs.py": "tables of catalogs under several versions of Spark",
    "recipes/test_training.py": "recipes of a page in packages of others",
    "schedulers/test_airflow.py": "an example in a program of others",
    "schedulers/test_dagster.py": "an example in a program of others",
    "lake/test_hdfs.py": "commands on HDFS",
    "lake/test_object_stores.py": "commands on S3",
    "lake/test_standalone.py": "a cluster whose Python is bare",
    "selection/test_rounds.py": "a selection cut after a round, whichever rule",
    "spark/test_cluster.py": "a master and workers",
    "spark/test_connect.py": "other servers than the session's",
    "spark/io/test_data_sets.py": "pools in the schemas of known data sets",
    "spark/io/test_oddities.py": "every format with every oddity",
    "test_conftest.py": "how the tests themselves run",
    "test_docker.py": "the image and the settings of clusters",
    "test_distribution.py": "the wheel, and what its extras are called",
    "test_docs.py": "what the pages of docs/ say",
    "test_readme.py": "what the README shows",
    "test_structure.py": "the package as a whole",
}
"""Tests of no one module or folder, and what they look at."""


@cache
def modules() -> dict[str, Path]:
    """The modules by their dotted names; a folder's `__init__` has the folder's name."""
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in PACKAGE.rglob("*.py")}
    return {".".join(part for part in parts if part != "__init__"): path for path, parts in sorted(names.items())}


@cache
def all_imports(module: str) -> set[str]:
    """The dotted names of all that a module imports anywhere in it, modules or what they hold."""
    names = set()
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def imports(module: str) -> set[str]:
    """The modules of ours that a module imports; not the folders that Python runs through on the way."""
    names = set()
    for name in all_imports(module):
        parent = name.rpartition(".")[0]
        names |= {name} & modules().keys() or {parent} & modules().keys()
    return names - {module}


def room(module: str) -> str:
    """The first folder or the module's own name below the package."""
    return module.split(".")[1] if "." in module else ""


def folder(module: str) -> str:
    """The folder that a module lies in, as a dotted name."""
    return ".".join(modules()[module].parent.relative_to(ROOT).parts)


def floor(module: str) -> int:
    (number,) = [number for number, rooms in enumerate(FLOORS) if room(module) in rooms]
    return number


def circle(graph: dict[str, set[str]]) -> set[str]:
    """What is left of a graph when all that leads to no circle is taken away."""
    while leaves := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
    return set(graph)


def test_every_room_is_on_a_floor() -> None:
    assert {room(module) for module in modules()} == set().union(*FLOORS)


def test_the_architecture_page_has_the_same_floors() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    floors: list[set[str]] = [set() for _ in FLOORS]
    for number, names in re.findall(r"^\| (\d) \| (`.*?) \|", page, re.MULTILINE):
        rooms = re.findall(r"`zip_pipeline/(\w+)(?:/|\.py)`", names)
        floors[int(number) - 1] |= {name.replace("__init__", "") for name in rooms}
    assert floors == FLOORS


def test_imports_run_down_only() -> None:
    """Rooms of one floor may know each other where none of them is above: `records` raises what `errors` names."""
    upwards = {
        (module, room(name))
        for module in modules()
        for name in imports(module)
        if room(name) != room(module) and not floor(module) < floor(name)
        and not floor(module) == floor(name) == len(FLOORS) - 1
        and name != "zip_pipeline._version"
    }  # fmt: skip
    assert upwards == set()


def test_what_all_may_import_imports_nothing_of_ours() -> None:
    for name in ("schema", "errors", "formats", "interrupts", "_version"):
        assert not imports(f"zip_pipeline.{name}"), name


def test_imports_have_no_circles() -> None:
    assert circle({module: imports(module) for module in modules()}) == set()


def test_folders_have_no_circles() -> None:
    """A folder in another one counts by itself; `spark.errors` imports nothing, and `spark.io` raises by it as well."""
    graph: dict[str, set[str]] = {}
    for module in modules():
        if folder(module) != "zip_pipeline":
            needs = {folder(name) for name in imports(module) if name != "zip_pipeline.spark.errors"}
            needs -= {folder(module), "zip_pipeline"}
            graph[folder(module)] = graph.get(folder(module), set()) | needs
    assert circle(graph) == set()


def test_folders_and_modules_have_their_size() -> None:
    """`__init__` is no module here: it names the folder and holds nothing, or what the folder shows to others."""
    lines = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text().splitlines())
        for path in modules().values()
        if path.name != "__init__.py"
    }
    for place in {path.parent for path in modules().values()}:
        assert sum(path.parent == place for path in modules().values()) - 1 <= WIDEST, place
    assert {name for name, length in lines.items() if length > LONGEST} == set()
    assert {name for name, length in lines.items() if length < SHORTEST} == SHORT.keys()


def test_what_runs_on_executors_knows_little() -> None:
    for module in modules():
        if room(module) == "tasks":
            assert {room(name) for name in imports(module)} <= OF_TASKS, module


def test_spark_is_imported_where_it_is_driven() -> None:
    for module in modules():
        if room(module) not in {"", *WITH_SPARK}:
            assert "pyspark" not in {name.split(".")[0] for name in all_imports(module)}, module


FORBIDDING = """
import importlib.abc, os, sys
class Forbid(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in {names}):
            raise ImportError(f"forbidden: {{name}}")
sys.meta_path.insert(0, Forbid())
"""


def without(names: list[str], code: str, *, data: bytes = b"") -> str:
    """What a process prints that finds no packages of these names."""
    code = FORBIDDING.format(names=names) + code
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


NEURAL = "zip_pipeline.language_models.neural"


def test_only_the_neural_model_needs_the_extra() -> None:
    """Its module is imported inside a function, in processes of its own."""
    extra = {module for module in modules() if {"jax", "optax"} & {name.split(".")[0] for name in all_imports(module)}}
    assert extra == {NEURAL}
    without(["jax", "optax"], "import zip_pipeline.language_models.judges, zip_pipeline.config")


def test_below_spark_nothing_needs_it() -> None:
    below = [module for module in modules() if floor(module) > floor("zip_pipeline.spark") and module != NEURAL]
    assert len(below) > 40
    without(["pyspark", "py4j"], f"import {', '.join(below)}")


COVERAGE = of_targets([(1.0, np.ones(16, np.int64))], np.ones(16, np.int64), 4)

TASKS = {
    "score": scorer().score_batches,
    "identify": scorer().identify_batches,
    "pick a partition": PartitionPicker(GreedySelector(), ZlibCodec().build(), {0: Quotas(Budget(3))}).pick_batches,
    "score under the names of the columns": with_column_names(scorer().score_batches, ["a.b"]),
    "sets of shingles": near_duplicates.sets,
    "sign": near_duplicates.Signer(Common(np.zeros(1, np.uint64))).sign,
    "divide the buckets": near_duplicates.Bucketing(3).divide,
    "find records around hubs": near_duplicates.around_hubs,
    "compare": near_duplicates.Comparison(Common(np.zeros(1, np.uint64)), 0.5).compare,
    "passages": passages.passages,
    "read a columnar file": ColumnarReader(("x",), ({"lang": "en"},), pa.schema({"id": pa.string()})).read,
    "read the items of a benchmark": passages.ItemReader(13).read_batches,
    "find passages": passages.PassageFinder((13,), BloomFilter(10)).find_batches,
    "count features": coverage.FeatureCounter(20).count_batches,
    "bound records": coverage.BoundScorer(COVERAGE).bound_batches,
    "weigh records": importance.importance_of(
        [(1.0, np.ones(1 << importance.BITS, np.int64))], np.ones(1 << importance.BITS, np.int64), 1
    ).weigh_batches,
    "pick for a target": PartitionPicker(
        GreedySelector(TARGET.over(COVERAGE)), ZlibCodec().build(), {0: Quotas(Budget(3))}
    ).pick_batches,
    "score documents": LikelihoodScorer(
        ModelSettings("m", "text", "bytes", "float32", "cpu", 1), 8, 4, 9, "how"
    ).score_batches,
    "look for packages": missing,
    "measure a shard": ShardMeter(ZlibCodec(), ZlibCodec().build(), b"\n").measure_batches,
}


def test_executors_need_no_more_than_they_have() -> None:
    """They unpickle tasks with Spark, Arrow, NumPy and the codecs at hand; what reads configs and draws is elsewhere."""
    forbidden = [
        "torch",
        "transformers",
        "pydantic",
        "yaml",
        "rich",
        "matplotlib",
        "jinja2",
        "statsmodels",
        "pyppmd",
        "zpaq",
        "ctranslate2",
        "delta",
        "scipy",
    ]
    forbidden += [f"zip_pipeline.{room}" for room in ("config", "report", "jobs", "spark", "api", "cli")]
    code = "import pickle; print(*map(callable, pickle.load(sys.stdin.buffer)))"
    said = without(forbidden, code, data=cloudpickle.dumps([*TASKS.values()]))
    assert said.split() == ["True"] * len(TASKS)


SELECTION = """
import random
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.quotas import Budget
words = "the law of entropy says that data which compress less teach a model more".split()
pool = {str(n): " ".join(random.Random(n).choices(words, k=9)).encode() for n in range(40)}
selector = GreedySelector(k1=12, k2=6, k3=3)
print([pick.id for pick in selector.picks(selector.stream(pool), Quotas(Budget(9)))])
"""

COVERING = SELECTION.replace(
    "selector =",
    """
import numpy as np
from zip_pipeline.selection.coverage import of_targets
from zip_pipeline.selection.coverage_rule import TARGET
counts = np.arange(1 << 16) % 7
rule = TARGET.over(of_targets([(1.0, counts)], counts[::-1], 16))
selector =""",
).replace("GreedySelector(", "GreedySelector(rule, ")


@pytest.mark.parametrize("selection", [SELECTION, COVERING])
def test_a_selection_needs_no_numba(selection: str) -> None:
    """Without it zlib itself measures, a window of 32 KB, and chooses the same."""
    picked = without(["numba", "llvmlite"], selection)
    assert picked.count(",") == 8
    assert picked == without([], selection)


def test_the_models_processes_load_little() -> None:
    """Scoring forks a process a model, and what is loaded before is copied with it."""
    assert not all_imports("zip_pipeline.language_models")
    without(["numpy", "pyarrow", "numba"], "import zip_pipeline.language_models.ppm")


def test_no_rdd_no_context_no_jvm() -> None:
    for path in modules().values():
        assert not re.search(
            r"SparkContext\b|java_gateway|\.rdd\b|sparkContext|_jvm|_jsparkSession|\._sc\b", path.read_text()
        ), path


def test_tests_mirror_the_modules() -> None:
    named = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in modules().values()}
    named |= {path.parent.relative_to(PACKAGE).as_posix() for path in modules().values()}
    tests = {path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    others = {test.as_posix() for test in tests if (test.parent / test.stem[5:]).as_posix() not in named}
    assert others == WITHOUT_A_MODULE.keys()


def test_the_version_stands_first_in_the_changelog() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == zip_pipeline.__version__
