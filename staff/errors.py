"""What this domain refuses, one sentence each."""

from __future__ import annotations

from core.errors import Conflict, HotlineError, NotAllowed, NotFound


class WrongPassword(HotlineError):
    """Login or password is wrong; which of the two is never told."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("refusal.wrong_password", left=tries_left)


class TooManyTries(HotlineError):
    """Too many wrong passwords of late."""

    def __init__(self, minutes: int) -> None:
        super().__init__("refusal.too_many_tries", minutes=minutes)


class WeakPassword(HotlineError):
    """The new password cannot be taken."""

    def __init__(self, weakness: str, shortest: int) -> None:
        super().__init__(f"refusal.{weakness}", shortest=shortest)


class NotPermitted(NotAllowed):
    """No grant of the reader's reaches so far."""

    def __init__(self) -> None:
        super().__init__("refusal.not_permitted")


class UserNotFound(NotFound):
    """Nobody has this login."""

    def __init__(self, login: str) -> None:
        super().__init__("refusal.user_not_found", login=login)


class LoginTaken(Conflict):
    """Somebody has this login already."""

    def __init__(self, login: str) -> None:
        super().__init__("refusal.login_taken", login=login)
