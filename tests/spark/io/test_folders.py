"""Which files of a folder are data, and that Spark reads those and no others."""

import doctest
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from support.files import NO_SPARK, fill, lines
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import folders
from zip_pipeline.spark.io.folders import Origin, Plan, choose, plan_of
from zip_pipeline.spark.io.listing import list_files

HF_REPOSITORY = ["README.md", ".gitattributes", "dataset_infos.json", "requirements.txt", "data/train-0.parquet"]
HF_CACHE = ["dataset_info.json", "x-train.arrow", "cache-0123456789abcdef.arrow"]


def chosen(folder: Path, wanted: str | None = None, *, lines: bool = False) -> tuple[str, list[str], dict[str, str]]:
    entry, names, left_out = choose(list_files(NO_SPARK, str(folder)), wanted, lambda _: lines)
    return entry.name, names, left_out


@pytest.mark.parametrize(
    ("files", "wanted", "file_format", "names"),
    [
        (["a.jsonl.gz", "b/c.jsonl"], None, "jsonl", ["a.jsonl.gz", "b/c.jsonl"]),
        (["a.ndjson", "b.jsonl.zst", "notes.md"], None, "jsonl", ["a.ndjson", "b.jsonl.zst"]),
        (["A.PARQUET", "b.parquet", "c.pq"], None, "parquet", ["A.PARQUET", "b.parquet", "c.pq"]),
        (["a.txt", "README.md", "LICENSE", "README.txt"], None, "text", ["a.txt"]),
        (["part-0.parquet", "_SUCCESS", ".x.json"], None, "parquet", ["part-0.parquet"]),
        (HF_REPOSITORY, None, "parquet", ["data/train-0.parquet"]),
        (HF_CACHE, None, "arrow", ["x-train.arrow"]),
        (["a.jsonl", "b.jsonl.xz", "c.jsonl.zip"], None, "jsonl", ["a.jsonl"]),
        (["a.orc"], None, "orc", ["a.orc"]),
        (["a.avro", "b.crc"], None, "avro", ["a.avro"]),
        # The config may name what the names of the files do not say, or not alone.
        (["a.parquet", "b.jsonl", "c"], "jsonl", "jsonl", ["b.jsonl"]),
        (["part-0.json", "x.csv"], "jsonl", "jsonl", ["part-0.json"]),
        (["0000", "1111"], "jsonl", "jsonl", ["0000", "1111"]),
        (["a.md", "b.xz", "README"], "text", "text", ["a.md"]),
        (["README.md"], "text", "text", ["README.md"]),
    ],
)
def test_data_is_told_from_what_lies_beside_it(
    tmp_path: Path, files: list[str], wanted: str | None, file_format: str, names: list[str]
) -> None:
    fill(tmp_path, files)
    found = chosen(tmp_path, wanted)
    assert found[:2] == (file_format, names)
    left = {file for file in files if file not in names and not file.startswith((".", "_"))}
    assert found[2].keys() == left | {".x.json"} & {*files}, "each other file is named"


def test_it_says_why_a_file_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, {"a.parquet": "PAR1", "b.parquet": "", "c.csv": "id", "README": "", "d.parquet.xz": "x"})
    assert chosen(tmp_path, "parquet")[2] == {
        "README": "not parquet",
        "b.parquet": "empty",
        "c.csv": "not parquet",
        "d.parquet.xz": "Spark does not unpack .xz",
    }


def test_json_may_be_lines(tmp_path: Path) -> None:
    fill(tmp_path, ["a.json", "b.jsonl"])
    assert chosen(tmp_path, lines=True)[:2] == ("jsonl", ["a.json", "b.jsonl"])
    assert chosen(tmp_path, "json", lines=True)[:2] == ("json", ["a.json"])
    with pytest.raises(InputError, match=r"there are files of json \(a.json\) and jsonl \(b.jsonl\); set input.format"):
        chosen(tmp_path)


