"""The promise, as a programme that runs: every command and vote that reached our homeserver is processed once, every
post appears once, whatever dies in between.

Each module plays one row of the table in `docs/reliability.md`: a kind of fault, on a real homeserver, and a figure.

    uv run pytest tests/faults                        small numbers, as in CI
    uv run pytest -n 0 -s tests/faults --full         the figures; each goes into docs/reliability.md
    uv run pytest -n 0 -s tests/faults --full --only 3 --seed 71

    conftest   what a test asks for: `row`, `world`
    row        how much, by which dice, how far; and the figures that came of it
    ledger     the figures on record, and the table made of them
    world      a homeserver, people, a bot that can be killed
    hatchery   the process of that bot: dies at a point that was named, by a clock that can be moved
    points     where it may die: before and after every commit and every request that changes something
    deaths     a bot that dies at each of them; errands: what people have it do meanwhile (points.txt: what it reaches)
    crowd      groups that talk much, beside those who vote (`tests.crash`); outages: the homeserver is what dies
    proxy      what stands between bot and homeserver, and breaks
    oracle     what really stands there: an administrator's view of the rooms, the database, a second count

A row passes only after everything that waited has gone out. Whatever was played by dice prints its seed.
"""
