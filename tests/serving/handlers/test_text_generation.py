"""The generation handler with a tiny random Llama and a tiny tokenizer, made here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.handlers import text_generation
from serving.handlers.text_generation import TextGenerator
from serving.handlers.types import Item, ItemError, Loading
from tests.serving.handlers.unpacked import listed, plain, predictions, refused

CORPUS = ("the cat sat on the mat", "a dog ran in the park", "und ein Satz mit Umlauten: äöü 日本 🙂") * 20
BEGIN, END = "<s>", "</s>"
TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }} {{ m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant {% endif %}"
)
Make = Callable[..., TextGenerator]


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


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(*, end: int | list[int] = 1, template: str | None = None, **settings: Any) -> TextGenerator:
        write_model(tmp_path, write_tokenizer(tmp_path, template=template), end)
        asked = {"max_new_tokens": 12, "max_prompt_tokens": 64, **settings}
        return text_generation.load(Loading(tmp_path, "tiny", "1.0", asked))

    return made


def one(generator: TextGenerator, **asked: Any) -> dict[str, Any]:
    row: dict[str, Any] = predictions(generator.predict([listed(asked)])[0])[0]
    return row


def test_greedy_answers_are_those_of_the_library_itself(make: Make, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    generator = make()
    tokenizer, model = AutoTokenizer.from_pretrained(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path)
    for prompt in ("the cat", "a dog ran in the park and"):
        found = one(generator, prompt=prompt)
        encoded = tokenizer(prompt, return_tensors="pt")
        reference = model.generate(**encoded, max_new_tokens=12, do_sample=False, pad_token_id=0)[0]
        made = reference[encoded["input_ids"].shape[1] :]
        assert found["text"] == tokenizer.decode(made, skip_special_tokens=True)
        assert (found["prompt_tokens"], found["tokens"]) == (encoded["input_ids"].shape[1], len(made))


def test_a_batch_answers_what_each_prompt_answers_alone(make: Make) -> None:
    generator = make()
    asked = [
        {"prompt": "the cat sat on the mat and a dog ran in the park", "max_new_tokens": 9},
        {"prompt": "a", "max_new_tokens": 3},
        {"prompt": "äöü 日本", "max_new_tokens": 12},
    ]
    together = predictions(generator.predict([listed(*asked)])[0])
    assert together == [one(generator, **each) for each in asked]
    assert [row["tokens"] for row in together] == [9, 3, 12]
    assert {row["finish"] for row in together} == {"length"}


def test_an_end_token_ends_its_own_text_only(make: Make, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    free = make(max_new_tokens=8)
    prompts = [{"prompt": "the cat"}, {"prompt": "ein Satz"}]
    texts = [row["text"] for row in predictions(free.predict([listed(*prompts)])[0])]
    ids = AutoTokenizer.from_pretrained(tmp_path)(texts, add_special_tokens=False)["input_ids"]
    end = next(token for token in ids[0][1:] if token not in ids[1])
    ended, other = predictions(make(max_new_tokens=8, end=[1, end]).predict([listed(*prompts)])[0])
    assert ended["finish"] == "stop"
    assert ended["tokens"] < 8
    assert (other["finish"], other["tokens"], other["text"]) == ("length", 8, texts[1])


def test_the_pieces_of_a_stream_are_the_whole_text(make: Make) -> None:
    generator = make()
    pieces = list(generator.stream(plain("the dog")))
    assert len(pieces) > 2
    assert "".join(pieces) == one(generator, prompt="the dog")["text"]


def test_a_stream_refuses_what_a_request_refuses(make: Make) -> None:
    generator = make()
    with pytest.raises(ItemError, match="empty"):
        list(generator.stream(plain(" ")))


def test_temperature_samples_and_zero_does_not(make: Make) -> None:
    generator = make()
    assert len({one(generator, prompt="the", temperature=0)["text"] for _ in range(4)}) == 1
    assert len({one(generator, prompt="the", temperature=2)["text"] for _ in range(4)}) > 1


def test_a_chat_model_is_asked_in_its_template(make: Make) -> None:
    generator = make(template=TEMPLATE, chat=True)
    bare = one(make(), prompt="the cat")
    framed = one(generator, prompt="the cat")
    assert framed["prompt_tokens"] > bare["prompt_tokens"] + 2


@pytest.mark.parametrize(
    ("instance", "status", "sentence"),
    [
        ("", 400, "The text is empty."),
        (3, 400, "A text must be a JSON string."),
        ({}, 400, "A text must be a JSON string."),
        (
            {"prompt": "a", "top": 1},
            400,
            "The key 'top' is unknown; max_new_tokens, prompt, temperature are understood.",
        ),
        ({"prompt": "a", "max_new_tokens": 13}, 400, "max_new_tokens must be a whole number from 1 to 12."),
        ({"prompt": "a", "max_new_tokens": True}, 400, "max_new_tokens must be a whole number from 1 to 12."),
        ({"prompt": "a", "temperature": "hot"}, 400, "temperature must be a number from 0 to 2."),
        ({"prompt": "a", "temperature": float("nan")}, 400, "temperature must be a number from 0 to 2."),
        ("mat " * 65, 413, "tokens; 64 is the most."),
        ("mat " * 9999, 413, "characters; 64 tokens is the most."),
    ],
)
def test_a_bad_prompt_is_refused_in_one_sentence(make: Make, instance: Any, status: int, sentence: str) -> None:
    code, message = refused(make().predict([listed(instance)])[0])
    assert code == status
    assert message.endswith(sentence)


def test_a_bad_prompt_spoils_no_other(make: Make) -> None:
    generator = make()
    replies = generator.predict([plain("the cat"), Item(b"\xff", "text/plain"), listed("a dog", {"prompt": 1})])
    assert [reply.status for reply in replies] == [200, 400, 200]
    good, bad = predictions(replies[2])
    assert good["tokens"] == 12
    assert bad["error"]["code"] == 400
    assert json.loads(replies[0].body)["model"] == "tiny"


def test_nothing_is_run_that_comes_with_the_weights(make: Make, tmp_path: Path) -> None:
    make()
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    mark = tmp_path / "ran"
    (tmp_path / "own.py").write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    own = {**config, "model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModelForCausalLM": "own.M"}}
    (tmp_path / "config.json").write_text(json.dumps(own), encoding="utf-8")
    asked = {"max_new_tokens": 12, "max_prompt_tokens": 64}
    with pytest.raises(ValueError, match=r"trust_remote_code|own"):
        text_generation.load(Loading(tmp_path, "tiny", "1.0", asked))
    assert not mark.exists()
