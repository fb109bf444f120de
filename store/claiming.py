"""Which waiting job a worker takes next (promise F4), as one SQL statement for both engines.

Order: urgency first, aged by one class for every ten minutes of waiting, two at most, so that batch work never
starves. Within a class the project that was served longest ago, then the user, then the oldest row. Ageing goes in
whole steps: were it continuous, two rows would never be of one class and fairness would never speak.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from store.jobs import JobState
from store.tables import jobs

AGEING_STEP_S = 600.0
AGEING_STEPS_MAX = 2


def next_number(lane: str, now: float, *, lock: bool) -> Select[Any]:
    """Select the `number` of the row to claim.

    Rows whose digest is being rendered already are left waiting: that render closes them too (F5).

    Args:
        lane: whose rows.
        now: unix seconds.
        lock: take the row's lock and step over rows that others hold (Postgres).
    """
    running = jobs.alias("running")
    ready = (
        select(jobs.c.number, jobs.c.project, jobs.c.user_id, _urgency(now).label("urgency"))
        .where(jobs.c.lane == lane, jobs.c.state == JobState.QUEUED)
        .where(
            ~select(literal(1))
            .where(running.c.state == JobState.RUNNING, running.c.digest == jobs.c.digest)
            .correlate(jobs)
            .exists()
        )
        .cte("ready")
    )
    # Looked up once per person, not once per row: each look-up is a short walk down an index.
    people = select(ready.c.project, ready.c.user_id).distinct().cte("people").prefix_with("MATERIALIZED")
    served = jobs.alias("served")
    started = select(func.max(served.c.started_at)).where(served.c.lane == lane)
    turns = select(
        people.c.project,
        people.c.user_id,
        started.where(served.c.project == people.c.project).correlate(people).scalar_subquery().label("project_at"),
        started.where(served.c.project == people.c.project, served.c.user_id == people.c.user_id)
        .correlate(people)
        .scalar_subquery()
        .label("user_at"),
    ).cte("turns").prefix_with("MATERIALIZED")
    query = (
        select(jobs.c.number)
        .join(ready, ready.c.number == jobs.c.number)
        .join(turns, (turns.c.project == ready.c.project) & (turns.c.user_id == ready.c.user_id))
        .where(jobs.c.state == JobState.QUEUED)
        .order_by(
            ready.c.urgency,
            func.coalesce(turns.c.project_at, 0.0),
            func.coalesce(turns.c.user_at, 0.0),
            jobs.c.number,
        )
        .limit(1)
    )
    return query.with_for_update(of=jobs, skip_locked=True) if lock else query


def _urgency(now: float) -> ColumnElement[int]:
    age_s = now - jobs.c.created_at
    aged = case(
        *((age_s >= step * AGEING_STEP_S, step) for step in range(AGEING_STEPS_MAX, 0, -1)),
        else_=0,
    )
    return jobs.c.priority - aged
