"""People, households, places, contacts, consent: whom the house knows and how it may reach them."""

import os

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # single characters are all we ask: 13 MB instead of 57 a process
