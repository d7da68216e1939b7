"""Engines: what is missing is named before anything is loaded, and a model's hash is that of its files."""

from pathlib import Path

import pytest

from zip_pipeline.errors import InputError, SetupError
from zip_pipeline.tasks.likelihood import engines
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.engines import EXTRAS, PACKAGES, content_hash, load


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "transformers", ("no_such_package", "json"))
    message = r"engine transformers: .* has no package no_such_package; install zip-pipeline\[lm\] there"
    with pytest.raises(SetupError, match=message):
        load(ModelSettings("m", "nowhere", "transformers", "float32", "cpu", 1))


def test_a_model_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere: the model cannot be loaded: \[Errno 2\] No such file"):
        load(ModelSettings("m", "nowhere", "bytes", "float32", "cpu", 1))


def test_a_process_loads_a_model_once(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"x")
    settings = ModelSettings("m", str(tmp_path / "text"), "bytes", "float32", "cpu", 1)
    assert load(settings) is load(settings)


def test_the_hash_is_that_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a/inner").mkdir(parents=True)
    (tmp_path / "a/inner/x").write_text("1")
    (tmp_path / "a/y").write_text("2")
    first = content_hash(str(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "b")
    assert content_hash(str(tmp_path / "b")) == first, "where it lies does not matter"
    (tmp_path / "b/y").rename(tmp_path / "b/z")
    assert content_hash(str(tmp_path / "b")) != first
    with pytest.raises(InputError, match="no such file or folder here; expected a path that every executor has"):
        content_hash(str(tmp_path / "a"))


def test_every_engine_says_what_it_needs() -> None:
    assert EXTRAS.keys() == PACKAGES.keys()
    assert all(bool(EXTRAS[name]) == bool(PACKAGES[name]) for name in EXTRAS)
    assert not engines.versions("bytes")
