"""The demo pool on a small made-up tree of packages: every record is spelled out."""

import ast
import json
from pathlib import Path

import pytest

import demo_pool

MODULE = '''\
"""A module."""
import missing_package  # parsed, never imported

def area(width: int, *, height=2) -> int:
    """Multiply width by height.

    Both are lengths.
    """
    # layout and comments stay
    return width  *  height

def undocumented(x):
    return x

def empty():
    """Do nothing."""
    pass

def abstract():
    """Leave it to others."""
    raise NotImplementedError("later")

def stub(): """Share a line with the docstring."""; return 1

def wide(a,
         b): """Share the header's last line."""
def half(): "lone surrogate \\ud800"; x = 1

if True:
    async def fetch(url):
        """Fetch it."""
        def inner():
            """Stay inside."""
            return url
        return inner
else:
    async def fetch(url):
        """Fetch it differently."""
        return None

class Box:
    class Lid:
        @property
        def open(self):
            "Tell é or not, \\ud800."
            return """
flush left"""
'''


@pytest.fixture
def roots(tmp_path: Path) -> dict[Path, str | None]:
    files = {
        "lib/shapes.py": MODULE,
        "lib/broken.py": "print 'Python 2'",
        "lib/nul.py": "x = '\0'",
        "lib/site-packages/hidden.py": MODULE,
        "lib/test/test_it.py": MODULE,
        "packages/kit/__init__.py": 'def one():\n    """Return 1."""\n    return 1\n',
        "packages/kit/sub/tool.py": 'def two():\r\n    """Return 2."""\r\n    return 2\r\n',
        "packages/not-a-module/x.py": MODULE,
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return {tmp_path / "lib": "stdlib", tmp_path / "packages": None}


def read(path: Path) -> dict[str, tuple[str, str, str]]:
    """Id -> source, instruction, answer."""
    pool = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        human, gpt = record["conversations"]
        assert (human["from"], gpt["from"]) == ("human", "gpt")
        pool[record["id"]] = (record["source"], human["value"], gpt["value"])
    return pool


def test_documented_functions_become_records(roots: dict[Path, str | None], tmp_path: Path) -> None:
    counts = demo_pool.write_pool(roots, tmp_path / "new/pool.jsonl")
    pool = read(tmp_path / "new/pool.jsonl")
    assert list(pool) == ["shapes:area", "shapes:fetch", "shapes:Box.Lid.open", "kit:one", "kit.sub.tool:two"]
    assert pool["shapes:area"] == (
        "stdlib",
        "Write the Python function `shapes.area(width: int, *, height=2)`.\n\n"
        "Multiply width by height.\n\nBoth are lengths.",
        "def area(width: int, *, height=2) -> int:\n    # layout and comments stay\n    return width  *  height",
    )
    assert pool["shapes:Box.Lid.open"] == (
        "stdlib",
        "Write the Python method `shapes.Box.Lid.open(self)`.\n\nTell é or not, ?.",
        '@property\ndef open(self):\n    return """\nflush left"""',
    )
    assert pool["kit.sub.tool:two"] == (
        "kit",
        "Write the Python function `kit.sub.tool.two()`.\n\nReturn 2.",
        "def two():\n    return 2",
    )
    assert counts == {"files": 5, "records": 5, "unreadable": 2, "repeated": 1}
    for _, _, answer in pool.values():
        ast.parse(answer)


def test_the_same_tree_gives_the_same_bytes(roots: dict[Path, str | None], tmp_path: Path) -> None:
    demo_pool.write_pool(roots, tmp_path / "a.jsonl")
    demo_pool.write_pool(roots, tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_failure_leaves_the_old_pool_and_nothing_else(
    roots: dict[Path, str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out/pool.jsonl"
    path.parent.mkdir()
    path.write_text("old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_pool, "module_records", fail)
    with pytest.raises(KeyboardInterrupt):
        demo_pool.write_pool(roots, path)
    assert [file.read_text() for file in path.parent.iterdir()] == ["old"]


def test_the_command_says_what_it_counted(
    roots: dict[Path, str | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo_pool, "installed_roots", lambda: roots)
    demo_pool.main([str(tmp_path / "pool.jsonl")])
    said = capsys.readouterr()
    assert said.out == ""
    assert "5 functions of 5 files (2 files are no Python, 1 names came again)" in said.err


def test_the_installed_packages_are_found() -> None:
    roots = demo_pool.installed_roots()
    assert "stdlib" in roots.values()
    assert all(root.is_dir() for root in roots)
