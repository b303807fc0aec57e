"""Lists of people that come from elsewhere: batches, checks, matching, undo. And what goes out again."""
