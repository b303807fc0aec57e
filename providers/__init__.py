"""Who may be sent into homes: providers, what they offer, where, when, with which papers."""
