"""The section of duplicates: its short form, its shares, and the section of an earlier version's manifest."""

import pytest

from zip_pipeline.config import Deduplicate, SelectInput, validate
from zip_pipeline.errors import ConfigError


@pytest.mark.parametrize("kind", ["near", "exact", "none"])
def test_the_kind_alone_stands_for_the_section(kind: str) -> None:
    """An output of an earlier version has the short form in its manifest, and is read still."""
    section = validate(SelectInput, {"path": "p", "deduplicate": kind}).deduplicate
    assert section == Deduplicate.model_validate({"kind": kind})
    assert validate(Deduplicate, section.model_dump(mode="json")) == section


def test_scoring_keeps_what_is_compared_only_where_it_is_compared() -> None:
    assert Deduplicate().compared == "content"
    assert Deduplicate(on="whole").compared == "whole"
    assert Deduplicate(kind="exact").compared is None


def test_shares_are_numbers_or_percentages() -> None:
    keys = {"threshold": "80%", "common": "0.1%", "max_removed": "50%"}
    section = validate(Deduplicate, keys)
    assert (section.threshold, section.common, section.max_removed) == (0.8, 0.001, 0.5)
    assert validate(Deduplicate, {"threshold": 1, "common": 1, "max_removed": 0}).threshold == 1
    for key, value in {"threshold": "101%", "common": 0, "max_removed": -0.1}.items():
        with pytest.raises(ConfigError, match=f"^{key}: input should be"):
            validate(Deduplicate, {key: value})


def test_no_other_value_stands_for_the_section() -> None:
    for value in (None, 5, ["near"]):
        with pytest.raises(ConfigError, match=r"^deduplicate\.kind: input should be 'none', 'exact' or 'near'"):
            validate(SelectInput, {"path": "p", "deduplicate": value})
