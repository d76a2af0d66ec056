"""A network on its way from one account to another, in the database.

    relocations  which, from whom to whom, how far
    departing    begun and given up by the command line; what it is told
    obstacles    why it cannot go as things are
    marks        where the rooms change hands, and what still waits there
    handover     the records, from schema to schema
    belonging, named, keyed, carrying   which rows those are, and how they go

What the two bots do meanwhile is `bot.procedures.relocating`'s.
"""
