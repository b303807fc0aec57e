"""What every domain stands on: database, unit of work, jobs, events, answers, clock. No domain word."""
