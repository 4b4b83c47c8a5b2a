"""Train the head of the sentiment model, and compare it with VADER on texts that neither training nor choice saw.

    python -m scripts.train_sentiment --cache DIR              train, write head.safetensors, print the table
    python -m scripts.train_sentiment --cache DIR --validate   train without the validation part and print that
    python -m scripts.train_sentiment --cache DIR --evaluate   print the table for the head that is there

Settings are chosen on the validation part; the head that is kept is trained on it, too.
"""

import argparse
import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from scripts import sentiment_data as data
from serving.digest import sha256_of
from serving.handlers import tokens
from serving.model import Model, find

SEED: Final = 20261123
EPOCHS: Final = 6  # 10 do worse on the validation part
BATCH: Final = 64
RATE: Final = 1e-3
DROPOUT: Final = 0.35
DECAY: Final = 0.05
SMOOTHING: Final = 0.05
AVERAGE: Final = 0.995  # of the running mean of the weights that is kept in the end
# Besides its class, a text teaches its mean rating and VADER's score; tweets count double, VADER was tuned on them.
RATING_WEIGHT, VADER_WEIGHT, TWEET_WEIGHT = 4.0, 4.0, 2.0
WIDTH: Final = 384
Scores = tuple[float, float]


class Cached:
    """MiniLM's hidden states of all texts, computed once: float16 [tokens, 384] per layer, in files."""

    def __init__(
        self, texts: Sequence[str], model: Model, weights: Mapping[str, Path], layers: Sequence[int], at: Path
    ) -> None:
        tokenizer = tokens.Tokenizer(weights["tokenizer"], int(model.settings["max_tokens"]))
        self.ids = [list(row.ids) for row in tokenizer(texts)]
        self.lengths = np.array([len(ids) for ids in self.ids])
        self._starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self.padding = tokenizer.padding
        paths = [at / f"layer-{layer}.f16" for layer in layers]
        total = int(self._starts[-1])
        if not all(path.is_file() for path in paths):
            self._compute(weights, layers, [path.with_suffix(".partial") for path in paths], total)
            for path in paths:
                path.with_suffix(".partial").rename(path)
        self._states = [np.memmap(path, np.float16, "r", shape=(total, WIDTH)) for path in paths]

    def batch(self, places: Sequence[int]) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        """Hidden states per layer, ids and mask of some texts, padded to the longest."""
        ids, mask = self._padded(places)
        states = []
        for layer in self._states:
            made = np.zeros((*ids.shape, WIDTH), np.float32)
            for line, place in enumerate(places):
                made[line, : self.lengths[place]] = layer[self._starts[place] : self._starts[place + 1]]
            states.append(torch.from_numpy(made))
        return states, ids, mask

    def _padded(self, places: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.full((len(places), max(self.lengths[place] for place in places)), self.padding)
        mask = torch.zeros_like(ids)
        for line, place in enumerate(places):
            ids[line, : self.lengths[place]] = torch.tensor(self.ids[place])
            mask[line, : self.lengths[place]] = 1
        return ids, mask

    def _compute(self, weights: Mapping[str, Path], layers: Sequence[int], paths: Sequence[Path], total: int) -> None:
        body = find("minilm").network().body(weights)
        files = [np.memmap(path, np.float16, "w+", shape=(total, WIDTH)) for path in paths]
        order = np.argsort(self.lengths, kind="stable")
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                places = order[start : start + BATCH].tolist()
                ids, mask = self._padded(places)
                states = body(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
                for file, layer in zip(files, layers, strict=True):
                    for line, place in enumerate(places):
                        own = states[layer][line, : self.lengths[place]]
                        file[self._starts[place] : self._starts[place + 1]] = own.numpy().astype(np.float16)
        for file in files:
            file.flush()


def main() -> None:
    """Parse the command line, train or read the head, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the data and the hidden states, 1 GB")
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    # One thread: sums in one order, so that a second run on the same machine gives the same weights.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    began = time.monotonic()
    sdist = data.fetch(asked.cache)
    rows = data.rows(sdist)
    score = data.vader(sdist, asked.cache)
    compounds = np.array([score(row.text) for row in rows], np.float32)
    model, minilm = find("sentiment"), find("minilm").files(asked.cache)
    network = model.network()
    cached = Cached([row.text for row in rows], model, minilm, network.LAYERS, asked.cache)
    print(f"data and hidden states: {time.monotonic() - began:.0f} s")
    target = model.folder / "head.safetensors"
    held_out = "validation" if asked.validate else "held-out"
    if asked.evaluate:
        head = network.Head()
        head.load_state_dict(load_file(target))
    else:
        learned = ("train",) if asked.validate else ("train", "validation")
        head = network.Head(DROPOUT)
        fill_words(network, head, sdist, minilm["tokenizer"])
        fit(head, cached, rows, compounds, [i for i, row in enumerate(rows) if row.part in learned], asked.epochs)
    if not asked.validate and not asked.evaluate:
        write(head, target)
        print(f"head.safetensors: {target.stat().st_size} bytes, SHA-256 {sha256_of(target)}")
        head.load_state_dict(load_file(target))  # what is served is what is judged
    print(table(head, cached, rows, compounds, held_out))
    print(f"all: {time.monotonic() - began:.0f} s")


def fill_words(network: ModuleType, head: Any, sdist: Path, tokenizer: Path) -> None:
    """Put VADER's word list into the head: single pieces as a start for learning, longer words for good."""
    import tokenizers

    torch.manual_seed(SEED)
    nn.init.normal_(head.words.weight, 0, 0.02)
    reader = tokenizers.Tokenizer.from_file(str(tokenizer))
    reader.no_padding()
    unknown = reader.token_to_id("[UNK]")
    with torch.no_grad():
        for word, valence in data.lexicon(sdist):
            pieces = reader.encode(word, add_special_tokens=False).ids
            if len(pieces) == 1 and pieces[0] != unknown:
                head.words.weight[pieces[0], 0] = valence / 2
            elif 1 < len(pieces) <= network.LONGEST and unknown not in pieces:
                head.table[network.slot(pieces)] = round(valence / 2 * network.STEPS)


def fit(
    head: Any, cached: Cached, rows: Sequence[data.Row], compounds: Any, places: Sequence[int], epochs: int
) -> None:
    """Train the head in place; it ends as the running mean of its weights."""
    labels = torch.tensor([row.label for row in rows])
    ratings = torch.tensor([row.rating / 4 for row in rows])
    vader, weight = torch.from_numpy(compounds), torch.tensor([_weight(row) for row in rows])
    words = [p for name, p in head.named_parameters() if name.startswith("words.")]
    others = [p for name, p in head.named_parameters() if not name.startswith("words.")]
    optimizer = torch.optim.AdamW(
        [{"params": others, "weight_decay": DECAY}, {"params": words, "weight_decay": 0.0}], RATE
    )
    steps = epochs * sum(1 for _ in _batches(np.array(places), cached, np.random.default_rng(SEED)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    mean, random = copy.deepcopy(head), np.random.default_rng(SEED)
    head.train()
    for epoch in range(epochs):
        total, count = 0.0, 0
        for batch in _batches(np.array(places), cached, random):
            out = head(*cached.batch(batch))
            each = nn.functional.cross_entropy(out[:, :3], labels[batch], label_smoothing=SMOOTHING, reduction="none")
            each = each + RATING_WEIGHT * (out[:, 3] - ratings[batch]) ** 2
            each = each + VADER_WEIGHT * (out[:, 4] - vader[batch]) ** 2
            loss = (weight[batch] * each).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for kept, new in zip(mean.parameters(), head.parameters(), strict=True):
                    kept.lerp_(new, 1 - AVERAGE)
            total, count = total + loss.item(), count + 1
        print(f"epoch {epoch + 1}: loss {total / count:.3f}", flush=True)
    head.load_state_dict(mean.state_dict())


def write(head: nn.Module, target: Path) -> None:
    """Write the head's weights, 16 bits each, and its table of words."""
    state = {k: v.half() if v.is_floating_point() else v for k, v in head.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, target)
    target.chmod(0o644)  # the library writes for its owner alone


def table(head: Any, cached: Cached, rows: Sequence[data.Row], compounds: Any, part: str) -> str:
    """Accuracy and macro F1 of the head and of VADER per set, as Markdown."""
    lines = [
        f"| {part} part | texts | negative / neutral / positive | accuracy: ours | VADER | macro F1: ours | VADER |",
        "|---|---|---|---|---|---|---|",
    ]
    theirs = np.array([data.vader_label(float(c)) for c in compounds])
    for name in (*data.SETS, "all"):
        places = [i for i, row in enumerate(rows) if row.part == part and name in (row.set, "all")]
        truth = np.array([rows[i].label for i in places])
        ours, other = scores(truth, predict(head, cached, places)), scores(truth, theirs[places])
        counts = " / ".join(str(n) for n in np.bincount(truth, minlength=3))
        figures = f"{ours[0]:.3f} | {other[0]:.3f} | {ours[1]:.3f} | {other[1]:.3f}"
        lines.append(f"| {name} | {len(places)} | {counts} | {figures} |")
    return "\n".join(lines)


def predict(head: Any, cached: Cached, places: Sequence[int]) -> Any:
    """Labels, int64 [places]."""
    head.eval()
    made = np.zeros(len(places), np.int64)
    order = np.argsort(cached.lengths[list(places)], kind="stable")
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            out = head(*cached.batch([places[i] for i in some]))
            made[some] = out[:, :3].argmax(1).numpy()
    return made


def scores(truth: Any, found: Any) -> Scores:
    """Accuracy, and the mean of the three classes' F1."""
    f1 = [2 * ((truth == c) & (found == c)).sum() / max(1, (truth == c).sum() + (found == c).sum()) for c in range(3)]
    return float((truth == found).mean()), float(np.mean(f1))


def _weight(row: data.Row) -> float:
    return TWEET_WEIGHT if row.set == "tweets" else 1.0


def _batches(places: Any, cached: Cached, random: np.random.Generator) -> Iterator[list[int]]:
    """All texts once, in random batches of nearly one length."""
    shuffled, batches = random.permutation(places), []
    for start in range(0, len(shuffled), 20 * BATCH):
        some = shuffled[start : start + 20 * BATCH]
        some = some[np.argsort(cached.lengths[some], kind="stable")]
        batches += [some[i : i + BATCH].tolist() for i in range(0, len(some), BATCH)]
    for i in random.permutation(len(batches)):
        yield batches[i]


if __name__ == "__main__":
    main()
