#!/usr/bin/python3
"""hostile_names.py - names that a user, or somebody he has files from, may give, through everything that the farm reads
and writes: hostile_names.py FARM CASE, in an empty folder. Prints a line a fault; exit 1: there was one.

What is written is read back by Python's own csv, json, xml.etree and html.parser and by sqlite3: it must be the name that
was given, and what stands around it must be as it is for plain names of the same length.
"""
import csv
import html.parser
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as tree

# as bytes where they are no UTF-8
NAMES = {
    "script": '<script>alert("x")</script>', "end of script": "</script></style></title><img src=x onerror=alert(1)>",
    "attribute": '" onload="alert(1)" x="', "attribute in single quotes": "' onload='alert(1)' x='",
    "entities": "&amp;&#65;&lt;b&gt;]]>--><!--", "backslashes": "\\n\\140\\", "one backslash": "\\",
    "lines": "two\nlines", "lines of Windows": "two\r\nlines\r", "tab": "a\tb",
    "shell": "$(touch pwned)`touch pwned`; touch pwned | touch pwned > pwned & #", "home": "~root*?[a-z]{b,c}!!",
    "gnuplot": "'.system('touch pwned').\"@L1 {Symbol a}^2_3 %d", "gnuplot's marks": "==farm-picture== boxplot svg",
    "format": "%s%n%99999d%c", "sql": "x'); DROP TABLE result;--", "uri": "file:x?mode=memory&cache=shared#y",
    "option": "--out=pwned", "quotes": "'\"'\"", "comma": "a,b;\"c\"", "separator": ",", "percent": "%2e%2e%00",
    "long": "n" * 200, "long and wide": "\u6570" * 66, "combining": "e\u0301\u0323" + "o" + "\u0335" * 30,
    "right to left": "\u05d0\u05d1\u202eabc\u2067 x", "never closed": "\u202d\u2068\u2066", "Arabic": "\u0627\u0644\u0633",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308", "private": "\U0010fffd\ue000",
    "formula": "=1+2", "plus": "+1", "minus": "-1", "at": "@SUM(A1)", "link": '=HYPERLINK("http:x","y")', "tab first": "\t=1",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x08\x7f", "eight bit": "\x9b31m\x85", "separators": "a\u2028b\u2029c",
    "no character": "\ufffe\uffff", "mark": "\ufeffx", "blank": " ", "blanks around": "  a  ", "not a number": "nan",
    "null": "NULL", "nought": "0", "dots": "..", "no UTF-8": b"\xff\xfe\xc0\xaf x", "cut short": b"x\xe6\x95", "plain": "plain",
}
PATHS = {"up": "../../pwned", "absolute": "/tmp/pwned"}  # not as names of files, which are in their folder

FORMULA = tuple("=+-@\t\r\n")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

faults = []


def fault(*what):
    faults.append(" ".join(w if isinstance(w, str) else repr(w) for w in what))


def text_of(name):
    """The name in UTF-8, as JSON and pages can have it."""
    return name if isinstance(name, str) else replaced(name)


def replaced(raw):
    """Every byte that is no character as U+FFFD; Python's own "replace" takes several for one."""
    return "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in raw.decode("utf-8", "surrogateescape"))


def bytes_of(name):
    return name if isinstance(name, bytes) else name.encode()


def file_of(name):
    """The same as a file's name, which has no slash."""
    return name.replace("/", "|") if isinstance(name, str) else name


def path_of(raw):
    return os.fsdecode(raw)


def in_page(text):
    """As a page shows it: no control characters, nothing that turns text round."""
    return "".join("\ufffd" if (unicodedata.category(c) == "Cc" and c not in "\t\n") or TURNING.match(c) or
                   ord(c) & 0xfffe == 0xfffe else c for c in text)


def plain(length, i):
    """A plain name of that length, another one for each i."""
    return f"{i:02d}" + "n" * (length - 2) if length > 2 else "abcdefghijklmnopqrstuvwxyz"[i % 26] + str(i)[:length - 1]