@pytest.mark.parametrize(
    ("files", "wanted", "message"),
    [
        ([], None, "empty: there is no file in it$"),
        ([], "jsonl", "empty: there is no file in it$"),
        (["_a.jsonl"], None, r"empty: there is no file in it but _a.jsonl \(hidden\)"),
        (
            ["info.json", "train.parquet"],
            None,
            r"files of json \(info.json\) and parquet \(train.parquet\); set input.f",
        ),
        (["data", "x.md"], None, r"unknown format: the names do not tell it \(data, x.md\); set input.format"),
        ([*"abcde"], None, r"\(a, b, c and 2 more\)"),
        (["b.jsonl.xz"], None, r"b.jsonl.xz: Spark does not unpack .xz; unpack it, or pack it as .zst, .gz or .bz2"),
        (["a.tar.gz", "README.md"], "jsonl", r"a.tar.gz: Spark does not unpack .tar;"),
    ],
)
def test_where_there_is_no_data_it_says_so(tmp_path: Path, files: list[str], wanted: str | None, message: str) -> None:
    fill(tmp_path, files)
    with pytest.raises(InputError, match=message):
        chosen(tmp_path, wanted)


def test_files_without_a_byte_are_no_data(tmp_path: Path) -> None:
    fill(tmp_path, {"a.jsonl": "", "b.jsonl": ""})
    with pytest.raises(InputError, match=r"empty: 2 files without a byte, such as a.jsonl"):
        chosen(tmp_path)
    fill(tmp_path, {"b.jsonl": lines(1)})
    assert chosen(tmp_path)[1] == ["a.jsonl", "b.jsonl"], "no lines are lines"


def plan(folder: str | Path) -> Plan:
    listing = list_files(NO_SPARK, str(folder))
    return plan_of(NO_SPARK, listing, choose(listing, None, lambda _: False)[1])


def test_spark_lists_what_it_can_by_itself(tmp_path: Path) -> None:
    """For many files it takes minutes to pass each by its name."""
    fill(tmp_path, ["a.jsonl", "b/c.jsonl.gz"])
    assert plan(tmp_path) == Plan([f"file://{tmp_path}"], {"recursiveFileLookup": "true"})
    fill(tmp_path, ["README.md"])
    endings = {"recursiveFileLookup": "true", "pathGlobFilter": "{*.jsonl,*.jsonl.gz}"}
    assert plan(tmp_path) == Plan([f"file://{tmp_path}"], endings)
    assert plan(f"{tmp_path}/*") == Plan([f"file://{tmp_path}/*"], endings)
    fill(tmp_path, ["runs/manifest.json", "runs/report.html", "runs/selection/a.jsonl"])
    assert plan(tmp_path).paths == [f"file://{tmp_path}/{name}" for name in ("a.jsonl", "b/c.jsonl.gz")]


AWKWARD = ["a b.jsonl", "a%20b.jsonl", "a#b.jsonl", "a=b.jsonl", "a[1].jsonl", "{a,b}.jsonl", "a*?.jsonl", "a\\b.jsonl"]
AWKWARD += ["a:b.jsonl", "ü+&.jsonl", "x y/a.jsonl", "run:1/[0]/a:b.jsonl"]


@pytest.mark.parametrize("path", ["", *AWKWARD, "_a.jsonl", ".a.jsonl"])
def test_names_with_signs_are_read(spark: SparkSession, tmp_path: Path, path: str) -> None:
    folder = fill(tmp_path / "po[o]l", [*AWKWARD, "_a.jsonl", ".a.jsonl"])
    listing = list_files(spark, str(folder / path))
    names = choose(listing, None, lambda _: False)[1]
    rows = plan_of(spark, listing, names).load(spark.read.format("json"))
    assert sorted(row["id"] for row in rows.collect()) == sorted([path] if path else AWKWARD)


def test_a_name_that_spark_does_not_take_needs_a_link_on_this_machine(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, ["a:b.jsonl"])
    listing = list_files(spark, str(tmp_path))
    monkeypatch.setattr(spark.conf, "get", lambda *_: "spark://head:7077")
    with pytest.raises(InputError, match=r"a:b.jsonl: Spark takes no file of this name; rename it"):
        plan_of(spark, listing, ["a:b.jsonl"])


