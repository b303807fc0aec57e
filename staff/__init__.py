"""Who works here: users, grants, sessions, sign-in."""
