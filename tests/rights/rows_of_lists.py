"""Rows of lists at a node: one that was checked, one that was loaded, and a pair that may be the same person."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from collection.models import Batch, BatchRow, BatchState, ImportNote, MatchCandidate
from collection.models import Outcome as RowOutcome
from tests.rights.world import AT, DAY, NODES, base, canary, put


def plant_lists(session: Session, node: str) -> None:
    """Two lists with a row each, and a pair of persons to look at."""
    first, words = base(node), canary(node)
    put(
        session,
        Batch,
        {
            "id": first,
            "source_id": 1,
            "file_name": f"{words}.csv",
            "file_hash": hashlib.sha256(node.encode()).hexdigest(),
            "file_path": "",
            "jurisdiction_code": node,
            "as_of": DAY,
            "state": BatchState.CHECKED,
            "received_at": AT,
            "received_by": f"user:{first + 100}",
            "rows": 1,
            "done": 1,
            "headings": [words],
            "counts": {"refuse": 1},
            "checked_at": AT,
        },
    )
    put(
        session,
        BatchRow,
        {
            "id": first + 1,
            "batch_id": first,
            "row_no": 2,
            "cells": [words],
            "outcome": RowOutcome.REFUSE,
            "reasons": [],
        },
    )
    put(
        session,
        Batch,
        {
            "id": first + 1,
            "source_id": 1,
            "file_name": f"{words}.csv",
            "file_hash": hashlib.sha256(f"{node}+".encode()).hexdigest(),
            "file_path": "",
            "jurisdiction_code": node,
            "as_of": DAY,
            "state": BatchState.APPLIED,
            "received_at": AT,
            "received_by": f"user:{first + 100}",
            "rows": 1,
            "done": 1,
            "headings": [words],
            "counts": {"needs_match": 1},
            "applied_at": AT,
        },
    )
    put(
        session,
        BatchRow,
        {
            "id": first,
            "batch_id": first + 1,
            "row_no": 2,
            "cells": [words],
            "outcome": RowOutcome.NEEDS_MATCH,
            "reasons": [{"key": "may_be", "person_id": base(one) + 1} for one in dict.fromkeys((node, *NODES))],
            "values": {"name": words, "address": words, "community_code": node},
        },
    )
    put(
        session,
        ImportNote,
        {"id": first, "batch_id": first, "wording": "note.sheets_left_out", "facts": {"sheets": words}},
    )
    put(
        session,
        MatchCandidate,
        {
            "id": first,
            "low_id": first + 1,
            "high_id": first + 2,
            "score": 0.8,
            "reasons": [],
            "found_at": AT,
        },
    )
