"""What words mean: texts and speech read as an intent, its values and a certainty. Pure; everybody may import it."""

from understanding.reader import read
from understanding.reading import MAYBE, SURE, Intent, Reading

__all__ = ["MAYBE", "SURE", "Intent", "Reading", "read"]
