"""Causal models of Hugging Face transformers, from a folder of this machine.

Nothing is downloaded, and no code that comes with a model is run. Windows of a batch are filled up on the right. A
causal model reads from left to right, so what is filled up changes nothing for the tokens before it.
"""

from collections.abc import Sequence
from typing import Any

from zip_pipeline.tasks.likelihood.engine import NO_LIMIT, ModelSettings
from zip_pipeline.tasks.likelihood.windows import Window

_AT_ONCE = 4096
"""Tokens whose probabilities over the vocabulary are held as float32 at once."""


class TransformersEngine:
    """See the module; an `Engine`.

    Args:
        settings: `path` is that of a folder with weights, config and tokenizer.

    Raises:
        ValueError: when the tokenizer has no token that could begin a text.
    """

    def __init__(self, settings: ModelSettings) -> None:
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(settings.threads)
        self._torch = torch
        local = {"local_files_only": True, "trust_remote_code": False}
        self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(settings.path, **local)
        self._device = settings.device
        if self._device == "auto":
            self._device = "cuda" if torch.cuda.is_available() else "cpu"
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            settings.path, dtype=getattr(torch, settings.dtype), **local
        )
        self._model: Any = model.to(self._device).eval()
        begins = self._tokenizer.bos_token_id
        self._begins = "bos" if begins is not None else "eos"
        self._prefix = begins if begins is not None else self._tokenizer.eos_token_id
        if self._prefix is None:
            raise ValueError("its tokenizer has neither a token bos nor eos, which would begin a text")

    @property
    def prefix(self) -> int:
        """See `Engine`: the token bos, or eos where there is no bos, as lm-evaluation-harness has it."""
        return int(self._prefix)

    @property
    def longest(self) -> int | None:
        """See `Engine`."""
        config = self._model.config.get_text_config()
        lengths = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions")]
        known = [length for length in (*lengths, self._tokenizer.model_max_length) if length and length < NO_LIMIT]
        return min(known, default=None)

    @property
    def about(self) -> dict[str, str]:
        """See `Engine`."""
        tokenizer = f"{type(self._tokenizer).__name__} of {len(self._tokenizer):,} tokens"
        return {"tokenizer": tokenizer, "prefix": f"{self._begins} ({self._prefix})", "device": self._device}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """See `Engine`."""
        tokens: list[list[int]] = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """See `Engine`."""
        text: str = self._tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False)
        return text

    def score(self, batch: Sequence[Window]) -> list[list[float]]:
        """See `Engine`."""
        torch = self._torch
        longest = max(window.read for window in batch)
        read = torch.full((len(batch), longest), self.prefix, dtype=torch.long)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, window in enumerate(batch):
            read[row, : window.read] = torch.tensor(window.tokens[:-1])
            mask[row, : window.read] = 1
        with torch.inference_mode():
            logits = self._model(input_ids=read.to(self._device), attention_mask=mask.to(self._device)).logits
            return [self._of_window(logits[row], window) for row, window in enumerate(batch)]

    def _of_window(self, logits: Any, window: Window) -> list[float]:
        """Return the log-probabilities of a window's scored tokens, from the logits of all that it read."""
        torch, first = self._torch, window.read - window.scored
        scored: list[float] = []
        for begin in range(first, window.read, _AT_ONCE):
            end = min(begin + _AT_ONCE, window.read)
            nats = torch.log_softmax(logits[begin:end].float(), dim=-1)
            wanted = torch.tensor(window.tokens[begin + 1 : end + 1], device=nats.device)
            scored += nats.gather(1, wanted[:, None])[:, 0].tolist()
        return scored
