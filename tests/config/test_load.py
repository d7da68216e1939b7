"""Files and overrides make a config; a mistake is explained in one line."""

import re
from pathlib import Path

import pytest

from support.configs import CONF, REQUIRED
from zip_pipeline.config import (
    CheckConfig,
    Deduplicate,
    DeduplicateConfig,
    EvaluateConfig,
    FitConfig,
    LoglikelihoodConfig,
    MeasureConfig,
    RankConfig,
    ScoreConfig,
    SelectConfig,
    SplitConfig,
    load,
)
from zip_pipeline.errors import ConfigError

OTHERS = {
    "deduplicate.yaml": DeduplicateConfig,
    "evaluate.yaml": EvaluateConfig,
    "law.fit.yaml": FitConfig,
    "law.check.yaml": CheckConfig,
    "law.rank.yaml": RankConfig,
    "loglikelihood.yaml": LoglikelihoodConfig,
    "measure.yaml": MeasureConfig,
}
"""The configs of files that are not for `select`."""


def test_defaults() -> None:
    config = load(None, REQUIRED, SelectConfig)
    assert (config.select.rule, config.select.k1, config.select.k2, config.select.k3) == ("gain", 150, 150, 100)
    assert config.resolved()["codec"] == {"name": "zlib", "level": 9, "window": "64MB"}
    assert (config.render, config.input.deduplicate) == ("content", Deduplicate())
    assert load(str(CONF / "select.yaml"), REQUIRED, SelectConfig) == config


def test_the_published_rule() -> None:
    config = load(str(CONF / "select.paper.yaml"), REQUIRED, SelectConfig)
    assert config == load(
        None, [*REQUIRED, "select.rule=paper", "codec.window=32KB", "input.deduplicate=none"], SelectConfig
    )
    assert (config.select.k1, config.select.k2, config.select.k3) == (10_000, 200, 100)


def test_output_defaults() -> None:
    config = load(None, REQUIRED, SelectConfig)
    assert (config.output.format, config.output.mode, config.input.on_bad_record) == (
        "parquet",
        "error",
        "keep_apart",
    )


