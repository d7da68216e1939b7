"""Which engines there are, what each needs, and how a model is loaded and known again.

The packages of an engine are imported when it is loaded, and nowhere else.
"""

import functools
import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from zip_pipeline.errors import InputError, SetupError
from zip_pipeline.tasks.likelihood.engine import Engine, ModelSettings

BYTES, TRANSFORMERS, CTRANSLATE2 = "bytes", "transformers", "ctranslate2"

EXTRAS = {BYTES: "", TRANSFORMERS: "lm", CTRANSLATE2: "lm-cpu"}
"""By engine: the extra of this package that brings what it needs."""

PACKAGES: dict[str, tuple[str, ...]] = {
    BYTES: (),
    TRANSFORMERS: ("torch", "transformers"),
    CTRANSLATE2: ("ctranslate2", "tokenizers"),
}
"""By engine: what it imports."""


@functools.lru_cache(maxsize=1)
def load(settings: ModelSettings) -> Engine:
    """Load a model; a process keeps the last one, since Spark hands it one task after the other.

    Raises:
        SetupError: when a package is missing.
        InputError: when the model cannot be loaded.
    """
    require_packages(settings.engine)
    try:
        if settings.engine == BYTES:
            from zip_pipeline.tasks.likelihood.byte_model import ByteModel

            return ByteModel(settings)
        if settings.engine == CTRANSLATE2:
            from zip_pipeline.tasks.likelihood.ctranslate2_engine import CTranslate2Engine

            return CTranslate2Engine(settings)
        from zip_pipeline.tasks.likelihood.transformers_engine import TransformersEngine

        return TransformersEngine(settings)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise InputError(
            f"{settings.path}: the model cannot be loaded: {str(error).strip().partition(chr(10))[0]}"
        ) from None


def require_packages(engine: str) -> None:
    """Check that an engine's packages are here.

    Raises:
        SetupError: names the extra that brings them.
    """
    missing = [name for name in PACKAGES[engine] if find_spec(name) is None]
    if missing:
        raise SetupError(
            f"engine {engine}: the Python of Spark's workers has no package {', '.join(missing)}; install "
            f"zip-pipeline[{EXTRAS[engine]}] there"
        )


def versions(engine: str) -> dict[str, str]:
    """Return the versions of an engine's packages."""
    return {name: version(name) for name in PACKAGES[engine]}


def content_hash(path: str) -> str:
    """Return a hash of a model's files, weights and tokenizer: of their names and contents.

    Raises:
        InputError: when there are none.
    """
    place = Path(path)
    files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
    if not files or not files[0].exists():
        raise InputError(f"{path}: no such file or folder here; expected a path that every executor has")
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        with file.open("rb") as content:
            inner = hashlib.file_digest(content, "sha256").digest()
        digest.update(file.relative_to(place).as_posix().encode() + b"\0" + inner)
    return digest.hexdigest()
