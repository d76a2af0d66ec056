"""What the clock does. A job is one module; this is the whole list."""

from schedules import checkins, consultations, digests, groups, housekeeping, meetings, successors, tasks, unreadable

JOBS = (
    checkins.JOB,
    consultations.JOB,
    digests.JOB,
    groups.JOB,
    housekeeping.JOB,
    meetings.JOB,
    successors.JOB,
    tasks.JOB,
    unreadable.JOB,
)
