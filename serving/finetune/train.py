"""The training itself, by transformers' Trainer: epochs, early stopping, checkpoints, resuming."""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging as library_log

from serving.finetune.batches import Grouped, Rows, gathered
from serving.finetune.scores import macro_f1
from serving.finetune.settings import AUTO, Settings

MOST_STEPS: Final = 500  # between checkpoints
SAY_SECONDS: Final = 5.0
WARMUP: Final = 0.1
Say = Callable[[str], None]


class _Loop(Trainer):
    """The library's loop; texts of nearly one length go together, in an order that depends on seed and epoch alone."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        data: Any = self.train_dataset if train_dataset is None else train_dataset
        return Grouped(data.lengths, self.args.per_device_train_batch_size, self.args.seed)


class _Progress(TrainerCallback):
    """Lines with the time that is left."""

    def __init__(self, say: Say) -> None:
        self._say, self._last, self._begun = say, 0.0, (0.0, 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note where it starts."""
        self._begun = (time.monotonic(), state.global_step)
        if state.global_step:
            self._say(f"resumed after step {state.global_step} of {state.max_steps}")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A line every few seconds."""
        now = time.monotonic()
        began, first = self._begun
        if now - self._last < SAY_SECONDS or now - began < 1:
            return
        self._last = now
        left = (now - began) / (state.global_step - first) * (state.max_steps - state.global_step)
        self._say(f"step {state.global_step} of {state.max_steps}, at most {spoken(left)} left")

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        """The score on the validation part."""
        if metrics:
            score, loss = metrics["eval_macro_f1"], metrics["eval_loss"]
            self._say(f"epoch {state.epoch:.4g}: macro F1 {score:.3f} on the validation part, loss {loss:.3f}")


def fit(trainee: Any, learn: Rows, judge: Rows, settings: Settings, at: Path, say: Say) -> dict[str, Any]:
    """Train in place until the validation part's macro F1 rises no more; it ends with the best weights.

    Checkpoints lie below `at`; where whole ones are, the training goes on after the last. Returns what happened.
    """
    library_log.set_verbosity_error()  # type: ignore[no-untyped-call]
    steps_each = math.ceil(len(learn) / settings.batch)
    between = settings.steps_between or math.ceil(steps_each / math.ceil(steps_each / MOST_STEPS))
    loop = _Loop(
        model=trainee,
        args=_arguments(settings, at, between, steps_each),
        data_collator=gathered,
        train_dataset=learn,
        eval_dataset=judge,
        compute_metrics=lambda found: {"macro_f1": macro_f1(found.label_ids, np.argmax(found.predictions, 1))},
        callbacks=[EarlyStoppingCallback(settings.patience), _Progress(say)],
        optimizers=(torch.optim.AdamW(trainee.groups()), None),
    )
    loop.remove_callback(_printer())
    began = time.monotonic()
    loop.train(resume_from_checkpoint=last_whole(at))
    return {
        "seconds": time.monotonic() - began,
        "steps": loop.state.global_step,
        "epochs": loop.state.epoch,
        "best_step": loop.state.best_global_step,
        "validation_macro_f1": loop.state.best_metric,
        "history": [
            {"epoch": row["epoch"], "macro_f1": row["eval_macro_f1"], "loss": row["eval_loss"]}
            for row in loop.state.log_history
            if "eval_macro_f1" in row
        ],
    }


def use_threads(threads: int) -> None:
    """Compute with so many threads from now on; 0: as many as there are cores."""
    torch.set_num_threads(threads or os.cpu_count() or 1)


def device_of(settings: Settings) -> str:
    """Where to compute: as asked, or on the GPU where there is one."""
    if settings.device != AUTO:
        return settings.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def last_whole(at: Path) -> str | None:
    """The latest checkpoint that was written to its end: the trainer's state is written last."""
    for path in sorted(at.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]), reverse=True):
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return str(path)
    return None


def spoken(seconds: float) -> str:
    """A time as people say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def weights(labels: Sequence[int], classes: int) -> list[float]:
    """A class's weight in the loss: the root of how rare it is, so that few examples count more, but not wildly."""
    counts = np.bincount(labels, minlength=classes)
    rare: list[float] = np.sqrt(len(labels) / classes / np.maximum(counts, 1)).tolist()
    return rare


def _arguments(settings: Settings, at: Path, between: int, steps_each: int) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(at),
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=64,
        num_train_epochs=settings.epochs,
        learning_rate=settings.rate,
        lr_scheduler_type="cosine",
        warmup_steps=int(WARMUP * settings.epochs * steps_each),
        max_grad_norm=1.0,
        eval_strategy="steps",
        eval_steps=between,
        save_strategy="steps",
        save_steps=between,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=settings.device == "cpu",
        bf16=settings.device != "cpu",
        label_names=["labels"],
        remove_unused_columns=False,
        restore_callback_states_from_checkpoint=True,
        dataloader_pin_memory=settings.device != "cpu",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )


def _printer() -> Any:
    from transformers.trainer_callback import PrinterCallback

    return PrinterCallback
