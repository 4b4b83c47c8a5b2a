"""Sentiment in three classes: MiniLM's hidden states and a word list, read by a small trained head.

The head is made by scripts/train_sentiment.py; its file holds 16-bit weights, widened here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from serving.models.minilm import network as minilm

LAYERS = (4, 6)  # of MiniLM's six; the last alone knows the topic better than the mood
WIDTH, HEADS, POOLS, HIDDEN = 96, 4, 2, 64
WORD_VALUES = 4  # per word piece: its valence in the word list, if any, and three learned numbers
CLASSES = 3
BESIDE = 2  # outputs beside the classes: mean rating / 4 and VADER's compound, to learn from
SLOTS = 262_139  # prime; of the table of words that are several pieces, and of emoticons
STEPS = 60.0  # of the table's bytes per unit of valence / 2
LONGEST = 4  # pieces of a word in the table

example, dynamic_shapes, files = minilm.example, minilm.dynamic_shapes, minilm.files


class Attention(nn.Module):
    """One small transformer block over a text, normalised before each half."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.inward, self.outward = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
        """`x` [batch, length, WIDTH], `keep` bool [batch, length], to the shape of `x`."""
        batch, length, _ = x.shape
        parts = self.inward(self.before(x)).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(
            parts[0], parts[1], parts[2], attn_mask=keep[:, None, None, :]
        )
        x = x + self.dropout(self.outward(mixed.transpose(1, 2).reshape(batch, length, WIDTH)))
        inner = self.dropout(nn.functional.gelu(self.wide(self.between(x))))
        made: torch.Tensor = x + self.dropout(self.narrow(inner))
        return made


class Head(nn.Module):
    """Hidden states of LAYERS, float32 [batch, length, 384] each, ids and mask, to [batch, classes + BESIDE]."""

    table: torch.Tensor

    def __init__(self, dropout: float = 0.0, classes: int = CLASSES) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(SLOTS, dtype=torch.int8))
        self.words = nn.Embedding(30522, WORD_VALUES)
        self.norms = nn.ModuleList(nn.LayerNorm(minilm.WIDTH) for _ in LAYERS)
        self.project = nn.Linear(minilm.WIDTH * len(LAYERS) + WORD_VALUES + 1, WIDTH)
        self.block = Attention(dropout / 2)
        self.after, self.look = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, POOLS)
        self.hidden = nn.Linear(WIDTH * (POOLS + 2) + WORD_VALUES + 4, HIDDEN)
        self.out = nn.Linear(HIDDEN, classes + BESIDE)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Sequence[torch.Tensor], ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Class logits first, then mean rating / 4 and VADER's compound."""
        keep, weight = mask > 0, mask.unsqueeze(-1).to(torch.float32)
        values = torch.cat([self.words(ids), self._long_words(ids)], -1) * weight
        seen = [self.dropout(norm(state)) for norm, state in zip(self.norms, states, strict=True)]
        x = self.after(self.block(self.project(torch.cat([*seen, values], -1)), keep))
        away = (1 - weight) * -1e4
        looks = torch.softmax(self.look(x) + away, 1)
        pools = [(looks[..., i : i + 1] * x).sum(1) for i in range(POOLS)]
        pools += [(x + away).amax(1), (x * weight).sum(1) / weight.sum(1)]
        valence = values[..., :1] + values[..., WORD_VALUES:]
        words = [values.sum(1) / weight.sum(1).sqrt(), valence.sum(1) / 4, valence.amax(1), valence.amin(1)]
        hidden = nn.functional.gelu(self.hidden(self.dropout(torch.cat(pools + words, -1))))
        made: torch.Tensor = self.out(self.dropout(hidden))
        return made

    def _long_words(self, ids: torch.Tensor) -> torch.Tensor:
        """Valence of the longest listed word that ends at each piece, else 0: [batch, length, 1]."""
        length = ids.shape[1]
        padded = nn.functional.pad(ids, (LONGEST - 1, 0))
        code, found = ids, torch.zeros_like(ids, dtype=torch.int8)
        for back in range(1, LONGEST):
            earlier = padded[:, LONGEST - 1 - back : LONGEST - 1 - back + length]
            code = code + earlier * power(back)
            listed = self.table[code % SLOTS]
            found = torch.where(listed != 0, listed, found)
        return found.unsqueeze(-1).to(torch.float32) / STEPS


class Sentiment(nn.Module):
    """Token ids and mask, int64 [batch, length], to probabilities [batch, classes], in the order of the labels."""

    def __init__(self, body: nn.Module, head: Head) -> None:
        super().__init__()
        self.body, self.head = body, head

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Read the hidden states of LAYERS and judge."""
        made = self.body(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        outputs = self.head([made.hidden_states[layer] for layer in LAYERS], input_ids, attention_mask)
        return torch.softmax(outputs[:, :-BESIDE], dim=1)


class Tunable(nn.Module):
    """The same in two halves, for training: a body whose features may be computed once, and a head."""

    adapters = ("query", "key", "value", "dense")  # of the body, where small ones are trained in its place
    head_bits, head_rate = 16, 1e-3

    def __init__(self, body: nn.Module, head: Head) -> None:
        super().__init__()
        self.body, self.head = body, head

    def features(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Hidden states of LAYERS, [batch, length, 384] each."""
        made = self.body(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        return tuple(made.hidden_states[layer] for layer in LAYERS)

    def logits(self, features: Sequence[torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
        """[batch, classes]."""
        made: torch.Tensor = self.head(features, *inputs)[:, :-BESIDE]
        return made


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the files."""
    return Sentiment(minilm.body(weights), _head(weights).eval().requires_grad_(False))


def tunable(weights: Mapping[str, Path], classes: int, *, same_labels: bool, dropout: float) -> Tunable:
    """What can be trained, as the files have it; with other labels the last layer begins anew."""
    head = _head(weights, dropout)
    if not same_labels:
        head.out = nn.Linear(HIDDEN, classes + BESIDE)
    return Tunable(minilm.body(weights), head)


def _head(weights: Mapping[str, Path], dropout: float = 0.0) -> Head:
    from safetensors.torch import load_file

    state = load_file(weights["head"])
    head = Head(dropout, len(state["out.bias"]) - BESIDE)
    head.load_state_dict(state)  # copying into 32-bit parameters widens
    return head


def power(places: int) -> int:
    """Weight of the piece `places` before the last in a word's code; four pieces fit into 63 bits."""
    return int(30522**places)


def slot(pieces: Sequence[int]) -> int:
    """Where the table keeps a word of 2 to LONGEST pieces."""
    return sum(piece * power(back) for back, piece in enumerate(reversed(pieces))) % SLOTS
