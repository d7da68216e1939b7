"""The key `select.target`: its short forms, what a target takes over from the pool, and what is refused."""

import doctest

import pytest

from support.configs import REQUIRED
from zip_pipeline.config import Select, SelectConfig, load, target
from zip_pipeline.errors import ConfigError


def config(*overrides: str) -> SelectConfig:
    return load(None, [*REQUIRED, *overrides], SelectConfig)


def section(*overrides: str) -> Select:
    return config(*overrides).select


def test_documentation_examples() -> None:
    assert doctest.testmod(target).failed == 0


def test_by_default_there_is_none() -> None:
    assert section().target == []
    assert section().rule == "gain"


@pytest.mark.parametrize("value", ["t.jsonl", "[t.jsonl]", "{path: t.jsonl}", "[{path: t.jsonl}]"])
def test_short_forms(value: str) -> None:
    (only,) = section(f"select.target={value}").target
    assert (only.path, only.weight) == ("t.jsonl", 1.0)


def test_a_target_makes_its_rule_the_default() -> None:
    made = section("select.target=t.jsonl")
    assert (made.rule, made.quotas) == ("target", {})
    assert section("select.target=t.jsonl", "select.quotas=tempered").quotas == "tempered"
    assert section("select.rule=cover").quotas == {}


def test_several_targets_have_weights() -> None:
    some = section("select.target=[a, {path: b, weight: 2.5, where: \"lang = 'en'\"}]").target
    assert [(one.path, one.weight, one.where) for one in some] == [("a", 1.0, None), ("b", 2.5, "lang = 'en'")]


def test_a_target_is_read_as_the_pool_unless_it_says_otherwise() -> None:
    pool = ["input.dialect=text", "input.columns={text: body, id: key}", "input.where=x > 1", "input.format=jsonl"]
    first, second = config(*pool, "select.target=[a, {path: b, dialect: auto, columns: {text: answer}}]").select.target
    assert (first.dialect, first.columns.text, first.columns.id) == ("text", "body", "key")
    assert (second.dialect, second.columns.text, second.columns.id) == ("auto", "answer", "key")
    assert first.where is None, "which rows of the pool, and its format, is no way of reading"
    assert first.format is None


def test_the_manifests_config_is_the_same_config() -> None:
    made = config("input.columns={text: body}", "select.target=t.jsonl")
    assert SelectConfig.model_validate(made.resolved()) == made


def test_k1_and_k2_do_not_matter() -> None:
    assert section("select.target=t.jsonl", "select.k3=1000").k3 == 1000


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["select.rule=target"], "select: the rule target needs 'target'"),
        (["select.rule=paper", "select.target=t"], "select: 'target' is for the rule target, but 'rule' is paper"),
        (["select.rule=cover", "select.target=t"], "but 'rule' is cover; leave out one of them"),
        (["select.target=t", "select.keep_state=true"], "the rule target continues without states"),
        (["select.target={path: t, weight: 0}"], "select.target.0.weight: input should be greater than 0, found 0"),
        (["select.target={pth: t}"], "select.target.0.pth: unknown key, did you mean 'path'"),
        (["select.target=5"], "select.target: input should be a valid list, found 5"),
        (["select.target={weight: 1.0}"], "select.target.0: expected a 'path' or a 'table'"),
        (["select.k3=500"], "expected k1 >= k2 >= k3"),
    ],
)
def test_mistakes(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        section(*overrides)
