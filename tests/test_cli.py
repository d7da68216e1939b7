"""Help that teaches, without Spark: examples that parse, a default for each argument, exit codes."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zip_pipeline import cli
from zip_pipeline.commands import pages
from zip_pipeline.config import JOBS, ScoreConfig, SelectConfig, load

ROOT = Path(__file__).parents[1]

by_command = pytest.mark.parametrize("name", cli.COMMANDS)


def help_of(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main([*name.split(), "--help"])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@by_command
def test_help_names_defaults_examples_and_exit_codes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(name, capsys)
    for shortcut in cli.SHORTCUTS:
        if name in shortcut.jobs:
            assert f"{shortcut.flag} " in text
            assert "required" in shortcut.options["help"] or "default: " in shortcut.options["help"], shortcut
    assert f"examples: zip-pipeline {name} --" in text
    for code in (0, 1, 2):
        assert f" {code} {cli.EXIT_CODES[code]}" in text
    assert (cli.COMMANDS["law check"].exit_codes[3] in text) == (name == "law check")
    assert (" 3 done" in text) == (name == "law check")


@by_command
def test_examples_parse(name: str) -> None:
    assert len(cli.COMMANDS[name].examples) >= 3
    for typed in cli.COMMANDS[name].examples:
        assert cli._parser().parse_args([*name.split(), *shlex.split(typed)]).job == name


@by_command
def test_a_command_loads_its_job(name: str) -> None:
    job = cli.COMMANDS[name].load()
    assert get_type_hints(job.run)["config"] is JOBS[name]


@by_command
def test_a_dry_run_never_runs_the_job(name: str) -> None:
    """A command either has a plan of its own or does not take the argument."""
    command, arguments = cli.COMMANDS[name], [*name.split(), "--dry-run"]
    assert (command.plan is None) == (name in ("explain", "diff", "clean"))
    if command.plan is None:
        with pytest.raises(SystemExit):
            cli._parser().parse_args(arguments)
    else:
        assert cli._parser().parse_args(arguments).load_plan()
        assert command.load_plan() is not cli.COMMANDS[name].load().run
    assert cli._parser().parse_args(name.split()).load_plan is None


def overrides(*arguments: str) -> list[str]:
    given: list[str] = cli._parser().parse_args(arguments).set
    return given


def test_of_arguments_for_one_key_the_last_one_counts() -> None:
    def budget(*arguments: str) -> int | str:
        places = ("--input", "p", "--output", "o")
        return load(None, overrides("select", *places, *arguments), SelectConfig).select.budget

    assert budget("--budget", "5", "--set", "select.budget=52") == 52
    assert budget("--set", "select.budget=52", "--budget", "5") == 5
    assert budget("--set", "select.budget=1", "--set", "select.budget=2%") == "2%"


@given(
    st.text(st.characters(categories=["L", "N", "P", "S", "Z", "C"]), min_size=1).filter(lambda text: text[0] != "-")
)
@example("\U0001f600 \x7f\udcff\\ud83d\n")
def test_a_name_arrives_as_it_was_typed(name: str) -> None:
    """A name of a file may hold what is no character, which Python reads as half of one."""
    assert load(None, overrides("score", "--input", name, "--output", "o"), ScoreConfig).input.path == name


def test_an_argument_that_would_replace_itself_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for twice in (
        ["--input", "a", "--input", "b"],
        ["--config", "a", "--config", "b"],
        ["--budget", "5", "--budget", "5"],
    ):
        with pytest.raises(SystemExit) as end:
            cli._parser().parse_args(["select", *twice])
        assert end.value.code == 2
        assert capsys.readouterr().err.endswith(f"argument {twice[0]}: given twice\n")
    assert overrides("measure", "--input", "a", "--input", "b")[-1] == 'measure.inputs=["a", "b"]'
    assert overrides("law", "check", "--fail-on-risk") == ["check.fail_on_risk=true"]
    assert overrides("evaluate", "--held-out", "2024", "b") == ['evaluate.held_out=[{"path": "2024"}, {"path": "b"}]']


def test_short_words_for_common_keys(capsys: pytest.CaptureFixture[str]) -> None:
    places = ("--input", "p", "--output", "o", "--budget", "5")
    config = load(None, overrides("select", *places, "--overwrite", "--format", "jsonl"), SelectConfig)
    assert (config.output.mode, config.output.format) == ("overwrite", "jsonl")
    for name in cli.COMMANDS:
        answers = name in ("explain", "diff", "clean")
        for flag, absent in (("--overwrite", answers), ("--format", answers or name == "export"), ("--quiet", answers)):
            assert (f"{flag} " in help_of(name, capsys)) != absent, (name, flag)


def test_a_quiet_command_says_nothing_but_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("of somebody")
    for more in ([], ["--dry-run"]):
        assert cli.run(["score", "--input", "nowhere.parquet", "--output", str(tmp_path), "--quiet", *more]) == 2
    said = capsys.readouterr().err.splitlines()[-1] + "\n"
    assert said.startswith(f"zip-pipeline score: {tmp_path}: exists already")
    assert said.count("\n") == 1


def test_help_is_fast() -> None:
    """It imports nothing that takes a second."""
    heavy = {"pyspark", "pydantic", "numpy", "pyarrow", "rich", "matplotlib"}
    code = f"""
