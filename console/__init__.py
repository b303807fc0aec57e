"""The agents' face: queue, ticket with its timeline, tasks; it sees every domain and holds no rule."""
