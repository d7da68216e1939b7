"""One file of lines: ids, or rows as JSON; and how any file of an export gets to its place."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io.location import Location


class LineFile:
    """A file that gets a line for each record; ``.gz`` at the end of its name packs it.

    Args:
        path: of the file.

    Raises:
        OutputError: when its name says of neither.
    """

    def __init__(self, path: str) -> None:
        plain = path.removesuffix(".gz")
        if not plain.endswith((".txt", ".jsonl")):
            raise OutputError(f"{path}: expected a name that ends in .txt (ids), .jsonl (rows) or .tar (samples)")
        self._target = Location.of(path)

    def exist(self) -> bool:
        """Whether the file is there already."""
        return self._target.exists()

    def write(self, lines: Iterable[str]) -> tuple[int, int]:
        """Write the lines; return how many they are, and the number of files."""
        count = 0
        with tempfile.TemporaryDirectory(prefix="zip_pipeline-") as folder:
            part = Location.of(str(Path(folder, self._target.name)))  # pyarrow packs by the name's ending
            with part.filesystem.open_output_stream(part.path) as stream:
                for line in lines:
                    stream.write(f"{line}\n".encode())
                    count += 1
            put(Path(part.path), self._target)
        return count, 1


def put(part: Path, target: Location) -> None:
    """Copy a file of this machine to its place, where it appears whole or not at all."""
    if target.filesystem.type_name == "local":
        Path(target.path).parent.mkdir(parents=True, exist_ok=True)
        hidden = target.sibling(f".{target.name}.part")
        shutil.copyfile(part, hidden.path)
        hidden.move(target)
    else:
        with (
            part.open("rb") as content,
            target.filesystem.open_output_stream(target.path, compression=None) as stream,
        ):
            shutil.copyfileobj(content, stream)
