"""What the clock does. A job is one module; this is the whole list."""

from schedules import (
    boards,
    checkins,
    consultations,
    digests,
    groups,
    housekeeping,
    meetings,
    successors,
    surveys,
    synergies,
    tasks,
    unreadable,
)

JOBS = (
    boards.JOB,
    checkins.JOB,
    consultations.JOB,
    digests.JOB,
    groups.JOB,
    housekeeping.JOB,
    meetings.JOB,
    successors.JOB,
    surveys.JOB,
    synergies.JOB,
    tasks.JOB,
    unreadable.JOB,
)
