"""The schema of what is known: the statements of migration 5."""

from __future__ import annotations

FACT_TABLES = (
    # What single turns claim, from their own words alone; facts are put together from them, subject by subject.
    """CREATE TABLE claims (
        seq BIGINT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, kind VARCHAR NOT NULL,
        subject VARCHAR NOT NULL, subject_key VARCHAR NOT NULL, predicate VARCHAR NOT NULL,
        object VARCHAR NOT NULL, stance VARCHAR NOT NULL, valid_from DATE, valid_to DATE,
        confidence DOUBLE NOT NULL, method VARCHAR NOT NULL)""",
    """CREATE TABLE facts (
        id VARCHAR NOT NULL, kind VARCHAR NOT NULL, subject VARCHAR NOT NULL, subject_key VARCHAR NOT NULL,
        predicate VARCHAR NOT NULL, object VARCHAR NOT NULL, statement VARCHAR NOT NULL,
        confidence DOUBLE NOT NULL, valid_from DATE, valid_to DATE, since_known BOOLEAN NOT NULL,
        over BOOLEAN NOT NULL, recorded_at TIMESTAMP, retracted_at TIMESTAMP, superseded_by VARCHAR,
        rivals VARCHAR[] NOT NULL, proofs INTEGER NOT NULL)""",
    # role: "says", or "ends" for the turn through which the fact is over.
    """CREATE TABLE fact_sources (
        fact_id VARCHAR NOT NULL, subject_key VARCHAR NOT NULL, seq BIGINT NOT NULL, start_at INTEGER NOT NULL,
        end_at INTEGER NOT NULL, role VARCHAR NOT NULL)""",
    "CREATE TABLE facts_due (subject_key VARCHAR NOT NULL)",
    "CREATE TABLE mentions (name_key VARCHAR NOT NULL, name VARCHAR NOT NULL, seq BIGINT NOT NULL)",
)
