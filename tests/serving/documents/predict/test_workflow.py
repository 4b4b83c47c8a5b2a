"""The workflow table, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from serving.documents.models import check
from serving.documents.plan import Plan, Step
from serving.documents.workflow import read
from serving.errors import InputError


def test_steps_are_read_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "workflow.toml"
    path.write_text(
        '[[step]]\ntypes = ["image"]\nmodel = "efficientnet_lite0"\nread = "page"\n'
        '[[step]]\ntypes = ["word", "image"]\nmodel = "sentiment"\n'
    )
    steps = read(path)
    assert steps == (
        Step(kinds=("image",), model="efficientnet_lite0", read="page"),
        Step(kinds=("word", "image"), model="sentiment", read="text"),
    )
    plan = Plan(steps=steps)
    assert [model.name for model in check(plan)] == ["efficientnet_lite0", "sentiment"]
    assert plan.step("image") == steps[0]  # the first that names it
    assert plan.step("txt") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no [[step]]"),
        ("step = 3", "no [[step]]"),
        ("[[stage]]\n", "'stage' is not known"),
        ('[[step]]\ntypes = "pdf"\nmodel = "m"', "types is not a list"),
        ('[[step]]\ntypes = ["pfd"]\nmodel = "m"', "did you mean pdf?"),
        ('[[step]]\ntypes = ["pdf"]\nmodell = "m"', "did you mean model?"),
        ('[[step]]\ntypes = ["pdf"]', "model is not a name"),
        ('[[step]]\ntypes = ["pdf"]\nmodel = "m"\nread = "pages"', "did you mean page?"),
        ("[[step]", "mend the TOML"),
    ],
)
def test_a_wrong_table_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "workflow.toml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("step", "endpoint", "says"),
    [
        (
            Step(kinds=("pdf",), model="sentimnet"),
            "",
            "did you mean sentiment? there are distilbert_sst2, efficientnet",
        ),
        (Step(kinds=("pdf",), model="nothing-like-it"), "", "there are distilbert_sst2, efficientnet_lite0, minilm"),
        (Step(kinds=("pdf",), model="efficientnet_lite0"), "", 'image-classification model cannot read "text"'),
        (Step(kinds=("pdf",), model="smollm2_135m_instruct"), "", 'text-generation model cannot read "text"'),
        (Step(kinds=("pdf",), model="sentiment", read="page"), "", "use efficientnet_lite0, resnet50"),
        (Step(kinds=("pdf",), model="sentiment"), "https://x.test/predictions/minilm", "the endpoint is of minilm"),
    ],
)
def test_a_model_that_cannot_do_it_is_told_before_anything_is_read(step: Step, endpoint: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        check(Plan(steps=(step,), endpoint=endpoint))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
