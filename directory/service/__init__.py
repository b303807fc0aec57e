"""Everything that changes places, people, consent and stops: one file a noun."""
