"""The entries of the console's navigation, in groups; each shows to those who may open its page somewhere."""

from __future__ import annotations

from dataclasses import dataclass

from staff.permissions import Permission


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. Its word stands in the wording under `nav.<name>`."""

    name: str
    endpoint: str
    icon: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading, `nav.<name>` in the wording."""

    name: str
    items: tuple[Item, ...]


MENU = (
    Group(
        "desk",
        (
            Item("queue", "console.queue", "ticket", Permission.TICKETS_READ),
            Item("tasks", "console.tasks", "voicemail", Permission.TASKS_DO),
            Item("texts", "console.texts", "chats", Permission.TEXTS_WRITE),
        ),
    ),
    Group(
        "records",
        (
            Item("people", "console.people_found", "users", Permission.PEOPLE_READ),
            Item("imports", "console.imports", "inbox", Permission.IMPORTS_RUN),
            Item("matches", "console.match_list", "merge", Permission.MATCHES_DECIDE),
            Item("exports", "console.exports", "download", Permission.EXPORTS_RUN),
            Item("labels", "console.labels_due", "lock", Permission.LABELS_SEE),
        ),
    ),
    Group(
        "places",
        (
            Item("jurisdictions", "console.places", "pin", Permission.PLACES_READ),
            Item("unplaced", "console.unplaced", "help", Permission.PLACES_SETTLE),
            Item("duties", "console.duties", "grid", Permission.PLACES_READ),
        ),
    ),
    Group(
        "oversight",
        (
            Item("staff", "console.staff", "key", Permission.USERS_MANAGE),
            Item("privacy", "console.privacy_desk", "shield", Permission.PRIVACY_DO),
            Item("retention", "console.retention_table", "clock", Permission.RETENTION_SET),
            Item("audit", "console.audit", "eye", Permission.AUDIT_READ),
        ),
    ),
)
