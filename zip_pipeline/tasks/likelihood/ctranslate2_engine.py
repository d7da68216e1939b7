"""Causal models converted for CTranslate2, from a folder of this machine: no torch where they run.

``ct2-transformers-converter --model M --output_dir C --copy_files tokenizer.json tokenizer_config.json`` makes such a
folder, where torch is. Tokens are those of the library ``tokenizers`` and ``tokenizer.json``, as in transformers.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zip_pipeline.tasks.likelihood.engine import NO_LIMIT, ModelSettings
from zip_pipeline.tasks.likelihood.windows import Window

_INT8 = "int8"


class CTranslate2Engine:
    """See the module; an `Engine`.

    Args:
        settings: `path` is that of a folder with ``model.bin``, ``config.json`` and ``tokenizer.json``.

    Raises:
        ValueError: when the tokenizer is missing, no token could begin a text, or the weights are coarser than what is
            wanted.
    """

    def __init__(self, settings: ModelSettings) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        folder = Path(settings.path)
        if not (folder / "tokenizer.json").exists():
            raise ValueError(
                "it has no tokenizer.json; convert it with --copy_files tokenizer.json tokenizer_config.json"
            )
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        stored = self._generator(ctranslate2, settings, "default")
        if stored.compute_type.startswith(_INT8) and settings.dtype != _INT8:
            raise ValueError(
                "its weights are int8; set loglikelihood.dtype=int8, or convert it again without --quantization"
            )
        is_as_wanted = stored.compute_type == settings.dtype
        self._model = stored if is_as_wanted else self._generator(ctranslate2, settings, settings.dtype)
        config, tokenizer_config = (_json(folder / name) for name in ("config.json", "tokenizer_config.json"))
        self._begins = "bos" if config.get("bos_token") else "eos"
        first = self._tokenizer.token_to_id(config.get(f"{self._begins}_token") or "")
        if first is None:
            raise ValueError("its tokenizer has neither a token bos nor eos, which would begin a text")
        self._prefix = int(first)
        length = tokenizer_config.get("model_max_length")
        self.longest = length if isinstance(length, int) and length < NO_LIMIT else None

    @staticmethod
    def _generator(ctranslate2: Any, settings: ModelSettings, compute_type: str) -> Any:
        return ctranslate2.Generator(
            settings.path,
            device=settings.device,
            compute_type=compute_type,
            inter_threads=1,
            intra_threads=settings.threads,
        )

    @property
    def prefix(self) -> int:
        """See `Engine`: the token bos, or eos where there is no bos."""
        return self._prefix

    @property
    def about(self) -> dict[str, str]:
        """See `Engine`."""
        return {
            "tokenizer": f"tokenizer.json of {self._tokenizer.get_vocab_size():,} tokens",
            "prefix": f"{self._begins} ({self._prefix})",
            "device": self._model.device,
            "computes in": self._model.compute_type,
        }

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """See `Engine`."""
        return [self._tokenizer.encode(text, add_special_tokens=False).ids for text in texts]

    def decode(self, tokens: Sequence[int]) -> str:
        """See `Engine`."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=False)
        return text

    def score(self, batch: Sequence[Window]) -> list[list[float]]:
        """See `Engine`."""
        names = [[self._tokenizer.id_to_token(token) for token in window.tokens] for window in batch]
        results = self._model.score_batch(names, max_input_length=0)
        return [
            list(result.log_probs[len(result.log_probs) - window.scored :])
            for window, result in zip(batch, results, strict=True)
        ]


def _json(path: Path) -> dict[str, Any]:
    """Return what a file of JSON has; nothing where it is missing."""
    names: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return names
