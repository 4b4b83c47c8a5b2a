"""The generation handler with a tiny random Llama and a tiny tokenizer, made here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.handlers import text_generation
from serving.handlers.text_generation import TextGenerator
from serving.handlers.types import Item, Loading, Reply
from tests.serving.handlers.unpacked import listed, plain, predictions, refused
from tests.serving.tiny_language import write_model, write_tokenizer

TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }} {{ m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant {% endif %}"
)
Make = Callable[..., TextGenerator]


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


def streamed(instance: Any) -> Item:
    return Item(json.dumps({"instances": [instance], "stream": True, "schema": "1"}).encode(), "application/json")


def events_of(reply: Reply) -> list[dict[str, Any]]:
    assert reply.content_type == "text/event-stream"
    *blocks, rest = reply.body.split(b"\n\n")
    assert rest == b""
    return [json.loads(block.removeprefix(b"data: ")) for block in blocks]


def together(generator: TextGenerator, items: list[Item]) -> tuple[dict[int, Reply], dict[int, list[bytes]]]:
    """The last reply of each item, and the parts before it."""
    last: dict[int, Reply] = {}
    parts: dict[int, list[bytes]] = {i: [] for i in range(len(items))}
    for ready in generator.answers(items):
        for i, reply in ready.items():
            assert i not in last
            if reply.more:
                parts[i].append(reply.body)
            else:
                last[i] = reply
    return last, parts


def alone(generator: TextGenerator, item: Item) -> list[bytes]:
    return [reply.body for ready in generator.answers([item]) for reply in ready.values()]


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
    events = [event for one in generator.answers([streamed("the dog")]) for event in events_of(one[0])]
    first, *pieces, last = events
    whole = one(generator, prompt="the dog")
    assert first == {"schema": "1", "model": "tiny", "version": "1.0", "prompt_tokens": whole["prompt_tokens"]}
    assert len(pieces) > 2
    assert {"text": "".join(piece["text"] for piece in pieces), **last} == whole


def test_streams_and_whole_answers_of_one_batch_are_what_each_is_alone(make: Make) -> None:
    generator = make()
    items = [
        listed({"prompt": "the cat", "max_new_tokens": 3}),
        streamed({"prompt": "a dog ran in the park", "max_new_tokens": 12}),
        plain(" "),
        streamed({"prompt": "äöü", "max_new_tokens": 6}),
        listed("ein", {"prompt": "und", "max_new_tokens": 2}),
        streamed(""),
    ]
    last, parts = together(generator, items)
    for i in (0, 2, 4, 5):
        assert last[i] == generator.predict([items[i]])[0]
    assert [last[i].status for i in (2, 5)] == [400, 400]
    for i in (1, 3):
        assert [*parts[i], last[i].body] == [
            reply.body for ready in generator.answers([items[i]]) for reply in ready.values()
        ]


def test_a_reader_who_leaves_ends_its_own_stream_only(make: Make) -> None:
    generator = make()
    items = [streamed("the dog"), streamed("the cat")]
    heard = 0

    def gone() -> list[int]:
        return [0] if heard >= 4 else []

    last, parts = {}, {0: [], 1: []}  # type: ignore[var-annotated]
    for ready in generator.answers(items, gone):
        heard += 1
        for i, reply in ready.items():
            last[i] = reply
            parts[i].append(reply.body)
    assert 0 < events_of(last[0])[-1]["tokens"] < 6
    assert parts[1] == alone(generator, items[1])


def test_more_prompts_than_are_decoded_together_are_all_answered(make: Make) -> None:
    generator = make(max_new_tokens=2)
    items = [listed(*["the cat"] * 20), listed(*["a dog"] * 20), streamed("mat")]
    last, parts = together(generator, items)
    assert [len(predictions(last[i])) for i in (0, 1)] == [20, 20]
    assert events_of(last[2])[-1]["tokens"] == 2
    assert parts[2]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"instances": ["a", "b"], "stream": True}, "A stream answers exactly one instance; the request holds 2."),
        ({"instances": ["a"], "stream": "yes"}, "stream must be true or false."),
        ({"instances": ["a"], "schema": "2"}, 'The schema "2" is unknown; "1" is understood.'),
        ({"instances": ["a"], "schema": 1}, 'The schema 1 is unknown; "1" is understood.'),
    ],
)
def test_what_cannot_be_streamed_or_understood_is_refused(make: Make, document: Any, sentence: str) -> None:
    reply = make().predict([Item(json.dumps(document).encode(), "application/json")])[0]
    assert refused(reply) == (400, sentence)


def test_bfloat16_weights_answer_too(make: Make) -> None:
    found = one(make(precision="bfloat16"), prompt="the cat")
    assert found["tokens"] == 12


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
