"""Every function that changes the rows of calls: calls, acts, voicemail, calls to place; and what is said."""
