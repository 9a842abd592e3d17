"""The class that is asked about: by its number, its name, or the most probable one."""

from __future__ import annotations

import difflib

import numpy as np
from torch import Tensor

from resnet_viz.analysis.attribution.records import ClassLogit
from resnet_viz.errors import ClassError
from resnet_viz.one_line import one_line

Target = int | str | None  # number, name; None for the most probable class


def find_class(answers: tuple[str, ...], target: Target) -> int | None:
    """The number of a class among all that a network can answer; None stays None.

    A name is looked for before a number, capitals do not count.

    Raises:
        ClassError: there is no such class, or several have the name.
    """
    if target is None:
        return None
    if isinstance(target, int):
        return _known(answers, target)
    wanted = target.strip().casefold()
    found = [index for index, name in enumerate(answers) if name.casefold() == wanted]
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise ClassError(f"“{answers[found[0]]}” names the classes {numbers}; give the number.")
    if found:
        return found[0]
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        return _known(answers, int(wanted))
    raise ClassError(f"There is no class “{one_line(target, 40)}”; {_nearby(answers, wanted)}.")


def best(logits: Tensor) -> int:
    """The most probable answer to (K,) logits; with one logit the class or its complement."""
    if len(logits) > 1:
        return int(logits.argmax())
    return 0 if float(logits[0]) >= 0 else 1


def score(logits: Tensor, index: int) -> Tensor:
    """(N,): the logit of an answer from (N, K); that of one logit's complement is its negative."""
    return logits[:, index] if index < logits.shape[1] else -logits[:, 0]


def probability(logits: Tensor, index: int) -> Tensor:
    """(N,): the probability of an answer from (N, K): the softmax, of one logit the sigmoid."""
    if logits.shape[1] == 1:
        return score(logits, index).sigmoid()
    return logits.softmax(dim=1)[:, index]


def class_logit(logits: np.ndarray, index: int, answers: tuple[str, ...]) -> ClassLogit:
    """The record of one answer to (K,) logits; the probability is the softmax, of one its sigmoid."""
    scores = logits.astype(np.float64)
    if len(scores) == 1:
        scores = np.array(
            [scores[0] / 2, -scores[0] / 2]
        )  # their softmax is the sigmoid of the one
    odds = np.exp(scores - scores.max())
    logit = float(logits[index]) if index < len(logits) else -float(logits[0])
    return ClassLogit(index, answers[index], logit, float(odds[index] / odds.sum()))


def _known(answers: tuple[str, ...], index: int) -> int:
    if not 0 <= index < len(answers):
        raise ClassError(
            f"There is no class {index}: this network has {len(answers):,}, numbered from 0 to "
            f"{len(answers) - 1:,}."
        )
    return index


def _nearby(answers: tuple[str, ...], wanted: str) -> str:
    """What to choose instead."""
    if len(answers) <= 20:
        return f"choose one of {', '.join(answers)}"
    names = {name.casefold(): name for name in answers}
    close = [names[key] for key in difflib.get_close_matches(wanted, names, 3)]
    numbers = f"a number from 0 to {len(answers) - 1:,}"
    return f"choose {', '.join(close)} or {numbers}" if close else f"choose {numbers}"
