"""Everything that changes sources, batches and match candidates: one file a noun."""
