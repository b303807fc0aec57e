"""What the environment says (settings) and what the community says (policy, catalogue)."""
