"""Keys of rooms and devices: shared before they are needed, asked for when they are missing, never going back."""
