"""Set-up and processes: private servers, supervision, the launcher."""
