"""A tiny random Llama with a tiny tokenizer, and a model folder of it."""

import hashlib
from pathlib import Path

from serving.model import Model

CORPUS = ("the cat sat on the mat", "a dog ran in the park", "und ein Satz mit Umlauten: äöü 日本 🙂") * 20
BEGIN, END = "<s>", "</s>"


def write_tokenizer(folder: Path, *, template: str | None = None) -> int:
    """A byte-level tokenizer; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    made.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=[BEGIN, END], initial_alphabet=alphabet)
    )
    wrapped = PreTrainedTokenizerFast(tokenizer_object=made, bos_token=BEGIN, eos_token=END)
    wrapped.chat_template = template
    wrapped.save_pretrained(folder)
    return len(wrapped)


def write_model(folder: Path, vocabulary: int, end: int | list[int] = 1) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, bos_token_id=0, eos_token_id=end,
        initializer_range=0.5, tie_word_embeddings=False,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def write_folder(folder: Path, *, max_new_tokens: int = 100, end: int | list[int] = 1) -> Model:
    """A text generation model like those that are shipped; `end` names the tokens that end a text."""
    folder.mkdir()
    write_model(folder, write_tokenizer(folder), end)
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    rows = "".join(
        f"""[[weights]]
role = "{path.name}"
source = "folder"
file = "{path.name}"
sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"
"""
        for path in files
    )
    about = f"""name = "{folder.name}"
version = "1.0"
task = "text-generation"
unit = "tokens"
summary = "Tiny."
licence = "none"
{rows}
[serving]
batch_size = 4
max_batch_delay_ms = 20
queue_size = 100
response_timeout_seconds = 20
startup_timeout_seconds = 60
[settings]
max_new_tokens = {max_new_tokens}
max_prompt_tokens = 64
"""
    (folder / "model.toml").write_text(about, encoding="utf-8")
    (folder / "network.py").write_text("def files(weights):\n    return dict(weights)\n", encoding="utf-8")
    (folder / "sample.txt").write_text("the cat", encoding="utf-8")
    return Model.read(folder)
