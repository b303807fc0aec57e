"""What the channel does when the directory announces."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory.events import HelperNamed, PersonErased, PersonTraced
from directory.queries import people
from sms.service import forgetting, outgoing


def tell_of_helper(uow: UnitOfWork, event: HelperNamed) -> None:
    """Who will not get his messages himself any more is told once, on his own mobile, and how to object."""
    person = people.person_card(uow.session, event.person_id)
    helper = people.person_card(uow.session, event.helper_id)
    if person is not None and helper is not None:
        outgoing.tell(uow, person.own_mobile, "helper_named", lang=person.lang, facts={"helper": helper.name})


def tell_texts_under_way(uow: UnitOfWork, event: PersonTraced) -> None:
    """Texts that are on their way hold an erasure up for a moment. After whoever knows the person's tickets."""
    event.traces.obstacles += forgetting.obstacles(uow, event.traces)


def forget_texts(uow: UnitOfWork, event: PersonErased) -> None:
    """Take words and numbers out of the texts of a person who is to be forgotten."""
    event.gone.update(forgetting.forget(uow, event.traces))
