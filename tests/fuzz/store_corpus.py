"""store_corpus.py - makes tests/fuzz/corpus/store/ anew: small stores, whole and spoilt in one way each.

To be run in the project's folder, once ./farm is built and whenever the store's tables change. Pages of 512 bytes keep
them short; what is spoilt behind the checksum of the run is sealed again, or nothing would look at it.
"""

import hashlib
import os
import sqlite3
import struct
import subprocess
import tempfile

OUT = "tests/fuzz/corpus/store"
ONE = 'experiments=[{"scheme":"fixed"},{"scheme":"persistence"}]'
TWO = (
    'experiments=[{"scheme":"fixed"},{"scheme":"update","epochs":2},{"scheme":"fixed","match":"update_2"},'
    '{"scheme":"refit","every":5}]'
)


def bytes_of(value):
    if value is None:
        return b""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return value if isinstance(value, bytes) else str(value).encode()


def seal(store):
    """The checksum that store_run.c keeps of the tables run and experiment."""
    queries = (
        "SELECT key, typeof(value), value FROM run WHERE key <> 'checksum' ORDER BY key",
        "SELECT position, name, work FROM experiment ORDER BY position",
    )
    sum_ = hashlib.sha256()
    for query in queries:
        for row in store.execute(query):
            for value in row:
                data = bytes_of(value)
                sum_.update(struct.pack("<I", len(data)) + data)
    store.execute("INSERT OR REPLACE INTO run VALUES ('checksum', ?)", (sum_.digest(),))


def make(name, *options, experiments=ONE, edit=None, sealed=True):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["./farm", "configs/tutorial.json", "-q", "-o", folder, "-r", "2", "--set", "train.epochs=2"]
            + ["--no-plots", "--set", experiments, *options],
            check=True,
        )
        path = next(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".db"))
        store = sqlite3.connect(path, isolation_level=None)
        store.execute("PRAGMA journal_mode = DELETE")
        store.execute("PRAGMA page_size = 512")
        store.execute("VACUUM")
        if edit:
            store.execute(edit)
            if sealed and store.execute("SELECT count(*) FROM run").fetchone()[0]:
                seal(store)
        store.execute("VACUUM")
        store.close()
        with open(path, "rb") as made, open(os.path.join(OUT, name), "wb") as kept:
            kept.write(made.read())


def main():
    os.makedirs(OUT, exist_ok=True)
    make("one")
    make("two", experiments=TWO)
    make("weights", "--set", "save_models=true")
    make("shard", "--shard", "2/2")
    make("nan", "--set", 'model={"activation":"linear"}', "--set", "train.optimizer.learning_rate=1e30")
    make("no_rows", edit="DELETE FROM result")
    make("no_run", edit="DELETE FROM run")
    make("other_experiment", edit="UPDATE experiment SET work = 'x'")
    make("newer", edit="PRAGMA user_version = 99")
    make("other_program", edit="PRAGMA application_id = 7")
    make("trigger", edit="CREATE TRIGGER t AFTER INSERT ON result BEGIN DELETE FROM result; END")
    make("view", edit="CREATE VIEW v AS SELECT * FROM result")
    make("billion", edit="UPDATE run SET value = 1000000000 WHERE key = 'repeats'")
    make("kind", edit="UPDATE run SET value = 'x' WHERE key = 'repeats'")
    make("unsealed", edit="UPDATE run SET value = 7 WHERE key = 'repeats'", sealed=False)
    make("series_odd", edit="UPDATE run SET value = x'0102030405' WHERE key = 'series'")
    make("series_none", edit="UPDATE run SET value = x'' WHERE key = 'series'")
    make("config_bad", edit="UPDATE run SET value = '{' WHERE key = 'config'")
    make("checksum", edit="UPDATE result SET checksum = 1")
    make("step", edit="UPDATE result SET step = -5")
    make("blob", edit="UPDATE result SET forecasts = x'00'")
    for name, data in (("empty", b""), ("text", b"SQLite format 4\n"), ("head", b"SQLite format 3\0")):
        with open(os.path.join(OUT, name), "wb") as kept:
            kept.write(data)


main()
