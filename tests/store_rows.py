"""store_rows.py - the store as another program sees it: rows read, checked and changed by hand.

Written from what docs and comments say of the format, not from the farm's code: a row's checksum is XXH3 (64 bits) of
its place (16 digits of its work's hash; repeat, step and how many forecasts, weights and losses there are, 64 bits each,
little-endian); of the forecasts, with that as the seed; of the weights, with that; and of the losses.
"""

import hashlib
import sqlite3
import struct

import xxhash


def connect(path):
    return sqlite3.connect(path, isolation_level=None)


def checksum(work, repeat, step, *blobs):
    blobs = [blob or b"" for blob in blobs]
    place = work[:16].encode() + struct.pack("<QQQQQ", repeat, step, *(len(blob) // 8 for blob in blobs))
    check = xxhash.xxh3_64_intdigest(place)
    for blob in blobs:
        check = xxhash.xxh3_64_intdigest(blob, seed=check)
    return check - (check >> 63 << 64)


def rows(db):
    return db.execute("SELECT result.work, hash, repeat, step, forecasts, weights, losses, checksum FROM result "
                      "JOIN work ON work.id = result.work").fetchall()


def put_forecasts(db, change, where=lambda repeat, step: True):
    """Gives rows the forecasts that change(forecasts) makes of theirs, with the checksum that belongs to them."""
    n = 0
    for work, name, repeat, step, forecasts, weights, losses, _ in rows(db):
        if not where(repeat, step):
            continue
        numbers = struct.unpack(f"<{len(forecasts) // 8}d", forecasts)
        new = struct.pack(f"<{len(numbers)}d", *map(change, numbers))
        db.execute("UPDATE result SET forecasts = ?, checksum = ? WHERE work = ? AND repeat = ? AND step = ?",
                   (new, checksum(name, repeat, step, new, weights, losses), work, repeat, step))
        n += 1
    assert n > 0
    return n


def rename_works(db, change):
    """Gives works another text, its hash, and their rows the checksums that belong to that."""
    for work, text in db.execute("SELECT id, text FROM work").fetchall():
        assert change(text) != text
        name = hashlib.sha256(change(text).encode()).hexdigest()
        db.execute("UPDATE work SET text = ?, hash = ? WHERE id = ?", (change(text), name, work))
    for work, name, repeat, step, forecasts, weights, losses, _ in rows(db):
        db.execute("UPDATE result SET checksum = ? WHERE work = ? AND repeat = ? AND step = ?",
                   (checksum(name, repeat, step, forecasts, weights, losses), work, repeat, step))
