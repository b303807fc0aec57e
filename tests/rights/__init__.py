"""Who may see what: every route walked by every role at every node, with a word of its own planted at each."""
