"""`zwischenstand backup` and `restore`: database and keys in one file, taken while the bot runs.

`archive` is the file itself, `keys` what of the crypto store belongs in it, `taking` and `restoring` the two commands.
"""
