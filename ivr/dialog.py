"""What comes next, from where the call stands and what was answered: data and one function."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.tree import Ask, Meaning, Move, Tree


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a call stands: at which question, asked how often, after how many answers in all."""

    node: str
    attempt: int  # 1: asked for the first time
    answers: int


@dataclass(frozen=True, slots=True)
class Step:
    """Where the call goes, and what is said. `attempt` above 1: the same question again, in the words of `says`."""

    to: str
    says: tuple[str, ...] = ()
    attempt: int = 1

    @property
    def is_retry(self) -> bool:
        """The question is put again, and `says` already holds it."""
        return self.attempt > 1


STAYS = frozenset({Meaning.REPEAT, Meaning.SLOWER, Meaning.LANGUAGE})
"""Answers that change how the question is put, and nothing else."""


def next_step(tree: Tree, stand: Stand, answer: Meaning) -> Step | None:
    """The step that an answer leads to; None when the same question is said over (repeat, slower, language).

    A known answer moves on; anything else is asked again, and then a person helps. Danger and 0 always find a person,
    whatever was asked, and so does the limit of answers: no tree can lock a caller in.
    """
    if answer is Meaning.EMERGENCY:
        return Step(tree.emergency)
    if answer is Meaning.PERSON or stand.answers >= tree.answers:
        return Step(tree.person)
    if answer in STAYS:
        return None
    node = tree.nodes[stand.node]
    if not isinstance(node, Ask):
        return Step(tree.person)
    if answer in node.answers:
        return _go(node.answers[answer])
    retry = node.silence if answer is Meaning.SILENCE else node.unclear
    if stand.attempt <= retry.again:
        return Step(stand.node, retry.says, stand.attempt + 1)
    return _go(retry.then)


def _go(move: Move) -> Step:
    return Step(move.to, move.says)
