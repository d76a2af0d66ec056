"""What goes out, and that it goes out once.

outbox      queues of rows, in order per room; what becomes of each
confirming  what went out is written down
delivery    what each kind of row does
doubtful    posts that may stand already: looked for first
lanes       what goes out at the same time, and at what pace
tries       how often a row was tried, and when that is enough
"""
