"""The overview pages: read-only, for a browser; each shows exactly what its reader may see in chat."""
