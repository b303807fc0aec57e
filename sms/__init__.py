"""How the house writes to people and reads what they text back."""
