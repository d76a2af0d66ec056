"""Whole consultations at random, counted by the bot and by a second, slow and simple reading of the rule."""
