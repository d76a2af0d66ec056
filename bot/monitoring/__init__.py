"""Two pages for whoever watches the bot, on a port of their own: `/health` and `/metrics`."""
