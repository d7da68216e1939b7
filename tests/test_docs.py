"""What the pages of docs/ say is what there is: links, files, keys, commands, messages, columns."""

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import zip_pipeline
from zip_pipeline import cli, schema
from zip_pipeline.config import JOBS
from zip_pipeline.records.dialects import DIALECT_NAMES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(DOCS.rglob("*.md"))
by_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
USER_ERRORS = {"UserError", "ConfigError", "InputError", "OutputError", "SetupError", "CodecMismatchError"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)", re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


def config_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("config_reference", DOCS / "config_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@by_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@by_page
def test_files_that_it_names_are_there(page: Path) -> None:
    places = r"`((?:zip_pipeline|docs|conf|tests|examples|jobs|docker)/[\w./-]*)`"
    for name in re.findall(places, text_of(page)):
        assert (ROOT / name).exists(), name


@by_page
def test_commands_parse(page: Path) -> None:
    """Each command that it shows has arguments that the command takes; ``...`` and comments are left out."""
    parser = cli._parser()
    text = text_of(page).replace("\\\n", " ").replace("$(date +%F)", "2026-11-25")
    for line in re.findall(r"^ +zip-pipeline (.+)$", text, re.MULTILINE):
        command = line.partition("  #")[0].replace(" ...", "")
        if not command.startswith("JOB"):
            parser.parse_args(shlex.split(command))


def test_each_page_is_in_the_sites_navigation() -> None:
    listed = set(re.findall(r": ([\w/-]+\.md)$", text_of(ROOT / "mkdocs.yml"), re.MULTILINE))
    present = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert listed == present | {"contributing.md", "changelog.md"}


def test_the_config_reference_is_up_to_date() -> None:
    assert text_of(DOCS / "config.md") == config_reference().page(), "run make docs"


def test_the_config_reference_has_every_job_and_every_key_a_meaning() -> None:
    reference = config_reference()
    assert {job for key in reference.all_keys().values() for job in key.jobs} == set(JOBS) == set(cli.COMMANDS)
    for dotted, key in reference.all_keys().items():
        assert key.info.description, dotted
        assert dotted.partition(".")[0] in reference.SECTIONS, dotted
    assert all(f"`{name}`" in text_of(DOCS / "concepts.md") for name in DIALECT_NAMES)


def test_every_config_file_is_named() -> None:
    named = set(re.findall(r"`conf/([\w.-]+)`", text_of(DOCS / "config.md")))
    assert named == {path.name for path in (ROOT / "conf").iterdir()}


def test_every_job_and_argument_is_named() -> None:
    commands = text_of(DOCS / "commands.md")
    for name in cli.COMMANDS:
        assert f"| `{name}` |" in commands
    for shortcut in cli.SHORTCUTS:
        assert shortcut.flag in commands


def test_every_table_and_column_of_a_selection_is_named() -> None:
    output = text_of(DOCS / "output.md")
    tables = {value for name, value in vars(schema).items() if name.endswith("_TABLE")}
    for name in [
        *(f"{table}/" for table in tables),
        *schema.PICKED,
        *schema.SCORES,
        *schema.REJECTED,
        *schema.DUPLICATES,
    ]:
        assert f"`{name}`" in output, name


def literals(node: ast.AST) -> Iterator[str]:
    """Yield the fixed parts of a text; what an f-string fills in is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.FormattedValue | ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def messages() -> Iterator[tuple[str, str]]:
    """Yield the words of each message that means exit code 2, and where it is raised."""
    for path in sorted((ROOT / "zip_pipeline").rglob("*.py")):
        kinds = USER_ERRORS | ({"ValueError"} if path.parent.name == "config" else set())
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                words = " ".join(literals(node.args[0]))
                if len(words.split()) > 1:
                    yield words, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_message_has_a_remedy() -> None:
    """By half of its words: a message may be put in other words, but a new one is noticed."""
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", text_of(DOCS / "troubleshooting.md"), re.MULTILINE)
    known = [set(re.findall(r"[a-z]{3,}", row.lower())) for row, _ in rows]
    unknown = []
    for message, place in messages():
        words = set(re.findall(r"[a-z]{3,}", message.lower()))
        if max(len(words & row) / len(words) for row in known) < 0.5:
            unknown.append(f"{place}: {message}")
    assert not unknown


def test_the_changelog_names_what_moved() -> None:
    changelog = text_of(ROOT / "CHANGELOG.md")
    assert all(f"`zip_pipeline.{name}`" in changelog for name in ("core", "lake", "notebook", "demo_pool"))


def test_the_citation_is_of_this_version() -> None:
    assert str(yaml.safe_load(text_of(ROOT / "CITATION.cff"))["version"]) == zip_pipeline.__version__
