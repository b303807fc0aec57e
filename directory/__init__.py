"""People, households, places, contacts, consent: whom the house knows and how it may reach them."""
