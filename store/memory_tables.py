"""The tables of consolidation: see migrations.py, which makes them.

All but marks, rejections and consolidations is derived from turns and recall events, and can be made anew.
"""

from __future__ import annotations

MEMORY_TABLES = (
    # What each consolidated turn belongs to, and the rating that it began with. One row a turn, so it is kept narrow.
    """CREATE TABLE turn_memory (
        seq BIGINT NOT NULL, episode INTEGER NOT NULL, rating TINYINT NOT NULL, instruction BOOLEAN NOT NULL)""",
    """CREATE TABLE episodes (
        number INTEGER NOT NULL, id VARCHAR NOT NULL, session INTEGER NOT NULL, turns INTEGER NOT NULL,
        started_at TIMESTAMP, ended_at TIMESTAMP, closed BOOLEAN NOT NULL, centre BLOB NOT NULL, scene INTEGER)""",
    """CREATE TABLE scenes (
        number INTEGER NOT NULL, id VARCHAR NOT NULL, session INTEGER NOT NULL, centre BLOB NOT NULL)""",
    # A sentence of a summary is characters of a turn: its words are nowhere but there.
    """CREATE TABLE summaries (
        about VARCHAR NOT NULL, number INTEGER NOT NULL, place SMALLINT NOT NULL, seq BIGINT NOT NULL,
        first_character INTEGER NOT NULL, last_character INTEGER NOT NULL, centrality REAL NOT NULL)""",
    # Turns that the fast search leaves out.
    "CREATE TABLE archive (seq BIGINT NOT NULL, since TIMESTAMP NOT NULL, reason VARCHAR NOT NULL)",
    # Strengths of what was recalled at least once; all others are computed from rating and age.
    """CREATE TABLE memory_states (
        item_id VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL, stability_days DOUBLE NOT NULL,
        difficulty DOUBLE NOT NULL, last_recalled_at TIMESTAMP, recall_count INTEGER NOT NULL)""",
    # What the user said of a memory: 'pinned' or 'forgotten'.
    "CREATE TABLE marks (item_id VARCHAR PRIMARY KEY, mark VARCHAR NOT NULL, since TIMESTAMP NOT NULL)",
    """CREATE TABLE rejections (
        question VARCHAR NOT NULL, item_id VARCHAR NOT NULL, answer_id VARCHAR NOT NULL, since TIMESTAMP NOT NULL)""",
    """CREATE TABLE consolidations (
        number INTEGER NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP NOT NULL,
        changes VARCHAR NOT NULL)""",
)
