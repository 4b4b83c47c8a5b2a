"""Prompts to texts, with a causal language model that lies in the archive as its authors published it.

An instance is a prompt, or {"prompt": "...", "max_new_tokens": n, "temperature": t}. All prompts of a batch are decoded
together; each has its own end and its own temperature (0, the default, takes the likeliest token).
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from serving.handlers import tokens
from serving.handlers.requests import predict_flat, text
from serving.handlers.types import Item, ItemError, Loading, Reply

KEYS = frozenset({"prompt", "max_new_tokens", "temperature"})
HOTTEST = 2.0
# Decoded together; bounds the memory of keys and values, whatever is asked for at once.
MOST_ROWS = 32
_UNFINISHED = codecs.decode(b"\xff", errors="replace")  # what half a character decodes to


@dataclass(frozen=True)
class Prompt:
    """One thing to continue: its token ids, the most tokens to add, and the temperature."""

    ids: Sequence[int]
    max_new_tokens: int
    temperature: float


class TextGenerator:
    """A loaded language model.

    Settings: `max_new_tokens` is the default and the most a request may ask for, `max_prompt_tokens` the longest
    prompt, `chat` whether a prompt is a user's message to be put into the model's chat template.
    """

    def __init__(self, loading: Loading) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        # Code that comes with weights is never run, and nothing is fetched.
        place: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        kind = torch.float32 if loading.device == "cpu" else torch.bfloat16
        self._loading = loading
        self._tokenizer = AutoTokenizer.from_pretrained(loading.folder, **place)
        model: Any = AutoModelForCausalLM.from_pretrained(loading.folder, use_safetensors=True, dtype=kind, **place)
        self._model = model.to(loading.device).eval()
        self._ends = _ends(self._model, self._tokenizer)
        self._most_new = int(loading.settings["max_new_tokens"])
        self._most_prompt = int(loading.settings["max_prompt_tokens"])
        self._chat = bool(loading.settings.get("chat", False))

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per request."""
        return predict_flat(items, self._loading, tokens.raw, self._prompt, self._generate)

    def stream(self, item: Item) -> Iterator[str]:
        """The text of a request that is one prompt, piece by piece as it is made; raises ItemError."""
        instance = tokens.raw(item.body, item.content_type)
        made: list[int] = []
        sent = ""
        for step in self._decode([self._prompt(instance)]):
            made.extend(token for token in step if token is not None)
            whole = self._text(made)
            if whole != sent and not whole.endswith(_UNFINISHED):
                yield whole[len(sent) :]
                sent = whole
        rest = self._text(made)[len(sent) :]
        if rest:
            yield rest

    def _generate(self, asked: Sequence[Prompt]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = [{} for _ in asked]
        # Prompts of nearly one length need little padding.
        order = sorted(range(len(asked)), key=lambda i: len(asked[i].ids))
        for start in range(0, len(order), MOST_ROWS):
            places = order[start : start + MOST_ROWS]
            prompts = [asked[i] for i in places]
            made: list[list[int]] = [[] for _ in prompts]
            for step in self._decode(prompts):
                for line, token in zip(made, step, strict=True):
                    if token is not None:
                        line.append(token)
            for i, prompt, line in zip(places, prompts, made, strict=True):
                results[i] = self._prediction(prompt, line)
        return results

    def _prediction(self, prompt: Prompt, made: Sequence[int]) -> dict[str, Any]:
        stopped = bool(made) and made[-1] in self._ends
        finish = "stop" if stopped else "length"
        return {"text": self._text(made), "prompt_tokens": len(prompt.ids), "tokens": len(made), "finish": finish}

    def _decode(self, prompts: Sequence[Prompt]) -> Iterator[list[int | None]]:
        """One token per prompt and step, None for a prompt that has ended (its end token is its last)."""
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
            left = [0 if token is None or token in self._ends else n - 1 for token, n in zip(step, left, strict=True)]
            yield step

    def _padded(self, prompts: Sequence[Prompt]) -> tuple[Any, Any]:
        """Token ids and mask, int64 [prompts, longest]; padded on the left, since texts grow on the right."""
        import torch

        longest = max(len(p.ids) for p in prompts)
        ids = torch.zeros((len(prompts), longest), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for line, prompt in enumerate(prompts):
            ids[line, longest - len(prompt.ids) :] = torch.tensor(prompt.ids)
            mask[line, longest - len(prompt.ids) :] = 1
        return ids.to(self._loading.device), mask.to(self._loading.device)

    def _text(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def _prompt(self, instance: Any) -> Prompt:
        asked = instance if isinstance(instance, dict) else {"prompt": instance}
        unknown = sorted(set(asked) - KEYS)
        if unknown:
            raise ItemError(400, f"The key {unknown[0]!r} is unknown; {', '.join(sorted(KEYS))} are understood.")
        words = text(asked.get("prompt"))
        if len(words) > self._most_prompt * tokens.CHARACTERS_PER_TOKEN:
            raise ItemError(413, f"The prompt has {len(words)} characters; {self._most_prompt} tokens is the most.")
        ids = self._ids(words)
        # An answer to a part of a question is none: a long prompt is refused, not cut.
        if len(ids) > self._most_prompt:
            raise ItemError(413, f"The prompt has {len(ids)} tokens; {self._most_prompt} is the most.")
        return Prompt(ids, self._max_new_tokens(asked), _temperature(asked))

    def _max_new_tokens(self, asked: dict[str, Any]) -> int:
        found = asked.get("max_new_tokens", self._most_new)
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= self._most_new:
            raise ItemError(400, f"max_new_tokens must be a whole number from 1 to {self._most_new}.")
        return found

    def _ids(self, words: str) -> list[int]:
        if not self._chat:
            return list(self._tokenizer(words)["input_ids"])
        messages = [{"role": "user", "content": words}]
        framed = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        # The template writes the special tokens itself.
        return list(self._tokenizer(framed, add_special_tokens=False)["input_ids"])


def load(loading: Loading) -> TextGenerator:
    """The predictor of an unpacked archive."""
    return TextGenerator(loading)


def _temperature(asked: dict[str, Any]) -> float:
    found = asked.get("temperature", 0)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found <= HOTTEST:
        raise ItemError(400, f"temperature must be a number from 0 to {HOTTEST:g}.")
    return float(found)


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
