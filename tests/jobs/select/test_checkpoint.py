"""A checkpoint holds what was done up to the last whole round, and serves no other run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import fs

from support.rounds import same, selection
from support.rule import text_pool
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select.checkpoint import RoundFiles, SelectionCheckpoint
from zip_pipeline.selection.greedy import Round
from zip_pipeline.selection.quotas import Budget
from zip_pipeline.spark.io.location import Location

ROOT = Path(__file__).parents[3]
BUILD = Build("stock", "1.2.13", 16203)
FILES = {"file:///pool.jsonl": [100, 1], "file:///more.jsonl": [5, 1]}


@pytest.fixture(scope="module")
def whole() -> list[Round]:
    return selection(text_pool(4, 60), "paper", "limits", (12, 6, 3), Budget(15))[1]([])


def elsewhere(path: Path) -> Location:
    """A folder on a filesystem that is not this machine's, as far as anybody can tell."""
    return Location(f"other://{path}", fs.SubTreeFileSystem(str(path), fs.LocalFileSystem()), "rounds")


def here(path: Path) -> Location:
    return Location.of(str(path / "rounds"))


@pytest.mark.parametrize("place", [here, elsewhere])
def test_rounds_come_back(whole: list[Round], tmp_path: Path, place: Any) -> None:
    assert len(whole) > 3
    assert same(list(RoundFiles(place(tmp_path), b"this").store(whole[:3])), whole[:3])
    again = RoundFiles(place(tmp_path), b"this")
    done = list(again.read())
    assert same(done, whole[:3])
    assert same(list(again.store([*done, *whole[3:]])), whole)
    assert same(list(RoundFiles(place(tmp_path), b"this").read()), whole)
    assert list(RoundFiles(place(tmp_path), b"another").read()) == []
    assert len(place(tmp_path).children()) == len(whole), "a file a round and nothing else"


def test_a_round_is_kept_before_it_is_passed_on(whole: list[Round], tmp_path: Path) -> None:
    made = RoundFiles(here(tmp_path), b"this").store(whole)
    for number in range(1, 4):
        next(made)
        assert len(list(RoundFiles(here(tmp_path), b"this").read())) == number


@pytest.mark.slow
def test_a_file_cut_at_any_byte_is_noticed(whole: list[Round], tmp_path: Path) -> None:
    list(RoundFiles(here(tmp_path), b"this").store(whole[:3]))
    last = tmp_path / "rounds/round-00000002"
    content = last.read_bytes()
    for size in range(len(content)):
        last.write_bytes(content[:size])
        files = RoundFiles(here(tmp_path), b"this")
        done = list(files.read())
        assert len(done) == 2, size
        if size % 97 == 0:  # and it is made good
            list(files.store(whole[:3]))
            assert last.read_bytes() == content


@given(number=st.integers(0, 2), place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(
    whole: list[Round], tmp_path_factory: pytest.TempPathFactory, number: int, place: float, change: int
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    list(RoundFiles(here(folder), b"this").store(whole[:3]))
    file = folder / f"rounds/round-{number:08}"
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= change
    file.write_bytes(content)
    assert same(list(RoundFiles(here(folder), b"this").read()), whole[:number])


def open_it(path: Path, *overrides: str, inputs: Any = (FILES,), build: Build = BUILD) -> SelectionCheckpoint:
    keys = [
        "input.path=pool.jsonl",
        f"output.path={path}-out",
        "select.budget=100",
        f"run.checkpoint={path}",
        *overrides,
    ]
    return SelectionCheckpoint(load(None, keys, SelectConfig), build, list(inputs), Location.of(f"{path}-scratch"))


def test_the_same_run_goes_on(whole: list[Round], tmp_path: Path) -> None:
    first = open_it(tmp_path / "c")
    assert first.stages.path == str(tmp_path / "c/stages")
    first.confirm("f00d")
    list(first.store(whole[:2]))
    del first  # as if it had died
    again = open_it(tmp_path / "c", "run.workers=3", "output.path=elsewhere", "run.driver_memory_budget=5GB")
    again.confirm("f00d")
    done = list(again.rounds_done())
    assert same(done, whole[:2])
    assert same(list(again.store([*done, *whole[2:]])), whole)
    again.remove()
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("changed", "kind", "said"),
    [
        ({"overrides": ["select.budget=200"]}, ConfigError, r"select\.budget was 100, is 200"),
        ({"overrides": ["run.seed=1"]}, ConfigError, r"run\.seed was 0, is 1"),
        ({"build": Build("other", "2", 16000)}, ConfigError, "codec's probe was 16203, is 16000"),
        ({"inputs": [FILES | {"file:///more.jsonl": [6, 2]}]}, InputError, "1 changed, .* such as file:///more.jsonl"),
        ({"inputs": [{}]}, InputError, "2 changed, were added or are gone"),
        ({"inputs": [None]}, InputError, "2 changed"),
        (
            {"overrides": ["select.k1=9", "select.k2=8", "select.k3=7", "select.rule=paper"], "inputs": [{}]},
            ConfigError,
            r"select\.k1 was 150, is 9; select\.k2 was 150, is 8; select\.k3 was 100, is 7 and 3 more",
        ),
    ],
)
def test_another_run_is_refused(tmp_path: Path, changed: dict[str, Any], kind: type[Exception], said: str) -> None:
    open_it(tmp_path / "c")
    with pytest.raises(kind, match=said):
        open_it(tmp_path / "c", *changed.pop("overrides", []), **changed)


def test_an_input_without_files_is_told_by_what_is_in_it(whole: list[Round], tmp_path: Path) -> None:
    first = open_it(tmp_path / "c", inputs=[None])
    assert first.stages.path.endswith("-scratch"), "what was scored may be of another pool by now"
    first.confirm("f00d")
    list(first.store(whole[:2]))
    del first  # as if it had died
    again = open_it(tmp_path / "c", inputs=[None])
    with pytest.raises(InputError, match="the input's fingerprint was f00d, is beef"):
        again.confirm("beef")
    again.confirm("f00d")
    assert same(list(again.rounds_done()), whole[:2])


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    open_it(tmp_path / "c")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/thesis.tex").write_text("dear")
    with pytest.raises(ConfigError, match=r"not a checkpoint \(no checkpoint.json\)"):
        open_it(tmp_path / "d")


def test_two_runs_do_not_share_a_checkpoint(tmp_path: Path) -> None:
    code = f"import sys; sys.path[:0] = ['tests', 'tests/jobs/select']; from test_checkpoint import *; c = open_it(Path({str(tmp_path)!r}, 'c'))"
    code += "; print('there', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"there\n"
        with pytest.raises(ConfigError, match="in use by another run"):
            open_it(tmp_path / "c")
        other.kill()
    open_it(tmp_path / "c")


def test_without_a_path_nothing_is_kept(whole: list[Round], tmp_path: Path) -> None:
    none = open_it(tmp_path / "c", "run.checkpoint=null")
    none.confirm("f00d")
    assert same(list(none.store(whole)), whole)
    assert list(none.rounds_done()) == []
    none.remove()
    assert not any(os.scandir(tmp_path))


def test_a_checkpoint_takes_along_only_what_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.bashrc").write_text("mine")
    whole = open_it(tmp_path / "home")
    whole.confirm("f00d")
    whole.remove()
    assert [path.name for path in (tmp_path / "home").iterdir()] == [".bashrc"]


def test_a_checkpoint_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(ConfigError, match="cannot be written"):
            open_it(path)
