"""What a change of the tree makes of it: which places end, which begin, and what follows what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from string import ascii_uppercase, digits

from directory.errors import BadChange, PlaceNotFound
from directory.jurisdiction import CITY, DEEPEST, STEP, depth, is_within, parent

LONGEST_NAME = 64
SIGNS = digits + ascii_uppercase


class ChangeKind(StrEnum):
    """How the tree was changed."""

    SPLIT = "split"
    MERGE = "merge"
    MOVE = "move"  # to another parent, hence another code
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Node:
    """A place of the tree. In force from `valid_from` (None: always) until before `valid_until` (None: no end)."""

    code: str
    level: str
    kind: str
    name_zh: str
    name_en: str
    area_code: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    lives: bool = False  # whether people live in it: a community or village

    def is_in_force(self, on: date) -> bool:
        """Whether it counts on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place that somebody asks for. Empty code: the next free one; empty parent: that of the place it follows."""

    name_zh: str
    name_en: str
    code: str = ""
    parent: str = ""
    parts: tuple[str, ...] = ()  # of a split: names of buildings, or codes of places below, that go there
    is_rest: bool = False  # of a split: whatever goes nowhere else goes here


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the tree as somebody asks for it, in force from a day on."""

    kind: ChangeKind
    on: date
    old_codes: tuple[str, ...]
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change makes of the tree. `houses`: where the buildings of a split community go; `rest`: all else."""

    begins: tuple[Node, ...] = ()  # parents before what lies below
    ends: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()  # what follows what
    houses: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""
    renamed: Node | None = None


@dataclass(slots=True)
class _Draft:
    tree: Mapping[str, Node]
    on: date
    taken: set[str]
    begins: list[Node] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def follow(self, old: str, new: Node) -> None:
        if all(node.code != new.code for node in self.begins):
            self.begins.append(new)
        if old not in self.ends:
            self.ends.append(old)
        self.pairs.append((old, new.code))

    def carry(self, children: Iterable[Node], above: str) -> None:
        """Put places with all that lies below them under another code; they keep their last two signs where free."""
        for child in children:
            code = f"{above}{child.code[-STEP:]}"
            code = code if code not in self.taken else _free(above, self.taken)
            self.taken.add(code)
            self.follow(child.code, replace(child, code=code, valid_from=self.on, valid_until=None))
            self.carry(_below(self.tree, child.code, self.on), code)

    def plan(self, houses: Mapping[str, str] | None = None, rest: str = "") -> Plan:
        return Plan(tuple(self.begins), tuple(self.ends), tuple(self.pairs), houses or {}, rest)


def plan(
    change: Change, tree: Mapping[str, Node], *, houses: Collection[str] = (), reserved: Collection[str] = ()
) -> Plan:
    """What becomes of the tree. `houses` are the buildings of a community that is split, `reserved` codes that wait.

    Codes are never used twice, also not of places that ended. Raises BadChange or PlaceNotFound with one sentence.
    """
    olds = [_old(code, change, tree) for code in change.old_codes]
    if not olds or len(set(change.old_codes)) < len(change.old_codes):
        raise BadChange("which")
    if change.kind is not ChangeKind.RENAME and any(depth(one.code) == CITY for one in olds):
        raise BadChange("city")
    for one in change.wanted:
        _check_names(one)
    draft = _Draft(tree, change.on, {*tree, *reserved})
    if change.kind is ChangeKind.RENAME:
        return _rename(change, olds)
    _refuse_younger(olds, draft)
    if change.kind is ChangeKind.MOVE:
        return _move(change, olds, draft)
    if change.kind is ChangeKind.MERGE:
        return _merge(change, olds, draft)
    return _split(change, olds, draft, houses)


def _old(code: str, change: Change, tree: Mapping[str, Node]) -> Node:
    found = tree.get(code)
    if found is None:
        raise PlaceNotFound(code)
    if found.valid_until is not None:
        raise BadChange("over", code=code)
    if found.valid_from is not None and change.on <= found.valid_from:
        raise BadChange("too_early", code=code, day=found.valid_from.isoformat())
    return found


def _refuse_younger(olds: Collection[Node], draft: _Draft) -> None:
    """Nothing that lies below may have begun or ended since the day: it would lie in two places at once."""
    for old in olds:
        for node in draft.tree.values():
            if node.code == old.code or not is_within(node.code, old.code) or node.valid_from == node.valid_until:
                continue  # one that was taken back never counted
            for day, is_since in (
                (node.valid_from, node.valid_from is not None and draft.on <= node.valid_from),
                (node.valid_until, node.valid_until is not None and draft.on < node.valid_until),
            ):
                if day is not None and is_since:
                    raise BadChange("below_since", code=node.code, day=day.isoformat())


def _rename(change: Change, olds: list[Node]) -> Plan:
    if len(olds) != 1 or len(change.wanted) != 1:
        raise BadChange("which")
    wanted, old = change.wanted[0], olds[0]
    if (wanted.name_zh.strip(), wanted.name_en.strip()) == (old.name_zh, old.name_en):
        raise BadChange("same_name")
    return Plan(renamed=replace(old, name_zh=wanted.name_zh.strip(), name_en=wanted.name_en.strip()))


def _move(change: Change, olds: list[Node], draft: _Draft) -> Plan:
    if len(olds) != 1 or len(change.wanted) != 1:
        raise BadChange("which")
    old, wanted = olds[0], change.wanted[0]
    if is_within(wanted.parent, old.code):
        raise BadChange("under_itself")
    if wanted.parent in ("", parent(old.code)):
        raise BadChange("same_parent")
    new = _begin(old, wanted, wanted.parent, draft)
    draft.follow(old.code, new)
    draft.carry(_below(draft.tree, old.code, draft.on), new.code)
    return draft.plan()


def _merge(change: Change, olds: list[Node], draft: _Draft) -> Plan:
    if len(olds) < 2 or len(change.wanted) != 1:
        raise BadChange("merge_two")
    if len({(one.level, one.lives) for one in olds}) > 1:
        raise BadChange("same_level")
    wanted = change.wanted[0]
    parents = {parent(one.code) for one in olds}
    if not wanted.parent and len(parents) > 1:
        raise BadChange("which_parent")
    if any(is_within(wanted.parent, one.code) for one in olds):
        raise BadChange("under_itself")
    new = _begin(olds[0], wanted, wanted.parent or min(parents), draft)
    for old in olds:
        draft.follow(old.code, new)
        draft.carry(_below(draft.tree, old.code, draft.on), new.code)
    return draft.plan()


def _split(change: Change, olds: list[Node], draft: _Draft, houses: Collection[str]) -> Plan:
    if len(olds) != 1 or len(change.wanted) < 2:
        raise BadChange("split_two")
    old = olds[0]
    if sum(one.is_rest for one in change.wanted) != 1:
        raise BadChange("one_rest")
    if len({one.name_zh.strip() for one in change.wanted}) < len(change.wanted):
        raise BadChange("names_differ")
    children = {child.code: child for child in _below(draft.tree, old.code, draft.on)}
    known = set(houses) if old.lives else set(children)
    goes: dict[str, str] = {}
    rest = ""
    for wanted in change.wanted:
        new = _begin(old, wanted, wanted.parent or parent(old.code), draft)
        draft.follow(old.code, new)
        rest = new.code if wanted.is_rest else rest
        for part in wanted.parts:
            if part not in known:
                raise BadChange("no_such_part", part=part)
            if part in goes:
                raise BadChange("part_twice", part=part)
            goes[part] = new.code
        if not wanted.is_rest and not wanted.parts:
            raise BadChange("empty_part", name=wanted.name_zh)
    if old.lives:
        return draft.plan(goes, rest)
    for code, child in children.items():
        draft.carry([child], goes.get(code, rest))
    return draft.plan(rest=rest)


def _begin(old: Node, wanted: Wanted, above: str, draft: _Draft) -> Node:
    there = draft.tree.get(above)
    if there is None:
        raise PlaceNotFound(above)
    if not there.is_in_force(draft.on) or there.valid_until is not None:
        raise BadChange("parent_over", code=above)
    if there.lives:
        raise BadChange("parent_lives", code=above)
    if depth(above) >= DEEPEST:
        raise BadChange("too_deep")
    code = wanted.code.strip().upper() or _free(above, draft.taken)
    if parent(code) != above or not set(code[-STEP:]) <= set(SIGNS):
        raise BadChange("code_wrong", code=code, above=above)
    if code in draft.taken:
        raise BadChange("code_in_use", code=code)
    draft.taken.add(code)
    return replace(
        old,
        code=code,
        name_zh=wanted.name_zh.strip(),
        name_en=wanted.name_en.strip(),
        valid_from=draft.on,
        valid_until=None,
    )


def _check_names(wanted: Wanted) -> None:
    for name in (wanted.name_zh.strip(), wanted.name_en.strip()):
        if not name or len(name) > LONGEST_NAME:
            raise BadChange("name", most=LONGEST_NAME)


def _below(tree: Mapping[str, Node], code: str, on: date) -> list[Node]:
    return [tree[one] for one in sorted(tree) if parent(one) == code and tree[one].valid_until is None]


def _free(above: str, taken: Collection[str]) -> str:
    for last in _lasts():
        if f"{above}{last}" not in taken:
            return f"{above}{last}"
    raise BadChange("no_code", above=above)


def _lasts() -> Iterator[str]:
    yield from (f"{number:02}" for number in range(1, 100))
    yield from (f"{letter}{sign}" for letter in ascii_uppercase for sign in SIGNS)