LAYOUTS = {
    "text stays text": (["day=01/a.jsonl", "day=02/b.jsonl"], {"day=01/a.jsonl": "01", "day=02/b.jsonl": "02"}),
    "encoded": (
        ["day=a%3Ab/a.jsonl", "day=x y/b.jsonl", "day=50%/c.jsonl", "day=1+1=2/d.jsonl"],
        {"day=a%3Ab/a.jsonl": "a:b", "day=x y/b.jsonl": "x y", "day=50%/c.jsonl": "50%", "day=1+1=2/d.jsonl": "1+1=2"},
    ),
    "null": (
        ["day=__HIVE_DEFAULT_PARTITION__/a.jsonl", "day=1/b.jsonl"],
        {"day=__HIVE_DEFAULT_PARTITION__/a.jsonl": None, "day=1/b.jsonl": "1"},
    ),
    "below another folder": (["x/day=1/a.jsonl", "README.md"], {"x/day=1/a.jsonl": "1"}),
    "above another folder": (["day=1/x/a.jsonl", "day=2/b.jsonl"], {"day=1/x/a.jsonl": "1", "day=2/b.jsonl": "2"}),
    "beside files without": (["a.jsonl", "day=1/b.jsonl"], {"a.jsonl": None, "day=1/b.jsonl": "1"}),
    "in two places": (
        ["en/day=01/a.jsonl", "de/day=a%3Ab/b.jsonl", "de/day=50%/c.jsonl"],
        {"en/day=01/a.jsonl": "01", "de/day=a%3Ab/b.jsonl": "a:b", "de/day=50%/c.jsonl": "50%"},
    ),
    "null in two places": (["en/day=__HIVE_DEFAULT_PARTITION__/a.jsonl", "de/day=1/b.jsonl"], None),
    "one within another": (["day=1/x/hour=2/a.jsonl", "day=2/x/hour=3/b.jsonl"], None),
}


@pytest.mark.parametrize("case", LAYOUTS)
@pytest.mark.parametrize("glob", ["", "/*"])
def test_folders_give_columns(spark: SparkSession, tmp_path: Path, case: str, glob: str) -> None:
    """Also where Spark, left to itself, drops files (beside files without) or fails (in two places)."""
    files, expected = LAYOUTS[case]
    folder = fill(tmp_path / "day=0", files)
    listing = list_files(spark, f"{folder}{glob}")
    found = plan_of(spark, listing, choose(listing, None, lambda _: False)[1])
    rows = {row["id"]: row for row in found.load(spark.read.format("json")).collect()}
    assert rows.keys() == {file for file in files if file.endswith(".jsonl")}
    if expected is not None:
        assert {key: row["day"] for key, row in rows.items()} == expected
    elif case == "null in two places":
        assert {key[:2]: row["day"] for key, row in rows.items()} == {"en": None, "de": "1"}
    else:
        assert {key[4]: (row["day"], row["hour"]) for key, row in rows.items()} == {"1": ("1", "2"), "2": ("2", "3")}


def test_a_predicate_on_folders_still_prunes(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fill(tmp_path, ["day=01/a.jsonl", "day=02/b.jsonl"])
    listing = list_files(spark, str(folder))
    rows = plan_of(spark, listing, [*listing.files]).load(spark.read.format("json")).where("day = '01'")
    assert rows.select(F.count_distinct("_metadata.file_path")).collect() == [(1,)]
    rows.explain()
    assert "PartitionFilters: [isnotnull(day" in capsys.readouterr().out


def test_what_people_are_told() -> None:
    left = {"README.md": "not jsonl", "b.jsonl.xz": "Spark does not unpack .xz"}
    assert Origin("jsonl", 2, left, ("column t: gone",)).lines("pool") == [
        "pool: column t: gone",
        "pool: read 2 files (jsonl), left alone README.md (not jsonl), b.jsonl.xz (Spark does not unpack .xz)",
    ]
    assert Origin("jsonl", 2).lines("pool") == []
    assert Origin("jsonl", 1, {str(n): "x" for n in range(5)}).lines("p")[0].endswith("0 (x), 1 (x), 2 (x) and 2 more")


def test_examples() -> None:
    assert doctest.testmod(folders).failed == 0
