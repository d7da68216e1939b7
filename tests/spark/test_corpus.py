"""Which columns of a table hold what."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.spark import corpus, scoring


def test_flags_and_numbers_are_not_text(spark: SparkSession) -> None:
    flags = spark.createDataFrame([], "text string, chosen boolean, rejected int")
    assert corpus.describe(flags, Input(table="flags")).dialect.name == "text"


def test_other_rows_are_read_in_the_same_way(spark: SparkSession) -> None:
    records = corpus.describe(spark.createDataFrame([(1, "a")], "id int, text string"), Input(table="pool"))
    others = records.over(spark.createDataFrame([(2, "b", 7)], "id int, text string, rank int"))
    assert others.rows.collect() == [(2, "b", 7, "2")]
    assert others.rows.columns[-1] == schema.ID
    assert (others.columns, others.dialect) == (("id", "text"), records.dialect)


def payloads(spark: SparkSession, pool: Path, records: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Write records as JSON lines and read them back: their payloads, and what is compared, by their ids."""
    pool.write_text("".join(json.dumps(record) + "\n" for record in records))
    records_of = corpus.open_corpus(spark, Input(path=str(pool)))
    scored = scoring.score(records_of, records_of.scorer("content", NullCodec(), "content"))
    columns = [F.col(name).cast("string") for name in ("id", "payload", "compared")]
    return {row[0]: row[1:] for row in scored.where("reason is null").select(*columns).collect()}


def chat(name: str, content: object, **more: Any) -> dict[str, Any]:
    """A record: a system prompt, and an assistant's turn."""
    turn = {"role": "assistant", "content": content, **more}
    return {"id": name, "messages": [{"role": "system", "content": "Be kind."}, turn]}


CHATS = [
    (chat("text", "Hi"), "assistant: Hi"),
    (chat("parts", [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]), "assistant: one\ntwo"),
    (chat("null", None, tool_calls=[{"function": {"name": "f", "arguments": '{"b": 1, "a": 2}'}}]), 'tool_call: f {"a":2,"b":1}'),
    (chat("object", None, tool_calls=[{"function": {"name": "f", "arguments": {"b": 1, "a": 2}}}]), 'tool_call: f {"a":2,"b":1}'),
    (chat("float", "", tool_calls=[{"function": {"name": "g", "arguments": {"a": 2.5, "c": {"d": "x"}}}}]), 'tool_call: g {"a":2.5,"c":{"d":"x"}}'),
    (chat("old", "", function_call={"name": "h", "arguments": "now"}), "tool_call: h now"),
    (chat("reasoning", "7", reasoning_content="3 + 4"), "reasoning: 3 + 4\nassistant: 7"),
]  # fmt: skip
"""Records as people have them, and what each is compared by."""


@pytest.mark.parametrize(
    "together", [[0, 1, 2, 3, 4, 5, 6], [0, 1], [2, 5], [3, 4], [2, 3], [0, 5, 6], [1]], ids=lambda these: "".join(map(str, these))
)  # fmt: skip
def test_a_payload_depends_on_its_record_alone(spark: SparkSession, tmp_path: Path, together: list[int]) -> None:
    """Spark reads a column as the type that fits all records of a file."""
    these = [CHATS[number] for number in together]
    expected = {record["id"]: (f"system: Be kind.\n{text}", text) for record, text in these}
    assert payloads(spark, tmp_path / "pool.jsonl", [record for record, _ in these]) == expected
