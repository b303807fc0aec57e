"""Everything that changes users, grants, sessions, second factors and invitations: one file a noun."""

from __future__ import annotations

from staff.service.grants import grant
from staff.service.sessions import sign_out
from staff.service.sign_in import SignIn, change_password, sign_in
from staff.service.users import add_user, ensure_user

__all__ = [
    "SignIn",
    "add_user",
    "change_password",
    "ensure_user",
    "grant",
    "sign_in",
    "sign_out",
]
