r"""A real pool to try the selection on: the documented functions of the Python packages on this machine.

    python examples/demo_pool.py demo/pool.jsonl

Each documented function or method of the standard library and of the installed packages becomes one record in
the sharegpt dialect: signature and docstring are the instruction, the remaining source is the answer.

    {"id": "bisect:insort_left", "source": "stdlib", "conversations": [
        {"from": "human", "value": "Write the Python function `bisect.insort_left(a, x, ...)`.\n\nInsert .."},
        {"from": "gpt", "value": "def insort_left(a, x, ...):\n    if key is None:\n ..."}]}

Files are parsed, never imported. The pool is as redundant as real ones are: packages carry copies of others.
The same installation gives the same file, byte for byte; another one gives another pool.
"""

import argparse
import ast
import json
import sys
import sysconfig
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
# These hold no functions that the packages' authors offer: other packages, and tests.
SKIPPED_FOLDERS = {"site-packages", "dist-packages", "test", "tests"}


class Record(TypedDict):
    """One line of the pool."""

    id: str
    source: str
    conversations: list[dict[str, str]]


def main(arguments: list[str] | None = None) -> None:
    """Write the pool to the path on the command line, and what was counted to stderr."""
    parser = argparse.ArgumentParser(prog="python examples/demo_pool.py", description="Write the demo pool.")
    parser.add_argument("path", type=Path, help="the JSONL file to write")
    path: Path = parser.parse_args(arguments).path
    counts = write_pool(installed_roots(), path)
    print(
        f"{path}: {counts['records']:,} functions of {counts['files']:,} files "
        f"({counts['unreadable']:,} files are no Python, {counts['repeated']:,} names came again)",
        file=sys.stderr,
    )


def installed_roots() -> dict[Path, str | None]:
    """Name the folders of installed code -> their records' source; None stands for the top-level package."""
    paths = sysconfig.get_paths()
    return {Path(paths["stdlib"]): "stdlib", Path(paths["purelib"]): None, Path(paths["platlib"]): None}


def write_pool(roots: dict[Path, str | None], path: Path) -> Counter[str]:
    """Write the records of all roots to `path`, whole or not at all; of equal ids the first is kept."""
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as lines:
            for root, source in roots.items():
                for record in tree_records(root, source, counts):
                    if record["id"] in seen:  # an overload, a property's setter, a second branch of an `if`
                        counts["repeated"] += 1
                        continue
                    seen.add(record["id"])
                    counts["records"] += 1
                    # A docstring may hold half a surrogate pair, which UTF-8 cannot write.
                    lines.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def tree_records(root: Path, source: str | None, counts: Counter[str]) -> Iterator[Record]:
    """Yield the records of every module below `root`, in the order of the modules' paths."""
    for file in sorted(root.rglob("*.py"), key=lambda file: file.relative_to(root).parts):
        parts = file.relative_to(root).with_suffix("").parts
        if SKIPPED_FOLDERS.intersection(parts) or not all(part.isidentifier() for part in parts):
            continue
        counts["files"] += 1
        module = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        try:
            yield from module_records(read_source(file), module, source or parts[0])
        except (OSError, SyntaxError, ValueError, RecursionError):
            counts["unreadable"] += 1  # templates, Python 2, files that test a parser


def read_source(file: Path) -> str:
    """Read a module in the encoding it declares."""
    with tokenize.open(file) as text:
        return text.read()


def module_records(text: str, module: str, source: str) -> Iterator[Record]:
    """Yield the records of one module's text; raises SyntaxError or ValueError if it is no Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other people's invalid escapes
        tree = ast.parse(text)
    lines = text.split("\n")
    for qualified_name, node in functions(tree):
        docstring = ast.get_docstring(node)
        answer = source_without_docstring(node, lines)
        if docstring and answer:
            kind = "method" if "." in qualified_name else "function"
            signature = f"{module}.{qualified_name}({ast.unparse(node.args)})"
            instruction = f"Write the Python {kind} `{signature}`.\n\n{docstring}"
            yield {
                "id": f"{module}:{qualified_name}",
                "source": source,
                "conversations": [{"from": "human", "value": instruction}, {"from": "gpt", "value": answer}],
            }


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, FunctionNode]]:
    """Yield a module's functions and methods with their qualified names, but none defined within another."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.stmt | ast.ExceptHandler):  # `if`, `try`, `with` around definitions
            yield from functions(child, prefix)


def source_without_docstring(node: FunctionNode, lines: list[str]) -> str | None:
    """Cut a function out of its file, flush left; None if nothing worth learning is left.

    `node` has a docstring or the result means nothing. Comments and layout stay as their author wrote them.
    """
    docstring, *body = node.body
    if all(map(is_trivial, body)) or body[0].lineno <= (docstring.end_lineno or 0):
        return None
    if lines[docstring.lineno - 1][: docstring.col_offset].strip():  # `def f(): "..."`: one line holds both
        return None
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    kept = lines[first - 1 : docstring.lineno - 1] + lines[docstring.end_lineno : node.end_lineno]
    indent = node.col_offset
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in kept)


def is_trivial(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing: `pass`, `...`, a lone string, `raise NotImplementedError`."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


if __name__ == "__main__":
    main()
