"""The core: a request becomes a ticket, is dispatched, followed up and closed."""
