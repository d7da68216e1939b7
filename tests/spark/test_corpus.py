"""Which columns of a table hold what."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from support.files import fill
from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.config.common import Columns
from zip_pipeline.errors import InputError
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
    records_of = corpus.open_corpus(spark, Input(path=str(pool), media="placeholder"))
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
    (chat("image", [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "one"}]), "assistant: [image]\none"),
    (chat("use", [{"type": "tool_use", "id": "1", "name": "f", "input": {"b": 1, "a": 2}}]), 'tool_call: f {"a":2,"b":1}'),
]  # fmt: skip
"""Records as people have them, and what each is compared by."""


@pytest.mark.parametrize(
    "together", [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1], [2, 5], [3, 4], [2, 3], [0, 5, 6], [1, 7, 8], [0, 7], [0, 8], [8]], ids=lambda these: "".join(map(str, these))
)  # fmt: skip
def test_a_payload_depends_on_its_record_alone(spark: SparkSession, tmp_path: Path, together: list[int]) -> None:
    """Spark reads a column as the type that fits all records of a file."""
    these = [CHATS[number] for number in together]
    expected = {record["id"]: (f"system: Be kind.\n{text}", text) for record, text in these}
    assert payloads(spark, tmp_path / "pool.jsonl", [record for record, _ in these]) == expected


@pytest.mark.parametrize(
    ("columns", "settings", "message"),
    [
        ("url string, content string", {}, "no column with the text: found url, content; nearest is text: --set input.columns.text=content"),
        ("id string, prompt string", {}, "no column with the text: found id, prompt; nearest is prompt_completion, without the column completion; or --set input.columns.text=prompt"),
        ("id string, n int", {}, "no column with the text: found id, n"),
        ("question string, answer int", {}, "no column with the text: found question, answer; nearest is question_answer, without the column answer; or --set input.columns.text=question"),
        ("dialog array<struct<role: string, content: string>>", {}, "no column with the text: found dialog; nearest is messages: --set input.dialect=messages --set input.columns.text=dialog"),
        ("dialog struct<from: array<string>, value: array<string>>", {}, "no column with the text: found dialog; nearest is messages: --set input.dialect=messages --set input.columns.text=dialog"),
        ("id string, text string", {"dialect": "messages"}, "dialect messages: column messages is missing, found id, text; nearest is text: --set input.dialect=text"),
        ("body string", {"dialect": "messages"}, "dialect messages: column messages is missing, found body; nearest is text: --set input.columns.text=body"),
    ],
)  # fmt: skip
def test_where_no_dialect_fits(spark: SparkSession, columns: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        corpus.describe(spark.createDataFrame([], columns), Input(table="pool", **settings))
    assert str(error.value) == message


def test_the_longest_text_is_suggested_first_wherever_it_is(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("2026-01-01", ("a long text of its own", 1), "en")],
        "crawl string, doc struct<page: string, n: int>, lang string",
    )
    found = "no column with the text: found crawl, doc, lang; nearest is text: --set "
    with pytest.raises(InputError) as error:
        corpus.describe(rows, Input(table="pool"))
    assert str(error.value) == f"{found}input.columns.text=doc.page (or crawl, lang)"
    with pytest.raises(InputError) as error:
        corpus.describe(rows, Input(path="t.jsonl"), "select.target")
    assert str(error.value) == (
        f"{found}'select.target=[{{path: t.jsonl, columns: {{text: doc.page}}}}]' (or crawl, lang)"
    )


def test_turns_may_be_in_a_column_of_any_name(spark: SparkSession) -> None:
    rows = spark.createDataFrame([], "dialog array<struct<role: string, content: string>>, text string")
    place = Input(table="pool", dialect="messages", columns=Columns(text="dialog"))
    assert corpus.describe(rows, place).dialect.columns == ("dialog",)
    rows = spark.createDataFrame([], "messages array<struct<role: string, content: string>>, dialog string")
    assert corpus.describe(rows, place).dialect.columns == ("messages",)


TABLES = {
    "lists": ("struct<from: array<string>, value: array<string>>", (["human"], ["Hi"]), "sharegpt", "conversations"),
    "role and content": ("array<struct<role: string, content: string>>", [("user", "Hi")], "sharegpt", "conversations"),
    "from and value": ("array<struct<from: string, value: string>>", [("human", "Hi")], "messages", "messages"),
    "maps": ("array<map<string, string>>", [{"from": "human", "value": "Hi"}], "messages", "messages"),
    "text": ("string", '[{"from": "human", "value": "Hi"}]', "messages", "messages"),
}
"""Ways to write the turns of a chat: the type, a value, the dialect and its column."""


@pytest.mark.parametrize("name", TABLES)
def test_turns_in_tables(spark: SparkSession, name: str) -> None:
    kind, value, dialect, column = TABLES[name]
    rows = spark.createDataFrame([(value, "Be kind.")], f"{column} {kind}, system string")
    records = corpus.describe(rows, Input(table="pool"))
    scored = scoring.score(records, records.scorer("content", NullCodec(), "content")).collect()
    assert records.dialect.name == dialect
    found = [(bytes(row["payload"]), bytes(row["compared"])) for row in scored]
    assert found == [(b"system: Be kind.\nuser: Hi", b"user: Hi")]


def test_two_answers_to_a_conversation(spark: SparkSession) -> None:
    turn = "struct<from: string, value: string>"
    row = ([("human", "Hi")], ("gpt", "Hello"), ("gpt", "No"))
    rows = spark.createDataFrame([row], f"conversations array<{turn}>, chosen {turn}, rejected {turn}")
    records = corpus.describe(rows, Input(table="pool"))
    (scored,) = scoring.score(records, records.scorer("content", NullCodec())).collect()
    assert bytes(scored["payload"]) == b"user: Hi\nassistant: Hello\nassistant: No"


META = "meta struct<pile_set_name: string, deep: struct<id: int, text: string>>, tags map<string, string>"


def test_fields_of_structs_and_maps_may_be_id_text_and_source(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(("Web", (1, "a text")), {"lang": "en"}), (("Books", (2, "another")), {})], META)
    place = Input(table="t", columns=Columns(id="meta.deep.id", text="meta.deep.text", source="meta.pile_set_name"))
    records = corpus.describe(rows, place)
    assert (records.columns, records.source_column) == (("meta", "tags"), "meta.pile_set_name")
    assert records.original().columns == ["meta", "tags"]
    scored = scoring.score(records, records.scorer("content", NullCodec())).orderBy("id")
    assert scored.select("id", "source", "payload").collect() == [("1", "Web", b"a text"), ("2", "Books", b"another")]
    by_tag = corpus.describe(
        rows, place.model_copy(update={"columns": Columns(text="meta.deep.text", source="tags.lang")})
    )
    scorer = by_tag.scorer("content", NullCodec())
    found = scoring.score(by_tag, scorer).select("id", "source").collect()
    assert {source for _, source in found} == {"en", None}
    ids = scoring.with_ids(by_tag, scorer).rows.select(schema.ID).collect()
    assert sorted(ids) == sorted((one,) for one, _ in found), "a hash of the nested text"
    assert records.over(rows).rows.columns == records.rows.columns


def test_a_name_with_dots_comes_before_a_path(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("t", "outer", ("inner",))], "text string, `a.b` string, a struct<b: string>")
    records = corpus.describe(rows, Input(table="t", columns=Columns(source="a.b")))
    assert scoring.score(records, records.scorer("content", NullCodec())).select("source").collect() == [("outer",)]


@pytest.mark.parametrize("path", ["meta.gone", "meta.pile_set_name.x", "gone.x", "list.x"])
def test_a_path_to_nothing_is_a_column_that_is_missing(spark: SparkSession, path: str) -> None:
    rows = spark.createDataFrame([], f"text string, list array<struct<x: string>>, {META}")
    with pytest.raises(InputError, match=f"column {path} is missing"):
        corpus.describe(rows, Input(table="t", columns=Columns(source=path)))


def test_lines_of_text_in_folders_with_keys(spark: SparkSession, tmp_path: Path) -> None:
    fill(tmp_path, {"lang=en/a.txt": "one\ntwo\n", "lang=de/b.txt": "drei\n"})
    records = corpus.open_corpus(spark, Input(path=str(tmp_path), columns=Columns(source="lang")))
    found = scoring.score(records, records.scorer("content", NullCodec())).select("payload", "source").collect()
    assert sorted(found) == [(b"drei", "de"), (b"one", "en"), (b"two", "en")]
