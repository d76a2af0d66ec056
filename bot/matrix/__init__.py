"""The Matrix side: signing in, following, decoding, sending. The only package that knows nio.

nio keeps its keys in SQLite through peewee, and peewee loads every database driver it finds: with psycopg installed
that is 30 MB and a quarter of a second for nothing. So it is loaded here, first, without them.
"""

import sys

DRIVERS = ("psycopg", "psycopg2", "pymysql", "MySQLdb")
_hidden = {name: sys.modules.get(name) for name in DRIVERS}
sys.modules.update(dict.fromkeys(DRIVERS))  # type: ignore[arg-type]  # None makes an import fail, as documented
try:
    import peewee  # type: ignore[import-untyped]  # noqa: F401 - for nio; it carries no types
finally:
    for _name, _module in _hidden.items():
        if _module is None:
            del sys.modules[_name]
        else:
            sys.modules[_name] = _module