def run(*arguments, status=0, **more):
    done = subprocess.run([FARM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **more)
    said = []
    for stream in (done.stdout, done.stderr):
        try:
            said.append(stream.decode())
        except UnicodeDecodeError:
            fault("no UTF-8 is said:", stream)
            said.append(stream.decode("utf-8", "replace"))
        bad = {c for c in said[-1] if unicodedata.category(c) == "Cc" and c != "\n"} | set(TURNING.findall(said[-1]))
        if bad:
            fault("said to the terminal:", sorted(bad), "in", said[-1])
    if done.returncode != status:
        fault(arguments, "ended with", done.returncode, done.stderr)
    return said


# --- pages and pictures ------------------------------------------------------------------------------------------------

class Page(html.parser.HTMLParser):
    """The elements of a page with the names of their attributes, those of pictures apart; its names (bdi) and code."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.drawn, self.names, self.code, self.within = [], set(), [], [], []
        with open(path, encoding="utf-8", newline="") as file:
            self.feed(file.read())
        self.close()
        if self.within:
            fault(path, "never closes", self.within)

    def handle_starttag(self, tag, attributes):
        element = (tag, *(name for name, _ in attributes))
        if "svg" in self.within or tag == "svg":
            self.drawn.add(element)
        else:
            self.elements.append(element)
        if any(name.startswith("on") or (name == "href" and not value.startswith("#")) for name, value in attributes):
            fault("the page has", tag, attributes)
        if tag in ("bdi", "code"):
            (self.names if tag == "bdi" else self.code).append("")
        if tag not in ("meta", "br"):
            self.within.append(tag)

    def handle_endtag(self, tag):
        if not self.within or self.within.pop() != tag:
            fault("the page closes", tag)

    def handle_data(self, data):
        if self.within and self.within[-1] == "bdi":
            self.names[-1] += data
        if "code" in self.within:
            self.code[-1] += data


def drawn(path):
    """Elements and their attributes, and the titles, of a picture."""
    root = tree.parse(path).getroot()
    short = lambda e: e.tag.replace("{http://www.w3.org/2000/svg}", "")
    return {(short(e), *sorted(e.attrib)) for e in root.iter()}, [e.text for e in root.iter() if short(e) == "title"]


def check_pictures(folder, titles, like):
    """Every title is in every picture of which the elements are those that the same picture has in the folder like."""
    for name in ("boxplot", "differences"):
        elements, told = drawn(f"{folder}/{name}.svg")
        if not elements <= drawn(f"{like}/{name}.svg")[0]:
            fault(f"{name}.svg has", sorted(elements - drawn(f"{like}/{name}.svg")[0]))
        for title in titles:
            if not any(in_page(title) in t for t in told):
                fault(f"{name}.svg does not tell", title)
        with open(f"{folder}/{name}.png", "rb") as file:
            png = file.read()
        if not (png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82")):
            fault(f"{name}.png is none")


def check_page(folder, names, like):
    """The page shows the names, and is built as that in the folder like."""
    page, other = Page(f"{folder}/report.html"), Page(f"{like}/report.html")
    if page.elements != other.elements:
        fault("the page has other elements:", next((a, b) for a, b in zip(page.elements + [None], other.elements + [None]) if a != b))
    if not page.drawn <= other.drawn:
        fault("pictures in the page have", sorted(page.drawn - other.drawn))
    for name in names:
        if in_page(name) not in page.names:
            fault("the page does not show", name)
    return page


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def expect_same(what, found, wanted):
    for a, b in zip(found + [None] * len(wanted), wanted):
        if a != b:
            fault(what, "has", a, "for", b)


def expect_files(expected):
    """Nothing lies in the folder but what is expected, and nothing was touched in the one above."""
    found = set(map(os.fsencode, os.listdir(".")))
    if found != expected:
        fault("files:", sorted(found ^ expected))
    if os.path.exists("../pwned") or os.path.exists("/tmp/pwned"):
        fault("something is pwned")


# --- files of results ----------------------------------------------------------------------------------------------------

def results(i):
    return "results\n" + "".join(f"{100 + i + (7 * i + 3 * r) % 11 / 8}\n" for r in range(4))


def write(raw, text):
    with open(raw, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def name_of_file(name):
    """What `farm compare` calls the file NAME.csv: a spreadsheet must not take it for a formula."""
    text = text_of(file_of(name))
    return f"./{text}.csv" if text.startswith(FORMULA) else text


def case_compare():
    """Each name as that of a file of results, all of them compared: tables, pictures, page, JSON, terminal."""
    names = {label: name_of_file(name) for label, name in NAMES.items()}
    for folder, files in (("hostile", [bytes_of(file_of(n)) + b".csv" for n in NAMES.values()]),
                          ("tame", [plain(len(n), i).encode() + b".csv" for i, n in enumerate(names.values())])):
        os.mkdir(folder)
        os.chdir(folder)
        for i, file in enumerate(files):
            write(file, results(i))
        paths = [b"./" + f if f.startswith(b"-") else f for f in files]
        said = run("compare", "--paired", "-o", "out", *paths)
        with open("../said-" + folder, "w", encoding="utf-8") as file:
            file.write(said[0])
        document = run("compare", "--paired", "--format", "json", *paths)[0]
        expect_files({b"out", *files})
        os.chdir("..")
        if folder == "hostile":
            check_compared(list(names.values()), json.loads(document), files)
    check_page("hostile/out", names.values(), like="tame/out")
    check_pictures("hostile/out", names.values(), like="tame/out")
    said = [open(f"said-{folder}", encoding="utf-8", newline="").read().count("\n") for folder in ("hostile", "tame")]
    if said[0] != said[1]:
        fault("lines on the terminal:", said)
    if sorted(os.listdir("hostile/out")) != sorted(os.listdir("tame/out")):
        fault("files:", sorted(os.listdir("hostile/out")))


def check_compared(names, document, files):
    expect_same("summary.csv", [r[0] for r in rows("hostile/out/summary.csv")[1:]], names)
    expect_same("ranks.csv", [r[0] for r in rows("hostile/out/ranks.csv")[1:]], names)
    for table, at in (("comparisons", 1), ("pairs", 0)):
        found = rows(f"hostile/out/{table}.csv")
        expect_same(table, [r[at] for r in found[1:]], names[1:])
        expect_same(table, [r[at + 1] for r in found[1:]], [names[0]] * (len(names) - 1))
        if len({len(r) for r in found}) != 1:
            fault(f"{table}.csv has lines of other lengths")
    for table in ("summary", "ranks", "comparisons", "pairs"):
        for row in rows(f"hostile/out/{table}.csv"):
            if any(cell.startswith(FORMULA) and not re.fullmatch(r"-[\d.e+-]+|-inf", cell) for cell in row):
                fault(f"{table}.csv has a formula:", row)
    expect_same("JSON", [s["experiment"] for s in document["summary"]], names)
    expect_same("JSON", [s["a"] for s in document["pairs"]], names[1:])
    shown = [replaced(f) for f in files]
    page = Page("hostile/out/report.html")
    expect_same("the page's list of files", page.names[-2 * len(names):][1::2], [in_page("./" + s if s.startswith("-") else s) for s in shown])


def case_missing():
    """Each name as that of a file that is not there, or has no results: one clean line says so."""
    for label, name in {**NAMES, **PATHS}.items():
        path = b"./" + bytes_of(name if label in PATHS else file_of(name)) + b".csv"
        for status, there in ((2, False), (2, True)):
            if there and label in PATHS:
                continue
            if there:
                write(path, "result\n1\n2\n")
            said, told = run("compare", path, "-o", "out", status=status)
            if said or told.count("\n") != 1 or ".csv" not in told:
                fault(label, "is told as", told)
            if there:
                os.remove(path)
    expect_files(set())


# --- runs ----------------------------------------------------------------------------------------------------------------

SERIES = [266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8, 122.9, 336.5, 185.9, 194.3, 149.5, 210.1, 273.3]
SMALL = {"name": "small", "frame": {"test": 3}, "train": {"epochs": 2}, "repeats": 2,
         "experiments": [{"scheme": "fixed"}, {"scheme": "update", "epochs": 1}, {"scheme": "persistence"}]}


def write_series(raw, column):
    with open(raw, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["month", column]] + [[i, v] for i, v in enumerate(SERIES)])


def config_of(name, file, column):
    return {**SMALL, "description": name, "series": {"file": file, "column": column}}


def make_run(folder, name):
    """A run in a folder of its own whose config, series, column, description and output have the name."""
    os.mkdir(folder)
    os.chdir(folder)
    raw = bytes_of(file_of(name))
    # JSON has no bytes that are no characters
    file = file_of(name) + ".csv" if isinstance(name, str) else "series.csv"
    write_series(file, text_of(name))
    write(raw + b".json", json.dumps(config_of(text_of(name), file, text_of(name))))
    out = b"out" + raw
    said = run(b"./" + raw + b".json", "-o", out)
    expect_files({raw + b".json", os.fsencode(file), out})
    os.chdir("..")
    return said, os.path.join(os.fsencode(folder), out), file


def case_runs():
    """Each name as that of a config, its series, its column, its description and its folder: all that a run writes."""
    tame, like, _ = make_run("tame", "tame")
    for i, (label, name) in enumerate(NAMES.items()):
        before, text = len(faults), text_of(name)
        said, out, file = make_run(f"hostile{i}", name)
        if said[0].count("\n") != tame[0].count("\n"):
            fault("lines on the terminal:", said[0])
        if len(faults) == before:
            check_run(file_of(name), text, file, path_of(out), path_of(like), f"hostile{i}")
        faults[before:] = [f"{label}: {f}" for f in faults[before:]]


def check_run(name, text, file, out, like, folder):
    with open(f"{out}/run.json", encoding="utf-8") as stream:
        told = json.load(stream)
    # a column may not be found by a name with blanks around it, but is called so
    expect_same("run.json", [told["config"]["description"], told["series"]["column"], told["config"]["series"]["file"], told["config_file"]],
                [text, text, told["config"]["series"]["file"], f"./{replaced(bytes_of(name))}.json"])
    if not os.path.samefile(os.path.join(folder, told["config"]["series"]["file"]), os.path.join(folder, file)):
        fault("run.json names another series:", told["config"]["series"]["file"])
    page = check_page(out, [text], like)
    check_pictures(out, [], like)
    command = [c for c in page.code if c.startswith("farm ") and "--seed" in c]
    words = shlex.split(command[0]) if len(command) == 1 else []
    if len(words) < 2 or words[:1] != ["farm"] or in_page(f"./{replaced(bytes_of(name))}.json") not in words:
        fault("the command that makes it again:", command)
    with sqlite3.connect(f"file:{os.path.abspath(out).replace('%', '%25').replace('?', '%3f').replace('#', '%23')}/farm.db?mode=ro", uri=True) as db:
        db.text_factory = bytes
        if db.execute("PRAGMA integrity_check").fetchone() != (b"ok",):
            fault("the store is damaged")
        kept = [cell for row in db.execute("SELECT * FROM run") for cell in row if isinstance(cell, bytes)]
        if not any(c.endswith(b"./" + bytes_of(name) + b".json") for c in kept):
            fault("the store has no config of that name:", kept)
    # what is kept makes the same page again, but for the pictures, and the config that is shown is one
    shutil.copytree(out, f"{folder}/again")
    run("report", "-q", "--no-plots", os.fsencode(f"{folder}/again"))
    again = Page(f"{folder}/again/report.html")
    expect_same("the page from the store", again.names + again.code, page.names + page.code[len(page.code) - len(again.code):])
    write(f"{folder}/resolved.json", json.dumps(told["config"]))
    run("check", "-q", f"{folder}/resolved.json")


# --- names in a config -----------------------------------------------------------------------------------------------------

def case_config():
    """Each name as that of a run, an experiment, a reference, a column, an option's value: a plain one is taken, all others
    are refused in clean lines that say where, and nothing is written."""
    write_series("series.csv", "y")
    write("small.json", json.dumps(config_of("", "series.csv", "y")))
    for label, name in {**NAMES, **PATHS, "empty": ""}.items():
        if isinstance(name, bytes):
            continue
        fine = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name)
        experiments = [{"scheme": "persistence", "name": name}, {"scheme": "drift"}]
        for key, config in {"name": {"name": name}, "experiments[0].name": {"experiments": experiments, "compare": {"reference": "drift"}},
                            "compare.reference": {"compare": {"reference": name}}, "series.column": {"series": {"file": "series.csv", "column": name}},
                            "series.file": {"series": {"file": name, "column": "y"}}}.items():
            write("given.json", json.dumps({**config_of("", "series.csv", "y"), **config}))
            if fine and key in ("name", "experiments[0].name"):
                run("check", "-q", "given.json")
                continue
            said, told = run("given.json", status=2)
            if said or not all(line.startswith("given.json:") or "series.csv" in line or key == "series.file" for line in told.rstrip("\n").split("\n")):
                fault(label, "as", key, "is told as", told)
            if key not in told and "series.csv" not in told:
                fault(label, "as", key, "is not named in", told)
        for option in ("-r", "--seed", "--shard", "--format", "--from", "--set"):
            if (option, name) == ("--seed", "0"):
                continue
            said, told = run("small.json", option, name, status=2)
            if said or not told:
                fault(label, "as", option, "is told as", told)
    os.remove("given.json")
    expect_files({b"series.csv", b"small.json"})


if __name__ == "__main__":
    FARM = sys.argv[1]
    globals()["case_" + sys.argv[2]]()
    print("\n".join(faults))
    sys.exit(bool(faults))
