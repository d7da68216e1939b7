"""What the architecture promises: imports only downwards, no Spark in the core, one version."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import zip_pipeline

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zip_pipeline"
ROOMS = {"core": {"core"}, "lake": {"lake", "core"}, "": {"", "lake", "core"}}
SHARED = {"zip_pipeline.errors", "zip_pipeline.schema", "zip_pipeline._version", "zip_pipeline"}


def modules() -> dict[str, Path]:
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}


def imports(path: Path) -> set[str]:
    """The modules of ours that a module imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name in modules() or name == "zip_pipeline"}


def room(module: str) -> str:
    """The shell has rooms of its own, one a family of jobs, which may import each other."""
    first = module.split(".")[1] if "." in module else ""
    return first if first in ROOMS else ""


def test_imports_only_downwards() -> None:
    for module, path in modules().items():
        for name in imports(path) - SHARED:
            assert room(name) in ROOMS[room(module)], f"{module} imports {name}"
    for name in ("errors", "schema"):
        assert not imports(PACKAGE / f"{name}.py"), f"{name} imports nothing of ours"


def test_imports_have_no_cycles() -> None:
    graph = {module: imports(path) - {"zip_pipeline"} for module, path in modules().items()}
    while graph:
        leaves = {module for module, needs in graph.items() if not needs & graph.keys()}
        assert leaves, f"a cycle among {sorted(graph)}"
        graph = {module: needs for module, needs in graph.items() if module not in leaves}


def test_the_core_needs_no_spark() -> None:
    core = sorted(module for module in modules() if room(module) == "core")
    assert len(core) > 5
    code = f"import sys, {', '.join(core)}; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_rdd_no_context_no_jvm() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert not re.search(r"\.rdd\b|sparkContext|_jvm|_jsparkSession|\._sc\b", path.read_text()), path


def test_the_version_stands_first_in_the_changelog() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == zip_pipeline.__version__
