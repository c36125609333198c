"""Whose database a file is, before a library that makes its tables wherever they lack is let at it.

>>> refuse_foreign("sqlite:///mlflow.db", mark="version_info", tool="Optuna")
UsageError: mlflow.db is a database of another program, not Optuna's
"""

from __future__ import annotations

from pathlib import Path

from annotate.errors import UsageError


def refuse_foreign(url: str, *, mark: str, tool: str) -> bool:
    """Whether there is such a database yet; `mark` is a table that the tool's always have. Raises UsageError."""
    import sqlalchemy

    place = sqlalchemy.make_url(url)
    if place.get_backend_name() == "sqlite" and (not place.database or not Path(place.database).is_file()):
        return False
    engine = sqlalchemy.create_engine(url)
    try:
        names = sqlalchemy.inspect(engine).get_table_names()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise UsageError(
            f"{place.database} cannot be opened: {str(error).splitlines()[0]}", remedy="name another file"
        ) from error
    finally:
        engine.dispose()
    if names and mark not in names:
        raise UsageError(
            f"{place.database} is a database of another program, not {tool}'s", remedy="name another file"
        )
    return bool(names)
