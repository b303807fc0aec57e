"""What this domain refuses, one sentence each."""

from __future__ import annotations

from core.errors import Conflict, HotlineError, NotAllowed, NotFound


class WrongPassword(HotlineError):
    """Login or password is wrong; which of the two is never told."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("refusal.wrong_password" if tries_left else "refusal.wrong_password_last", left=tries_left)


class WrongCode(HotlineError):
    """The code of the second factor is wrong, too old, or used already."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("refusal.wrong_code" if tries_left else "refusal.wrong_code_last", left=tries_left)


class TooManyTries(HotlineError):
    """Too many wrong passwords or codes of late."""

    def __init__(self, minutes: int) -> None:
        super().__init__("refusal.too_many_tries", minutes=minutes)


class WeakPassword(HotlineError):
    """The new password cannot be taken."""

    def __init__(self, weakness: str, shortest: int) -> None:
        super().__init__(f"refusal.{weakness}", shortest=shortest)


class NotPermitted(NotAllowed):
    """No grant of the reader's reaches so far; `roles` are those that do, in his words."""

    def __init__(self, roles: str) -> None:
        super().__init__("refusal.not_permitted", roles=roles)


class UserNotFound(NotFound):
    """Nobody has this login."""

    def __init__(self, login: str) -> None:
        super().__init__("refusal.user_not_found", login=login)


class UserNotSeen(NotFound):
    """There is no such user, or none whom the reader sees."""

    def __init__(self) -> None:
        super().__init__("refusal.user_not_seen")


class LoginTaken(Conflict):
    """Somebody has this login already."""

    def __init__(self, login: str) -> None:
        super().__init__("refusal.login_taken", login=login)


class BadLogin(HotlineError):
    """Nobody can have this login."""

    def __init__(self) -> None:
        super().__init__("refusal.bad_login")


class BadName(HotlineError):
    """No name, or one that is too long."""

    def __init__(self) -> None:
        super().__init__("refusal.bad_name")


class SecondFactorThere(Conflict):
    """The second factor is set up already; a new one begins with taking the old one away."""

    def __init__(self) -> None:
        super().__init__("refusal.second_factor_there")


class SessionOver(NotFound):
    """No such session of this user is open."""

    def __init__(self) -> None:
        super().__init__("refusal.session_over")


class InvitationOver(NotFound):
    """A link that is unknown, used, withdrawn or too old; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("refusal.invitation_over")


class NobodyIsShutOutAndInvited(Conflict):
    """A deactivated user cannot be invited."""

    def __init__(self) -> None:
        super().__init__("refusal.shut_out")


class NotYours(NotAllowed):
    """The user's grants reach further than those of the one who wants to change his account."""

    def __init__(self) -> None:
        super().__init__("refusal.not_yours")


class NotYoursToGive(NotAllowed):
    """The role gives more than the giver has, or the place lies outside his area."""

    def __init__(self) -> None:
        super().__init__("refusal.not_yours_to_give")


class NobodyActsOnHimself(NotAllowed):
    """Nobody changes his own grants or shuts himself out."""

    def __init__(self) -> None:
        super().__init__("refusal.on_himself")


class LastAdmin(Conflict):
    """Nobody else is an administrator of that place."""

    def __init__(self) -> None:
        super().__init__("refusal.last_admin")


class GrantThere(Conflict):
    """The user has this role in this place already at that time."""

    def __init__(self) -> None:
        super().__init__("refusal.grant_there")


class GrantOver(Conflict):
    """The grant is over, or there is none."""

    def __init__(self) -> None:
        super().__init__("refusal.grant_over")


class NoSuchPlace(HotlineError):
    """No place in force has this code."""

    def __init__(self, code: str) -> None:
        super().__init__("refusal.no_such_place", code=code)


class NoSuchRole(HotlineError):
    """A role that is not on the list."""

    def __init__(self) -> None:
        super().__init__("refusal.no_such_role")


class WrongTime(HotlineError):
    """The grant would end before it begins."""

    def __init__(self) -> None:
        super().__init__("refusal.wrong_time")


class NoReason(HotlineError):
    """A reason is missing or too short to say anything."""

    def __init__(self, shortest: int) -> None:
        super().__init__("refusal.no_reason", shortest=shortest)
