"""Who we are on the homeserver: the account's identity, its device, and the session with it."""
