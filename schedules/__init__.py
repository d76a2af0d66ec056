"""What the clock does. A job is one module; this is the whole list."""

from schedules import consultations, digests, groups, housekeeping, successors

JOBS = (consultations.JOB, digests.JOB, groups.JOB, housekeeping.JOB, successors.JOB)
