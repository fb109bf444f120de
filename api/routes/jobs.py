"""Render jobs: look, cancel, try again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.access import JobEditor, JobViewer, ProjectViewer
from api.house import TheHouse
from api.models.renders import JobList, JobOut
from api.strict import StrictRoute
from collab.direct import request_retry
from render.spec import Lane
from store.ids import DocId
from store.jobs import Job, JobState

router = APIRouter(route_class=StrictRoute, tags=["jobs"])

State = Literal["queued", "running", "done", "failed", "canceled", "superseded"]


def show_job(job: Job) -> JobOut:
    """A job as REST shows it."""
    return JobOut.model_validate({
        "id": job.id, "project_id": job.project, "environment_id": job.environment, "slot": job.slot,
        "lane": job.lane, "tier": job.tier, "digest": job.digest, "state": job.state.value,
        "progress": job.progress, "phase": job.phase, "attempt": job.attempt, "batch": job.batch,
        "requested_by": job.user, "error_kind": job.error_kind, "error": job.error, "result": job.result,
        "created_at": job.created_at, "started_at": job.started_at, "finished_at": job.finished_at,
        "retried_from": job.retried_from, "superseded_by": job.superseded_by,
    })


@router.get("/api/jobs/{job_id}", operation_id="getJob", summary="One render job")
async def get_job(access: JobViewer) -> JobOut:
    return show_job(access.job)


@router.delete("/api/jobs/{job_id}", operation_id="cancelJob", summary="Cancel a job; an ended one stays as it is")
async def cancel_job(access: JobEditor, house: TheHouse) -> JobOut:
    canceled = await house.farm.cancel(access.job.id)
    return show_job(canceled or await house.stores.ledger.get(access.job.id))


@router.post("/api/jobs/{job_id}/retry", operation_id="retryJob", summary="Ask again as a new job", status_code=202)
async def retry_job(access: JobEditor, house: TheHouse) -> JobOut:
    async with house.rooms.use(DocId(access.project.id, "environments")) as room:
        return show_job(await request_retry(room, house.farm, access.job, user=access.caller.user.id))


@router.get("/api/projects/{project_id}/jobs", operation_id="listJobs", summary="A project's jobs, newest first")
async def list_jobs(
    access: ProjectViewer,
    house: TheHouse,
    state: Annotated[list[State] | None, Query(description="Only jobs in these states.")] = None,
    lane: Annotated[Lane | None, Query(description="Only previews, or only settled pictures.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobList:
    states = [JobState(each) for each in state] if state else None
    found = await house.stores.ledger.list_jobs(access.project.id, states=states, lane=lane, limit=limit)
    return JobList(jobs=[show_job(job) for job in found])
