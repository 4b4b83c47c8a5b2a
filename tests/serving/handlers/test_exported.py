"""The exported form, which any machine runs, and what loading it or a compiled one brings along."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from serving.compile import write_forms
from serving.errors import ServingError
from serving.handlers import exported
from serving.model import find
from serving.packed import unpack
from tests.serving.handlers.unpacked import unpacked

ROOT = Path(__file__).resolve().parents[3]
COMPILER = {"sympy", "torch._dynamo", "torch._inductor", "transformers"}


class Counting(torch.nn.Module):
    """Numbers its inputs and scales them; both tables are one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.one = torch.nn.Embedding(9, 4)
        self.other = torch.nn.Linear(4, 9, bias=False)
        self.other.weight = self.one.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        return torch.where(ids > 0, self.other(self.one(ids)).amax(-1) * places, -torch.inf).nan_to_num(neginf=-1.0)


class Branching(torch.nn.Module):
    """A part of it is called only for some inputs: no single graph."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.cond(ids.sum() > 3, lambda x: x * 2.0, lambda x: x - 1.0, (ids,))  # type: ignore[no-any-return]


def written(made: torch.nn.Module, folder: Path) -> Any:
    network: Any = SimpleNamespace(
        network=lambda weights: made, example=lambda batch: (torch.arange(3 * batch).reshape(batch, 3) % 9,)
    )
    write_forms(network, {}, folder, compiled=False)
    return exported.load(folder / "forms")


@pytest.fixture(scope="module", params=["sentiment", "minilm", "efficientnet_lite0"])
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    return find(request.param).network(), unpacked(request.param, tmp_path_factory).folder / "forms"


def test_it_is_made_anew_where_its_inputs_lie(form: tuple[Any, Path]) -> None:
    """A device without memory refuses an operation with any tensor of the processor."""
    network, place = form
    elsewhere = exported.load(place).to("meta")
    assert elsewhere(*(part.to("meta") for part in network.example(3))).device == torch.device("meta")


def loaded_by(words: str, folder: Path) -> set[str]:
    """The modules of a process that has done what `words` say with `folder`."""
    code = f"import sys; from pathlib import Path; folder = Path(sys.argv[1])\n{words}; print(*sys.modules)"
    run = [sys.executable, "-c", code, str(folder)]
    return set(subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_it_loads_nothing_of_torchs_compiler(form: tuple[Any, Path]) -> None:
    found = loaded_by("from serving.handlers import exported; exported.load(folder)", form[1])
    assert "torch" in found
    assert not COMPILER & found


def test_a_compiled_form_does_not_either(image_archive: Path, tmp_path: Path) -> None:
    folder = unpack(image_archive, tmp_path / "model")
    found = loaded_by("from serving.handlers.adapter import predictor; predictor(folder)", folder)
    assert "torch" in found
    assert not COMPILER & found


def test_one_tensor_of_two_names_is_stored_once_and_answers_as_the_network(tmp_path: Path) -> None:
    made = Counting().eval()
    loaded = written(made, tmp_path)
    for ids in (torch.tensor([[0, 1, 2]]), torch.tensor([[8, 0, 3], [5, 5, 0]])):
        assert torch.equal(loaded(ids), made(ids))
    assert (tmp_path / "forms" / exported.WEIGHTS).stat().st_size < 9 * 4 * 4 + 2_000
    assert (tmp_path / "forms" / exported.GRAPH).read_text().count("_assert") == 0


def test_a_network_that_is_no_single_graph_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"form exported: it calls .*; write the network without that"):
        written(Branching().eval(), tmp_path)
