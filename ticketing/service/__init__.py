"""Everything that changes tickets, dispatches, quotes, follow-ups and tasks: one file a noun."""
