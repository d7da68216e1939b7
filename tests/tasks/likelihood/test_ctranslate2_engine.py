"""The engine ctranslate2 on models made and converted here; collected only where it and torch are installed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ctranslate2.converters import TransformersConverter

from support.tiny_llama import BEGINS, make
from zip_pipeline.errors import InputError
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.engines import load
from zip_pipeline.tasks.likelihood.score import UNRETURNED, Inspection, LikelihoodScorer

TEXTS = ["the cat sat on the mat", "Zwölf", "x", "a document that is longer than any window " * 9]
FILES = ["tokenizer.json", "tokenizer_config.json"]


def convert(folder: Path, *, files: list[str] = FILES, quantization: str | None = None, **kinds: bool) -> str:
    path = make(folder / "made", **kinds)
    return str(TransformersConverter(path, copy_files=files).convert(str(folder / "m"), quantization=quantization))


def settings_of(path: str, engine: str = "ctranslate2", dtype: str = "float32") -> ModelSettings:
    return ModelSettings("m", path, engine, dtype, "cpu", 1)


def rows_of(settings: ModelSettings, texts: list[str]) -> list[dict[str, Any]]:
    part = [
        {"part": 0, "id": f"d{number}", "source": None, "payload": text.encode()} for number, text in enumerate(texts)
    ]
    return LikelihoodScorer(settings, 40, 15, 200, "how").score(load(settings), part)


def test_it_says_what_transformers_says(tmp_path: Path) -> None:
    rows = rows_of(settings_of(convert(tmp_path)), TEXTS)
    others = rows_of(settings_of(str(tmp_path / "made"), "transformers"), TEXTS)
    for row, other in zip(rows, others, strict=True):
        assert row["log_probability"] == pytest.approx(other["log_probability"], rel=1e-6)
        assert (row["tokens"], row["windows"]) == (other["tokens"], other["windows"])


def test_it_says_what_it_is(tmp_path: Path) -> None:
    settings = settings_of(convert(tmp_path))
    engine = load(settings)
    assert (engine.prefix, engine.longest) == (BEGINS, 64)
    assert engine.about["prefix"] == "bos (256)"
    assert engine.about["computes in"] == "float32"
    with pytest.raises(InputError, match=r"it reads 64 tokens at most, and loglikelihood.window is 65"):
        list(Inspection(settings, 65).inspect([]))


def test_a_tokenizer_that_loses_text_scores_none_of_it(tmp_path: Path) -> None:
    rows = rows_of(settings_of(convert(tmp_path, lower=True)), ["UP", "low"])
    assert [row.get("reason") for row in rows] == [UNRETURNED, None]


def test_weights_of_eight_bits_are_never_called_more(tmp_path: Path) -> None:
    path = convert(tmp_path, quantization="int8")
    with pytest.raises(InputError, match=r"its weights are int8; set loglikelihood.dtype=int8, or convert it again"):
        load(settings_of(path))
    engine = load(settings_of(path, dtype="int8"))
    assert engine.about["computes in"].startswith("int8")


def test_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"it has no tokenizer.json; convert it with --copy_files tokenizer.json"):
        load(settings_of(convert(tmp_path / "a", files=[])))
    path = convert(tmp_path / "b")
    config = json.loads((Path(path) / "config.json").read_text())
    (Path(path) / "config.json").write_text(json.dumps(config | {"bos_token": "", "eos_token": ""}))
    with pytest.raises(InputError, match="its tokenizer has neither a token bos nor eos, which would begin a text"):
        load(settings_of(path))
    with pytest.raises(InputError, match="the model cannot be loaded"):
        load(settings_of(make(tmp_path / "c")))


NO_TORCH = """
import sys
sys.modules |= {"torch": None, "transformers": None}
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.engines import load
engine = load(ModelSettings("m", sys.argv[1], "ctranslate2", "float32", "cpu", 1))
print(engine.decode(engine.encode(["Zwölf"])[0]))
"""


def test_it_needs_no_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_TORCH, convert(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "Zwölf\n"
