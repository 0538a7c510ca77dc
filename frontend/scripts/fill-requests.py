#!/usr/bin/env python3
"""Fills the database of a server that is stopped with requests of the last 29 days.

Create users and keys first; they are whose requests these are. Usage: fill-requests.py DATABASE COUNT
"""

import random
import sqlite3
import sys
import time
import uuid

SECOND = 1_000_000
DAY = 86_400 * SECOND
SUMS = (
    "requests, failed, rejected, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, "
    "reasoning_tokens, cost, unpriced, unknown, estimated, duration"
)
SUMS_OF_SUMS = ", ".join(f"SUM({each})" for each in SUMS.split(", "))
SUMS_OF_REQUESTS = (
    "SUM(outcome <> 'rejected'), SUM(outcome IN ('upstream_error', 'interrupted')), SUM(outcome = 'rejected'), "
    + ", ".join(
        f"SUM(COALESCE({each}, 0))"
        for each in SUMS.split(", ")[3:9]
    )
    + ", 0, SUM(usage_source = 'unknown'), 0, SUM(duration)"
)
COLUMNS = (
    "id, sequence, user_id, api_key_id, started_at, duration, time_to_first_byte, endpoint, protocol, model, "
    "served_model, provider, account_id, streamed, http_status, outcome, usage_source, reconciliation, "
    "input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, client_ip, "
    "user_agent, cost, error_code"
)
MODELS = {
    "claude-sonnet-4-5": ("claude", 5),
    "gpt-5": ("chatgpt", 4),
    "gemini-2.5-pro": ("gemini", 2),
    "grok-4": ("xai", 1),
    "claude-opus-4-1": ("claude", 1.5),
    "gpt-5-mini": ("chatgpt", 2),
}
OUTCOMES = {"completed": 95, "upstream_error": 3, "client_gone": 1.5, "interrupted": 0.5}


def drawn(weights):
    return random.choices(list(weights), list(weights.values()))[0]


def moments(count):
    """Mostly working hours of working days."""
    now = int(time.time() * SECOND)
    found = []
    while len(found) < count:
        at = random.randrange(now - 29 * DAY, now)
        hour, weekday = at // (3600 * SECOND) % 24, (at // DAY + 3) % 7
        busy = 1 if 8 <= hour <= 18 else 0.4 if 6 <= hour <= 22 else 0.17
        if random.random() < busy * (1 if weekday < 5 else 0.25):
            found.append(at)
    return sorted(found)


def row(sequence, at, owner, accounts):
    key, user = owner
    model = drawn({name: weight for name, (_, weight) in MODELS.items()})
    provider = MODELS[model][0]
    outcome = drawn(OUTCOMES)
    failed = outcome == "upstream_error"
    read = int(random.lognormvariate(7, 1))
    cached = int(random.lognormvariate(8, 1.2)) if random.random() < 0.6 else 0
    written = cached // 5 if provider == "claude" else 0
    answer = int(random.lognormvariate(6, 0.8))
    thought = 0 if provider == "claude" else int(answer * random.random())
    cost = read * 3000 + cached * 300 + written * 3750 + (answer + thought) * 15000
    duration = int(random.lognormvariate(14.8, 0.7))
    first = min(duration, int(duration * random.random() * 0.4) + 100_000)
    tokens = (None,) * 5 if failed else (read, cached, written, answer, thought)
    books = drawn({"matched": 97, "mismatched": 1, "wire_only": 2})
    return (
        uuid.uuid4().bytes, sequence, user, key, at, duration, first, "POST /v1/chat/completions",
        "openai_chat", model, model, provider, random.choice(accounts), 1, 529 if failed else 200, outcome,
        "unknown" if failed else "wire", books, *tokens, "203.0.113.7", "tool/1.0",
        None if failed else cost, "overloaded_error" if failed else None,
    )  # fmt: skip


def hyphenated(column):
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    return " || '-' || ".join(f"substr(lower(hex({column})), {a}, {n})" for a, n in parts)


def add_up(cursor):
    """All sums anew, from the requests."""
    cursor.execute("DELETE FROM usage_rollup")
    cursor.execute("DELETE FROM usage_slice")
    subject = "user_id, {period}, {start}, api_key_id, {rest}"
    rollup = f"INSERT INTO usage_rollup (user_id, period, starts_at, api_key_id, provider, account_id, model, {SUMS}) "
    slices = f"INSERT INTO usage_slice (dimension, period, starts_at, subject, {SUMS}) "
    quarter = "started_at / 900000000 * 900"
    known = "COALESCE(provider, ''), COALESCE(account_id, zeroblob(16)), COALESCE(model, '')"
    first = subject.format(period=0, start=quarter, rest=known)
    cursor.execute(f"{rollup} SELECT {first}, {SUMS_OF_REQUESTS} FROM request GROUP BY 1, 3, 4, 5, 6, 7")
    cursor.execute(
        f"{slices} SELECT 6, 0, {quarter}, COALESCE(reconciliation, ''), {SUMS_OF_REQUESTS} "
        "FROM request GROUP BY 3, 4"
    )
    for period, seconds in ((1, 3600), (2, 86_400)):
        start = f"starts_at / {seconds} * {seconds}"
        longer = subject.format(period=period, start=start, rest="provider, account_id, model")
        finer = f"WHERE period = {period - 1}"
        cursor.execute(
            f"{rollup} SELECT {longer}, {SUMS_OF_SUMS} FROM usage_rollup {finer} GROUP BY 1, 3, 4, 5, 6, 7"
        )
        cursor.execute(
            f"{slices} SELECT 6, {period}, {start}, subject, {SUMS_OF_SUMS} FROM usage_slice "
            f"{finer} AND dimension = 6 GROUP BY 3, 4"
        )
    names = ["''", hyphenated("user_id"), hyphenated("api_key_id"), "provider", hyphenated("account_id"), "model"]
    for dimension, name in enumerate(names):
        cursor.execute(
            f"{slices} SELECT {dimension}, period, starts_at, {name}, {SUMS_OF_SUMS} FROM usage_rollup GROUP BY 2, 3, 4"
        )


def main(path, count):
    database = sqlite3.connect(path)
    cursor = database.cursor()
    owners = cursor.execute("SELECT id, user_id FROM api_key").fetchall()
    if not owners:
        sys.exit("create a user first")
    accounts = [id for (id,) in cursor.execute("SELECT id FROM provider_account")] or [None]
    last = cursor.execute("SELECT COALESCE(MAX(sequence), 0) FROM request").fetchone()[0]
    busy = {owner: 1 / (place + 1) for place, owner in enumerate(owners)}
    rows = [
        row(last + place, at, drawn(busy), accounts)
        for place, at in enumerate(moments(count), start=1)
    ]
    marks = ", ".join("?" * len(COLUMNS.split(", ")))
    cursor.executemany(f"INSERT INTO request ({COLUMNS}) VALUES ({marks})", rows)
    add_up(cursor)
    database.commit()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
