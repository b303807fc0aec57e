"""A number at which a provider works stays his when the resident who has it is erased."""

from __future__ import annotations

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.models import Contact, RequestKind
from directory.service import erasure, privacy
from directory.service.privacy import Checked
from providers.models import Provider
from sms.models import OutboundSms
from tests.factories.providers import a_provider
from tests.privacy.conftest import MET, OWN, Resident


def test_what_a_provider_gets_at_the_number_at_which_he_works_stays(uow: UnitOfWork, resident: Resident) -> None:
    a_provider(uow, msisdn=OWN)
    uow.session.add(
        OutboundSms(
            **{
                column.name: getattr(one, column.name)
                for one in uow.session.scalars(select(OutboundSms).where(OutboundSms.msisdn == OWN).limit(1))
                for column in OutboundSms.__table__.columns
                if column.name not in ("id", "key", "body", "about")
            },
            key="9" * 32,
            body="A0001 水管 1 是 2 否",
            about="A9999",
        )
    )
    asked = privacy.open_request(
        uow, resident.person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
    )

    traces = erasure.trace(uow, resident.person.id)
    privacy.erase(uow, asked.id)

    assert OWN in traces.shared
    assert MET in traces.own
    offer = uow.session.scalars(select(OutboundSms).where(OutboundSms.key == "9" * 32)).one()
    assert (offer.msisdn, offer.body) == (OWN, "A0001 水管 1 是 2 否")
    assert uow.session.scalars(select(Provider.msisdn)).all() == [OWN]
    assert uow.session.scalars(select(Contact.id).where(Contact.msisdn == OWN)).all() == []
