"""dialog.toml -> Tree: nodes, moves and limits; refused when a caller could get stuck or a sentence is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Any

from config.settings import BadSetting


class Takes(StrEnum):
    """What kind of answer a question waits for, and so how it is heard."""

    REQUEST = "request"  # what do you need
    MORE = "more"  # is there anything else, and what
    YES_NO = "yes_no"
    SERVICE_YES_NO = "service_yes_no"  # yes, no, or another service
    ADDRESS_YES_NO = "address_yes_no"  # yes, no, or another address
    ADDRESS = "address"
    WHO = "who"  # one of a short list of persons
    CODE = "code"  # four digits of a ticket
    MOBILE = "mobile"


class Meaning(StrEnum):
    """What an answer comes to, whatever was pressed or said."""

    SILENCE = "silence"
    UNCLEAR = "unclear"
    PERSON = "person"
    EMERGENCY = "emergency"
    REPEAT = "repeat"
    SLOWER = "slower"
    LANGUAGE = "language"
    MENU = "menu"
    SERVICE = "service"
    QUESTION = "question"
    COMPLAINT = "complaint"
    STATUS = "status"
    CANCEL = "cancel"
    AGAIN = "again"  # the same matter is broken again
    DONE = "done"  # nothing more
    YES = "yes"
    NO = "no"
    OTHER = "other"  # not this, but that
    WORDS = "words"
    PICKED = "picked"
    NONE = "none"
    CODE = "code"
    NUMBER = "number"


class Act(StrEnum):
    """What the line does between two questions (ivr/service/acts.py)."""

    WEIGH = "weigh"
    COUNT_DOUBT = "count_doubt"
    BEGIN_AFRESH = "begin_afresh"
    FIND_PLACE = "find_place"
    SETTLE_PLACE = "settle_place"
    KEEP_ADDRESS = "keep_address"
    FIND_REACH = "find_reach"
    KEEP_MOBILE = "keep_mobile"
    DROP_MOBILE = "drop_mobile"
    OPEN_TICKET = "open_ticket"
    REGISTER = "register"
    FIND_TICKETS = "find_tickets"
    TELL_STATUS = "tell_status"
    FIND_CANCELLABLE = "find_cancellable"
    PICK_CANCELLABLE = "pick_cancellable"
    CANCEL_TICKET = "cancel_ticket"
    FIND_REOPENABLE = "find_reopenable"
    REOPEN_TICKET = "reopen_ticket"
    HAND_OVER = "hand_over"
    RAISE_ALARM = "raise_alarm"


REQUEST_MEANINGS = frozenset(
    {
        Meaning.SERVICE,
        Meaning.QUESTION,
        Meaning.COMPLAINT,
        Meaning.STATUS,
        Meaning.CANCEL,
        Meaning.AGAIN,
        Meaning.MENU,
        Meaning.YES,
        Meaning.NO,
        Meaning.DONE,
    }
)
REQUIRED: Mapping[Takes, frozenset[Meaning]] = {
    Takes.REQUEST: REQUEST_MEANINGS,
    Takes.MORE: REQUEST_MEANINGS,
    Takes.YES_NO: frozenset({Meaning.YES, Meaning.NO}),
    Takes.SERVICE_YES_NO: frozenset({Meaning.YES, Meaning.NO, Meaning.OTHER}),
    Takes.ADDRESS_YES_NO: frozenset({Meaning.YES, Meaning.NO, Meaning.OTHER}),
    Takes.ADDRESS: frozenset({Meaning.WORDS}),
    Takes.WHO: frozenset({Meaning.PICKED, Meaning.NONE}),
    Takes.CODE: frozenset({Meaning.CODE}),
    Takes.MOBILE: frozenset({Meaning.NUMBER, Meaning.NO}),
}
OPTIONAL: Mapping[Takes, frozenset[Meaning]] = {Takes.CODE: frozenset({Meaning.YES, Meaning.NO})}

OUTCOMES: Mapping[Act, frozenset[str]] = {
    Act.WEIGH: frozenset({"sure", "maybe", "chosen", "question", "same_open", "closed_lately"}),
    Act.COUNT_DOUBT: frozenset({"once", "twice"}),
    Act.BEGIN_AFRESH: frozenset({"known", "unknown"}),
    Act.FIND_PLACE: frozenset({"given", "known", "shared", "crowded", "unknown"}),
    Act.SETTLE_PLACE: frozenset({"settled"}),
    Act.KEEP_ADDRESS: frozenset({"kept"}),
    Act.FIND_REACH: frozenset({"textable", "silent"}),
    Act.KEEP_MOBILE: frozenset({"kept"}),
    Act.DROP_MOBILE: frozenset({"dropped"}),
    Act.OPEN_TICKET: frozenset({"created", "by_phone", "withheld", "placeless"}),
    Act.REGISTER: frozenset({"registered"}),
    Act.FIND_TICKETS: frozenset({"named", "some", "none", "withheld"}),
    Act.TELL_STATUS: frozenset({"told", "missing", "missing_again"}),
    Act.FIND_CANCELLABLE: frozenset({"one", "several", "none"}),
    Act.PICK_CANCELLABLE: frozenset({"found", "missing"}),
    Act.CANCEL_TICKET: frozenset({"cancelled", "refused"}),
    Act.FIND_REOPENABLE: frozenset({"one", "known", "none"}),
    Act.REOPEN_TICKET: frozenset({"reopened", "refused"}),
    Act.HAND_OVER: frozenset({"dialling", "nobody"}),
    Act.RAISE_ALARM: frozenset({"dialling", "nobody"}),
}
DIAL_OUTCOMES = frozenset({"answered", "unanswered"})
RECORD_OUTCOMES = frozenset({"kept", "nothing"})
MENU_KEYS = tuple("123456")

FACTS = frozenset(
    {"city", "menu", "service", "ticket_service", "code", "address", "mobile", "people", "nobody_key"}
    | {"provider", "eta", "number"}
)
"""The blanks that a spoken sentence may have; ivr/service/speech.py fills them."""

SPOKEN_BY_ACTS = (
    "emergency.fire",
    "emergency.gas",
    "emergency.medical",
    "emergency.police",
)
"""Sentences that acts say by themselves, beside those named in the file and the ticket states (`status.*`)."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where an answer or an outcome leads, and what is said on the way."""

    to: str
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """What happens when nothing was said, or nothing understood."""

    then: Move
    again: int = 0  # how often the question is put again first
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A question."""

    says: tuple[str, ...]
    takes: Takes
    answers: Mapping[Meaning, Move]
    silence: Retry
    unclear: Retry


@dataclass(frozen=True, slots=True)
class Do:
    """Something the line does; each outcome leads on."""

    act: Act
    outcomes: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Dial:
    """The duty phone is rung."""

    says: tuple[str, ...]
    outcomes: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Record:
    """The caller leaves a message."""

    says: tuple[str, ...]
    outcomes: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class HangUp:
    """The call ends."""

    says: tuple[str, ...]


Node = Ask | Do | Dial | Record | HangUp


@dataclass(frozen=True, slots=True)
class Tree:
    """The whole dialog."""

    start: str
    nodes: Mapping[str, Node]
    person: str  # where 0 leads from everywhere
    emergency: str  # where words of danger lead from everywhere
    menu: Mapping[str, str]  # key -> service
    advice: Mapping[str, str]  # service -> sentence
    answers: int  # after so many answers a person takes over
    confidence: float  # of the speech engine; below it nothing was understood

    @property
    def opening(self) -> tuple[str, ...]:
        """What every call begins with."""
        first = self.nodes[self.start]
        return () if isinstance(first, Do) else first.says


def build(data: Mapping[str, Any]) -> Tree:
    """A tree from a dialog file as read. Raises BadSetting with one sentence that names the node."""
    try:
        written = data["nodes"]
        nodes = {name: _node(name, _inherited(written, name)) for name in written}
        return Tree(
            start=str(data["start"]),
            nodes=nodes,
            person=str(data["always"]["person"]),
            emergency=str(data["always"]["emergency"]),
            menu={str(key): str(service) for key, service in data["menu"].items()},
            advice={str(service): str(key) for service, key in data["advice"].items()},
            answers=int(data["limits"]["answers"]),
            confidence=float(data["limits"]["confidence"]),
        )
    except KeyError as err:
        raise _refused(f"{err} is missing") from err
    except (TypeError, AttributeError, ValueError) as err:
        raise _refused(str(err)) from err


def check(tree: Tree, prompts: Mapping[str, Mapping[str, str]], services: Mapping[str, object]) -> Tree:
    """The same tree, when no caller can get stuck in it. Raises BadSetting with one sentence otherwise.

    `prompts` are the spoken sentences by language and key, `services` the catalogue's. Checked: every move leads
    somewhere; every question takes every kind of answer; nothing is out of reach; from everywhere the call can end;
    a caller who says nothing, or nothing that we understand, is brought to an end without going round in circles;
    every sentence exists in every language and has only blanks that can be filled.
    """
    _check_targets(tree)
    _check_kinds(tree)
    _check_reach(tree)
    _check_exits(tree)
    _check_patience(tree)
    _check_services(tree, services)
    _check_prompts(tree, prompts)
    return tree


def moves(node: Node) -> Iterator[Move]:
    """Every way on from a node."""
    match node:
        case Ask():
            yield from node.answers.values()
            yield node.silence.then
            yield node.unclear.then
        case Do() | Dial() | Record():
            yield from node.outcomes.values()


def spoken(tree: Tree) -> frozenset[str]:
    """Every sentence that the tree can say, by key; the ticket states (`status.*`) come on top."""
    keys = {*tree.advice.values(), *SPOKEN_BY_ACTS}
    for node in tree.nodes.values():
        if not isinstance(node, Do):
            keys.update(node.says)
        if isinstance(node, Ask):
            keys.update(node.silence.says, node.unclear.says)
        keys.update(key for move in moves(node) for key in move.says)
    return frozenset(keys)


def longest_wait(tree: Tree) -> int:
    """How many answers, at most, a caller gives who never says anything that we understand."""
    return max(_depth(tree, name, "silence", {}) for name in tree.nodes)


def _node(name: str, written: Mapping[str, Any]) -> Node:
    kinds = [kind for kind in ("asks", "does", "dials", "records", "hangs_up") if kind in written]
    if len(kinds) != 1:
        raise _refused(f"node {name} must do exactly one of: ask, do, dial, record, hang up")
    rest = {key: value for key, value in written.items() if key not in (*kinds, "says", "like")}
    says = _texts(written.get("says", ()))
    match kinds[0]:
        case "asks":
            return Ask(
                says=says,
                takes=Takes(written["asks"]),
                answers={Meaning(meaning): _move(move) for meaning, move in written["answers"].items()},
                silence=_retry(written["silence"]),
                unclear=_retry(written["unclear"]),
            )
        case "does":
            return Do(Act(written["does"]), {outcome: _move(move) for outcome, move in rest.items()})
        case "dials":
            return Dial(says, {outcome: _move(move) for outcome, move in rest.items()})
        case "records":
            return Record(says, {outcome: _move(move) for outcome, move in rest.items()})
        case _:
            return HangUp(says)


def _inherited(written: Mapping[str, Any], name: str) -> dict[str, Any]:
    own = dict(written[name])
    if "like" not in own:
        return own
    parent = dict(written[own["like"]])
    answers = {**parent.get("answers", {}), **own.get("answers", {})}
    return {**parent, **own, "answers": answers}


def _move(written: Any) -> Move:
    if isinstance(written, str):
        return Move(written)
    return Move(str(written["to"]), _texts(written.get("says", ())))


def _retry(written: Mapping[str, Any]) -> Retry:
    return Retry(_move(written["then"]), int(written.get("again", 0)), _texts(written.get("says", ())))


def _texts(written: Any) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(str(one) for one in written)


def _check_targets(tree: Tree) -> None:
    for name in (tree.start, tree.person, tree.emergency):
        if name not in tree.nodes:
            raise _refused(f"there is no node {name}")
    if not isinstance(tree.nodes[tree.start], Ask):
        raise _refused(f"the call must begin with a question, and {tree.start} is none")
    for name, node in tree.nodes.items():
        for move in moves(node):
            if move.to not in tree.nodes:
                raise _refused(f"node {name} leads to {move.to}, and there is no such node")


def _check_kinds(tree: Tree) -> None:
    for name, node in tree.nodes.items():
        match node:
            case Ask():
                given, wanted = frozenset(node.answers), REQUIRED[node.takes]
                if missing := wanted - given:
                    raise _refused(f"node {name} is a dead end for the answers {', '.join(sorted(missing))}")
                if unknown := given - wanted - OPTIONAL.get(node.takes, frozenset()):
                    raise _refused(f"node {name} waits for {', '.join(sorted(unknown))}, which nobody can answer there")
                if not node.says:
                    raise _refused(f"node {name} asks without a sentence")
                for retry in (node.silence, node.unclear):
                    if retry.again and not retry.says:
                        raise _refused(f"node {name} asks again without a sentence")
            case Do():
                _check_outcomes(name, frozenset(node.outcomes), OUTCOMES[node.act])
            case Dial():
                _check_outcomes(name, frozenset(node.outcomes), DIAL_OUTCOMES)
            case Record():
                _check_outcomes(name, frozenset(node.outcomes), RECORD_OUTCOMES)
    for name, act in ((tree.person, Act.HAND_OVER), (tree.emergency, Act.RAISE_ALARM)):
        node = tree.nodes[name]
        if not isinstance(node, Do) or node.act is not act:
            raise _refused(f"node {name} must do {act}")


def _check_outcomes(name: str, given: frozenset[str], wanted: frozenset[str]) -> None:
    if missing := wanted - given:
        raise _refused(f"node {name} is a dead end when the outcome is {', '.join(sorted(missing))}")
    if unknown := given - wanted:
        raise _refused(f"node {name} has outcomes that cannot happen: {', '.join(sorted(unknown))}")


def _check_reach(tree: Tree) -> None:
    seen: set[str] = set()
    waiting = [tree.start, tree.person, tree.emergency]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(move.to for move in moves(tree.nodes[name]))
    if lost := sorted(set(tree.nodes) - seen):
        raise _refused(f"no call ever comes to the node {lost[0]}")


def _check_exits(tree: Tree) -> None:
    """From every node the call can end by the answers of that node alone, without the key for a person."""
    ends = {name for name, node in tree.nodes.items() if isinstance(node, HangUp)}
    grown = True
    while grown:
        more = {
            name
            for name, node in tree.nodes.items()
            if name not in ends and any(move.to in ends for move in moves(node))
        }
        ends |= more
        grown = bool(more)
    if stuck := sorted(set(tree.nodes) - ends):
        raise _refused(f"there is no way out of the node {stuck[0]}")


def _check_patience(tree: Tree) -> None:
    for way in ("silence", "unclear", "acts"):
        depths: dict[str, int | None] = {}
        for name in tree.nodes:
            _depth(tree, name, way, depths)


def _depth(tree: Tree, name: str, way: str, depths: dict[str, int | None]) -> int:
    """The longest way to an end for somebody who always gives this answer. Refused when it goes round in circles."""
    if name in depths:
        known = depths[name]
        if known is None:
            raise _refused(f"a caller could go round in circles at the node {name} ({way})")
        return known
    depths[name] = None
    node = tree.nodes[name]
    own = 0
    match node:
        case Ask() if way == "acts":
            following: list[Move] = []
        case Ask():
            retry = node.silence if way == "silence" else node.unclear
            following, own = [retry.then], retry.again + 1
        case _:
            following, own = list(moves(node)), 0 if isinstance(node, Do) else 1
    found = own + max((_depth(tree, move.to, way, depths) for move in following), default=0)
    depths[name] = found
    return found


def _check_services(tree: Tree, services: Mapping[str, object]) -> None:
    if tuple(sorted(tree.menu)) != MENU_KEYS:
        raise _refused("the menu must have the keys 1 to 6")
    for service in (*tree.menu.values(), *tree.advice):
        if service not in services:
            raise _refused(f"there is no service {service}")
    if tree.answers < 2 * len(MENU_KEYS):
        raise _refused("limits.answers leaves no room for a call")


def _check_prompts(tree: Tree, prompts: Mapping[str, Mapping[str, str]]) -> None:
    for lang, sentences in prompts.items():
        for key in sorted(spoken(tree)):
            if key not in sentences:
                raise _refused(f"the sentence {key} is missing in {lang}")
            blanks = {name for _, name, _, _ in Formatter().parse(sentences[key]) if name is not None}
            if unknown := blanks - FACTS:
                raise _refused(f"the sentence {key} in {lang} has a blank nobody fills: {', '.join(sorted(unknown))}")


def _refused(sentence: str) -> BadSetting:
    return BadSetting(f"dialog.toml cannot be used: {sentence}.")