import sys
from zip_pipeline import cli
from zip_pipeline.commands import pages
try:
    cli.main(["select", "--help"])
finally:
    sys.exit(bool({heavy} & sys.modules.keys()))
"""
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


@by_command
def test_a_config_to_begin_with(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["config", *name.split()]) == 0
    assert capsys.readouterr().out.startswith(f"# zip-pipeline {name}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("selct", "argument JOB: invalid choice: 'selct'; did you mean 'select'?"),
        ("zzz", "argument JOB: invalid choice: 'zzz' (choose from select, "),
        ("law fot", "argument COMMAND: invalid choice: 'fot'; did you mean 'fit'?"),
        ("select --targt x --budget 5", "unrecognized arguments: --targt x; did you mean '--target'?"),
        ("select --dry-rnu", "unrecognized arguments: --dry-rnu; did you mean '--dry-run'?"),
        ("split --zzz", "unrecognized arguments: --zzz\n"),
    ],
)
def test_a_wrong_name_gets_the_nearest_one(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.run(arguments.split())
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("select --input x", "output: missing; add --output PATH; select: missing; add --budget AMOUNT\n"),
        ("select --input x --output y --target t", "select.budget: missing; add --budget AMOUNT\n"),
        ("export --output o.jsonl", "export: missing; add --selection OUT\n"),
        (
            "evaluate --selection a --held-out b --output c --set input.columns.text=d",
            "input: expected a 'path' or a 'table'; add --input PATH\n",
        ),
        ("select --input x --output y --budget much", "found 'much'\n"),
    ],
)
def test_what_is_missing_is_named_as_it_is_typed(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments.split()) == 2
    assert capsys.readouterr().err.endswith(said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("select --input {}/nope.jsonl --budget 5", "nope.jsonl: no such file or folder"),
        ("select --input {0}/a.jsonl --target {0}/tarqet.jsonl --budget 5", "tarqet.jsonl: no such file or folder"),
        ("evaluate --selection {0}/nope --held-out {0}/a.jsonl", "nope: no such folder; expected the output of"),
        ("evaluate --selection {0}/nope --held-out {0}/b.jsonl --input {0}/a.jsonl", "nope: no such folder"),
    ],
)
def test_a_wrong_path_does_not_wait_for_spark(
    arguments: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("zip_pipeline.jobs.base.session", None)
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    assert cli.run([*arguments.format(tmp_path).split(), "--output", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_config_of_no_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["config", "selct"]) == 2
    assert "no job is called selct; expected one of: select," in capsys.readouterr().err


def test_the_config_of_a_run_is_shown_and_nothing_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert cli.run(["select", "--input", "no.parquet", "--output", str(out), "--budget", "5", "--show-config"]) == 0
    shown = capsys.readouterr().out
    assert "  budget: 5  # select.budget=5" in shown
    assert not out.exists()
    assert cli.run(["select", "--show-config"]) == 2
    assert "select: missing" in capsys.readouterr().err


def test_the_pages_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["docs"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^  quickstart +Quick start$", listed, re.MULTILINE)
    assert "decisions/exact" in listed
    assert cli.run(["docs", "quickstart"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs/quickstart.md").read_text()
    assert cli.run(["docs", "quikstart"]) == 2
    assert "no page is called quikstart; expected one of: architecture, " in capsys.readouterr().err


def test_a_reader_may_stop_reading() -> None:
    command = f"{sys.executable} -c 'from zip_pipeline.cli import main; main()' docs troubleshooting | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "# Troubleshooting\n", "")


def test_a_wheel_brings_the_pages() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"docs": "zip_pipeline/docs"}
    assert pages.PACKAGE == ROOT / "zip_pipeline"


@pytest.mark.parametrize("name", ["config", "completion", "docs"])
def test_commands_that_only_print_have_examples_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert help_of(name, capsys).count(f"zip-pipeline {name}") >= 4  # with the usage


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_commands_and_arguments(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "deduplicate" in script
    assert "--budget" in script or "budget" in script


def test_the_help_begins_with_what_most_people_want(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.run(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "`zip-pipeline docs quickstart` is the page to begin with" in text
    jobs = [
        text.index(f" {name} ", text.index("JOB select")) for name in ("select", "score", "evaluate", "law", "config")
    ]
    assert jobs == sorted(jobs)
