"""Tests of what people may ask of us about their own data, and of how long things are kept."""
