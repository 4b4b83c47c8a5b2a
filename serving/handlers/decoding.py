"""The loop around a causal language model: prompts in, one token of each per step out."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.handlers.answers import Gone

_UNFINISHED = codecs.decode(b"\xff", errors="replace")  # what half a character decodes to


@dataclass(frozen=True)
class Prompt:
    """One thing to continue: its token ids, the most tokens to add, and the temperature."""

    ids: Sequence[int]
    max_new_tokens: int
    temperature: float


class Decoder:
    """A language model and its tokenizer, as transformers loads them."""

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        self.ends = _ends(model, tokenizer)

    def steps(self, prompts: Sequence[Prompt], gone: Gone) -> Iterator[list[int | None]]:
        """One token per prompt and step, None for a prompt that has ended (its end token is its last).

        A prompt whose index `gone` names ends there.
        """
        import torch

        ids, mask = self._padded(prompts)
        temperatures = torch.tensor([p.temperature for p in prompts], device=ids.device)
        left = [p.max_new_tokens for p in prompts]
        state: Any = None
        while any(left):
            # Entered anew for each step: a caller that stops reading must not leave gradients switched off.
            with torch.inference_mode():
                positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
                out = self._model(
                    input_ids=ids, attention_mask=mask, position_ids=positions,
                    past_key_values=state, use_cache=True, logits_to_keep=1,
                )  # fmt: skip
                state, ids = out.past_key_values, _choose(out.logits[:, -1].float(), temperatures)
                mask = torch.cat([mask, torch.ones_like(ids)], 1)
            step = [token if n else None for token, n in zip(ids[:, 0].tolist(), left, strict=True)]
            left = [0 if token is None or token in self.ends else n - 1 for token, n in zip(step, left, strict=True)]
            yield step
            for i in gone():
                left[i] = 0

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as text, without those that are no text."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def _padded(self, prompts: Sequence[Prompt]) -> tuple[Any, Any]:
        """Token ids and mask, int64 [prompts, longest]; padded on the left, since texts grow on the right."""
        import torch

        longest = max(len(p.ids) for p in prompts)
        ids = torch.zeros((len(prompts), longest), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for line, prompt in enumerate(prompts):
            ids[line, longest - len(prompt.ids) :] = torch.tensor(prompt.ids)
            mask[line, longest - len(prompt.ids) :] = 1
        return ids.to(self._device), mask.to(self._device)


@dataclass
class Line:
    """What a prompt has become so far."""

    prompt: Prompt
    decoder: Decoder
    made: list[int] = field(default_factory=list)
    told: str = ""

    def add(self, token: int | None) -> bool:
        """Take a step's token; whether the text goes on."""
        if token is not None:
            self.made.append(token)
        return not (self.stopped or len(self.made) >= self.prompt.max_new_tokens)

    @property
    def stopped(self) -> bool:
        """Whether the model itself ended it."""
        return bool(self.made) and self.made[-1] in self.decoder.ends

    def piece(self, *, last: bool) -> str:
        """The text since the last piece; characters whose bytes are not all there yet wait for the next."""
        whole = self.decoder.text(self.made)
        if not last and whole.endswith(_UNFINISHED):
            return ""
        new, self.told = whole[len(self.told) :], whole
        return new

    def counts(self) -> dict[str, Any]:
        """How long it is, and why it ends."""
        finish = "stop" if self.stopped else "length"
        return {"prompt_tokens": len(self.prompt.ids), "tokens": len(self.made), "finish": finish}


def _choose(logits: Any, temperatures: Any) -> Any:
    """The next token of each row, int64 [rows, 1]."""
    import torch

    best = logits.argmax(1, keepdim=True)
    warm = temperatures > 0
    if warm.any():
        chances = torch.softmax(logits[warm] / temperatures[warm, None], dim=1)
        best[warm] = torch.multinomial(chances, 1)
    return best


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end a text: a model may name several."""
    found = model.generation_config.eos_token_id
    if found is None:
        found = tokenizer.eos_token_id
    return frozenset(found if isinstance(found, list) else [] if found is None else [found])
