"""What the channel of texts refuses; the sentences are in wording/zh-CN.toml and wording/en.toml."""

from __future__ import annotations

from core.errors import Conflict, HotlineError


class EmptyText(HotlineError):
    """There is nothing to send."""

    def __init__(self) -> None:
        super().__init__("refusal.empty_text")


class TextTooLong(HotlineError):
    """The carrier takes at most so many characters, signature included."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__("refusal.text_too_long", length=length, limit=limit)


class NotTextable(Conflict):
    """The number is a landline, or there is none."""

    def __init__(self) -> None:
        super().__init__("refusal.not_textable")


class ReceiverStopped(Conflict):
    """The receiver asked us to stop writing."""

    def __init__(self) -> None:
        super().__init__("refusal.receiver_stopped")
