"""A look at results: every text is escaped, long ones are to unfold."""

from pyspark.sql import Row, SparkSession

from zip_pipeline.api.previews import SHORT, Preview, counts, preview

NASTY = '<script>alert(1)</script> \u202eevil\x00 & "quoted" \''


def test_nothing_of_a_text_is_markup() -> None:
    html = Preview("a < b", ["<i>", "ratio"], [[NASTY, 1.25], [None, 2]])._repr_html_()
    assert "<script" not in html
    assert "<i>" not in html
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; �evil� &amp; " in html
    assert "1.2500" in html
    assert "a &lt; b" in html
    assert "<details>" not in html


def test_long_text_is_to_unfold_and_nested_values_are_json() -> None:
    turns = [Row(role="user", content="é" * SHORT)]
    html = Preview("t", ["messages"], [[turns]])._repr_html_()
    assert html.count("<details>") == 1
    assert f"{{&#34;role&#34;: &#34;user&#34;, &#34;content&#34;: &#34;{'é' * SHORT}&#34;}}]</details>" in html
    assert "more characters" in html


def test_as_text() -> None:
    assert repr(Preview("two rows", ["a", "b"], [[1, "x\ny"], [2, None]])) == "two rows\na  b\n1  x y\n2  "


def test_rows_with_the_added_columns_first(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("x", 0, 1.5), ("y", 1, 1.75), ("z", 2, 2.0)], "id string, zip_rank int, ratio double"
    )
    assert (
        repr(preview(rows.orderBy("zip_rank"), 2))
        == "the first 2 rows\nzip_rank  id  ratio\n0  x  1.5000\n1  y  1.7500"
    )
    assert repr(counts("both", {"all": rows, "none": rows.where("false")})).endswith("all  3\nnone  0")
