"""Fixtures of calls: telephones that reach the line by signed webhooks, and what became of their calls."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.uow import UnitOfWork
from ivr.models import Call, CallOutcome, CallToPlace, CallTurn, Placing, Voicemail
from tests.factories.ivr import Phone
from tests.phone_line import PhoneLine
from ticketing.models import Task, Ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
NewPhone = Callable[..., Phone]


@dataclass(frozen=True, slots=True)
class Book:
    """What the house has written down, read anew at every question."""

    work: Work

    def call(self, phone: Phone) -> Call:
        """The row of a call."""
        with self.work() as uow:
            return uow.session.scalars(select(Call).where(Call.carrier_sid == phone.sid)).one()

    def outcome(self, phone: Phone) -> CallOutcome:
        """What a call came to."""
        return self.call(phone).outcome

    def calls(self) -> list[Call]:
        """Every call."""
        with self.work() as uow:
            return list(uow.session.scalars(select(Call).order_by(Call.id)))

    def turns(self, phone: Phone) -> list[CallTurn]:
        """Everything said in a call, in order."""
        with self.work() as uow:
            of_call = select(CallTurn).join(Call).where(Call.carrier_sid == phone.sid).order_by(CallTurn.id)
            return list(uow.session.scalars(of_call))

    def tickets(self) -> list[Ticket]:
        """Every ticket, oldest first."""
        with self.work() as uow:
            return list(uow.session.scalars(select(Ticket).order_by(Ticket.id)))

    def tasks(self) -> list[tuple[str, str]]:
        """Kind and reason of every open task, oldest first."""
        with self.work() as uow:
            is_open = select(Task).where(Task.done_at.is_(None)).order_by(Task.id)
            return [(task.kind.value, task.reason) for task in uow.session.scalars(is_open)]

    def to_place(self) -> list[CallToPlace]:
        """Every call that the house wants to make, or made."""
        with self.work() as uow:
            return list(uow.session.scalars(select(CallToPlace).order_by(CallToPlace.id)))

    def placing(self) -> list[Placing]:
        """Where each of them stands."""
        return [call.placing for call in self.to_place()]

    def voicemails(self) -> list[Voicemail]:
        """Every message left after the tone."""
        with self.work() as uow:
            return list(uow.session.scalars(select(Voicemail).order_by(Voicemail.id)))


@pytest.fixture
def book(work: Work) -> Book:
    """What the house has written down."""
    return Book(work)


@pytest.fixture
def carrier_line(app: Flask, phone_line: PhoneLine) -> PhoneLine:
    """The carrier that only remembers, in place of the one that the house connects to at its start."""
    return phone_line


@pytest.fixture
def new_phone(twilio: Callable[..., TestResponse], carrier_line: PhoneLine) -> NewPhone:
    """`new_phone("+8616200000901")`: a telephone that can call the line."""

    def make(number: str = "+8616200000901") -> Phone:
        return Phone(twilio, number)

    return make


@pytest.fixture
def phone(new_phone: NewPhone) -> Phone:
    """A telephone whose number nobody has told us."""
    return new_phone()
