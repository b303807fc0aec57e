"""A program of its own that plays Twilio over HTTP: REST in, signed webhooks out, TwiML walked, telephones to hold."""
