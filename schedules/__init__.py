"""What the clock does. A job is one module; this is the whole list."""

from schedules import consultations, digests, housekeeping

JOBS = (consultations.JOB, digests.JOB, housekeeping.JOB)
