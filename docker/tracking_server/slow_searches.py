"""A search that the database ends for its length is answered with 400 and what to do, not with 503.

MLflow answers every operational error of the database with 503, and its client sends such a request again, up to seven
times. A search that takes longer than `statement_timeout` would do so each time. A write that has waited for as long,
for a lock or a busy database, is still worth another try.

https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.DialectEvents.handle_error
"""

from __future__ import annotations

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from tracking_server.admission import IS_SEARCH

# https://www.postgresql.org/docs/16/errcodes-appendix.html
QUERY_CANCELED = "57014"
TEXT = (
    "The search was ended: it takes longer than the database may work on one statement. Narrow it: fewer experiments, "
    "a filter with fewer terms, fewer columns in order_by, a smaller max_results."
)


def answer_slow_searches() -> None:
    """From now on, on every engine of this process and of those forked from it."""
    event.listen(Engine, "handle_error", refusal)


def refusal(context: ExceptionContext) -> MlflowException | None:
    """The error in place of the driver's, which MLflow passes on as it is; None leaves it."""
    if IS_SEARCH.get() and getattr(context.original_exception, "pgcode", None) == QUERY_CANCELED:
        return MlflowException(TEXT, error_code=INVALID_PARAMETER_VALUE)
    return None
