"""What words mean: texts and speech read as an intent, its values and a certainty. Pure; everybody may import it."""

from understanding.reader import EXPECT_SUM, read
from understanding.reading import MAYBE, SURE, Intent, Reading

__all__ = ["EXPECT_SUM", "MAYBE", "SURE", "Intent", "Reading", "read"]