def test_overrides_win_over_the_file_and_over_earlier_ones(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("input: {path: a, where: \"lang = 'en'\"}\nselect: {budget: 1}\noutput: {path: o}\n")
    config = load(str(file), ["select.budget=2", "select.budget=3", "input.options.versionAsOf=4"], SelectConfig)
    assert (config.select.budget, config.input.where, config.input.options) == (
        3,
        "lang = 'en'",
        {"versionAsOf": 4},
    )


def test_a_file_for_select_serves_score(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("input: {path: a}\nselect: {budget: 1}\nrun: {workers: 2}\noutput: {path: o}\n")
    assert "select" not in load(str(file), [], ScoreConfig).resolved()


def test_what_a_job_does_not_read_is_refused_where_it_is_given_to_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("input: {path: a, deduplicate: exact, prefer: grade}\noutput: {path: o}\n")
    for job in (ScoreConfig, SplitConfig):
        assert "deduplicate" not in load(str(file), [], job).resolved()["input"]
        for override in ("input.deduplicate=near", "select={budget: 5}"):
            key = override.partition("=")[0]
            with pytest.raises(ConfigError, match=re.escape(f"--set {override}: this job does not read {key}")):
                load(str(file), [override], job)
    assert load(str(file), ["select.budget=5"], SelectConfig).input.prefer == "grade"


def test_a_file_may_hold_the_sections_of_all_jobs(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "input: {path: a}\nselect: {budget: 1}\nrun: {pools: 8}\nsplit: {share: 0.1}\noutput: {path: o}\n"
        "evaluate: {selections: [o], held_out: [{path: h}]}\n"
    )
    assert load(str(file), [], SplitConfig).split.share == 0.1
    assert load(str(file), ["split.share=5%"], SplitConfig).split.share == 0.05
    assert load(str(file), [], SelectConfig).select.budget == 1
    evaluate = load(str(file), [], EvaluateConfig)
    assert [place.path for place in evaluate.evaluate.held_out] == ["h"]
    assert evaluate.resolved().keys() == {"evaluate", "input", "output", "run"}
    assert evaluate.resolved()["run"].keys() == {"workers", "events", "lineage"}
    with pytest.raises(ConfigError, match=re.escape("--set run.pools=2: this job does not read run.pools")):
        load(str(file), ["run.pools=2"], EvaluateConfig)


@pytest.mark.parametrize("short", ["deduplicate: exact", "deduplicate: {kind: exact, max_removed: 50%}"])
def test_a_short_form_and_the_keys_of_its_section_add_up(tmp_path: Path, short: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"input: {{path: a, {short}}}\nselect: {{budget: 1}}\noutput: {{path: o}}\n")

    def section(*overrides: str) -> Deduplicate:
        return load(str(file), overrides, SelectConfig).input.deduplicate

    in_file = Deduplicate(kind="exact", max_removed=0.5 if "max" in short else None)
    assert section() == in_file
    near = in_file.model_copy(update={"kind": "near", "threshold": 0.7})
    assert section("input.deduplicate.threshold=0.7", "input.deduplicate=near") == near
    assert section("input.deduplicate=near", "input.deduplicate.threshold=70%") == near
    assert section("input.deduplicate={threshold: 0.7}") == Deduplicate(threshold=0.7), "a section replaces the section"
    assert "deduplicate" not in load(str(file), [], ScoreConfig).resolved()["input"]


@pytest.mark.parametrize("file", sorted(CONF.glob("*.yaml")), ids=lambda file: file.name)
def test_every_config_file_loads(file: Path) -> None:
    load(str(file), [], OTHERS.get(file.name, SelectConfig))


def test_the_file_of_deduplicate_holds_its_defaults() -> None:
    config = load(str(CONF / "deduplicate.yaml"), [], DeduplicateConfig)
    assert config == load(None, ["input.path=pool.parquet", "output.path=unique"], DeduplicateConfig)
    with pytest.raises(ConfigError, match=r"^config: input\.deduplicate is none, so there is nothing to do"):
        load(str(CONF / "deduplicate.yaml"), ["input.deduplicate=none"], DeduplicateConfig)


def test_each_key_is_text(tmp_path: Path) -> None:
    """YAML takes `on`, `no` and 2024 for other things than text."""
    file = tmp_path / "c.yaml"
    file.write_text(
        "input: {path: p, deduplicate: {on: whole}}\noutput: &o {path: out}\n"
        "select: {budget: 5, keep_state: yes, quotas: {no: {share: 0.5}, 2024: {share: 0.5}}}\n"
    )
    config = load(str(file), [], SelectConfig)
    assert config.input.deduplicate.on == "whole"
    assert isinstance(config.select.quotas, dict)
    assert [*config.select.quotas] == ["no", "2024"]
    assert config.select.keep_state is True, "values are as they were"
    config = load(str(file), ["input.deduplicate={on: content}", "output={<<: {path: a}, mode: error}"], SelectConfig)
    assert (config.input.deduplicate.on, config.output.path) == ("content", "a")


def test_a_date_is_text(tmp_path: Path) -> None:
    """As the header of the cluster's config has it, for a run a day."""
    file = CONF / "select.cluster.yaml"
    (override,) = re.findall(r"--set (.*)", file.read_text())
    config = load(str(file), [override.replace("$(date +%F)", "2026-11-25")], SelectConfig)
    assert config.output.run_id == "2026-11-25"
    mine = tmp_path / "c.yaml"
    mine.write_text("input: {path: p, options: {timestampAsOf: 2026-11-25 10:00:00}}\noutput: {path: 2026-11-25}\n")
    read = load(str(mine), [], ScoreConfig)
    assert (read.output.path, read.input.options) == ("2026-11-25", {"timestampAsOf": "2026-11-25 10:00:00"})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["select.budgt=5"], "select.budgt: unknown key, did you mean 'budget'?"),
        (["selct.k1=5"], "selct: unknown key, did you mean 'select'?"),
        (["input.columns.idd=x"], "input.columns.idd: unknown key, did you mean 'id'?"),
        (["select.bounds.form={path: p}"], "select.bounds.form: unknown key, did you mean 'from'?"),
        (
            ["select.bounds.from={path: p, lowr: 0.1}"],
            "select.bounds.from.lowr: unknown key, did you mean 'lower'?",
        ),
        (
            ["select.extend={pth: p}"],
            "select.extend.path: missing; select.extend.pth: unknown key, did you mean 'path'?",
        ),
        (
            ["select.quotas={books: {shrae: 0.5}}"],
            "select.quotas.books.shrae: unknown key, did you mean 'share'?",
        ),
        (
            ["select.quotas=temperd"],
            "select.quotas: input should be 'tempered' or 'proportional', found 'temperd'; "
            "select.quotas: input should be a valid dictionary, found 'temperd'",
        ),
        (["zzz=5"], "zzz: unknown key"),
        (["my-key=5"], "my-key: unknown key"),
        (["input.on-bad-record=fail"], "input.on-bad-record: unknown key, did you mean 'on_bad_record'?"),
        *[
            (
                [f"select.budget={override}"],
                "select.budget: expected a number of records, a size such as 200MB, tokens such as 50M tokens, or a share such as 5%, "
                f"found {shown}",
            )
            for override, shown in [("0", "0"), ("many", "'many'"), ("5.5", "5.5"), ("-5%", "'-5%'")]
        ],
        (
            ["select.length_strata=3"],
            "select: length_strata above 1 needs 'quotas: proportional'",
        ),
        (["select.k3=300"], "select: expected k1 >= k2 >= k3, found 150, 150, 300"),
        (
            ["select.rule=best"],
            "select.rule: input should be 'gain', 'target', 'cover', 'paper' or 'reference', found 'best'",
        ),
        (["codec.level=0"], "codec: expected level 1 to 9 for zlib, found 0"),
        (["codec.name=zstd", "codec.level=20"], "codec: expected level 1 to 19 for zstd, found 20"),
        (["codec.window=wide"], "codec.window: expected a size such as 64MB, found 'wide'"),
        (["codec.window=33KB"], "codec: expected window a power of two from 32KB to 1GB for zlib, found 33KB"),
        (["codec.name=zlip"], "codec.name: input should be 'zlib' or 'zstd', found 'zlip'"),
        (
            ["codec.name=zstd", "render=repr"],
            "config: render: repr needs codec.name=zlib, as the reference program has it; set render=content",
        ),
        (
            ["codec.name=zstd"],
            "config: select.rule gain needs codec.name=zlib, because it measures after every pick; "
            "set select.rule=paper for zstd",
        ),
        (
            ["input.deduplicate=none", "input.prefer=grade"],
            "input: 'prefer' chooses among duplicates, but 'deduplicate' is none; set deduplicate to near or exact",
        ),
        (
            ["input.deduplicate=most"],
            "input.deduplicate.kind: input should be 'none', 'exact' or 'near', found 'most'",
        ),
        (
            ["input.deduplicate.threshold=0"],
            "input.deduplicate.threshold: input should be greater than 0, found 0",
        ),
        (
            ["input.deduplicate.max_removd=5%"],
            "input.deduplicate.max_removd: unknown key, did you mean 'max_removed'?",
        ),
        (["input.table=t"], "input: expected one of 'path' and 'table', found both"),
        (["select"], "--set select: expected dotted.key=value"),
        (["select.budget.x=1"], "--set select.budget.x=1: 'budget' holds a value, not keys"),
        (["select.budget={"], "--set select.budget={: the value is not YAML"),
        (
            ["codec={level: 1, level: 2}"],
            "--set codec={level: 1, level: 2}: line 1: the key 'level' is there twice, first in line 1; keep one",
        ),
    ],
)
def test_mistakes(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(None, [*REQUIRED, *overrides], SelectConfig)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("a: [", "not YAML: "),
        ("[1]", "expected keys with values, found list"),
        (
            "input: {}\nselect: {budget: 9}\nselect: {k1: 200}",
            "line 3: the key 'select' is there twice, first in line 2",
        ),
        ("[" * 5000, "nested too deeply"),
    ],
)
def test_bad_files(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "c.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=message) as error:
        load(str(file), [], SelectConfig)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_message_shows_a_part_of_a_long_value() -> None:
    with pytest.raises(ConfigError, match=r"^input\.path: input should be a valid string, found \['a', .{,200}$"):
        load(None, [*REQUIRED, f"input.path={['a'] * 10_000}"], SelectConfig)
