#!/usr/bin/python3
"""Runs every case of cases.txt through the program.

    /usr/bin/python3 tests/bad/through_program.py ./farm

Each case has a scratch folder of its own. Asked of `farm check`: exit 2, nothing on stdout, nothing written, and
on stderr one line for each fault, in order, that ends in "place: key: ...text...". Exits 1 with what is wrong.
"""
import os
import re
import subprocess
import sys
import tempfile

HEAD = '{"name": "t", "series": {"file": "series.csv", "column": "v"},\n'
PLAIN = HEAD + '"experiments": [{"scheme": "fixed"}]}\n'
SERIES = "v\n" + "".join(f"{100 + i * i % 17}\n" for i in range(24))


def decode(text):
  """\\xHH as that byte."""
  return re.sub(rb"\\x([0-9a-fA-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def read_cases(path):
  """A list of {name, files, args, expected}."""
  cases, lines, file, as_bytes = [], [], None, False

  def end_file():
    if file:
      text = "".join(lines)
      cases[-1]["files"][file] = decode(text[:-1]) if as_bytes else text.encode()

  with open(path, encoding="utf-8", newline="") as source:
    for line in source.read().split("\n"):
      if line.startswith(("-- ", "=> ", "== ", "# --")):
        end_file()
        file, lines = None, []
      if line.startswith("== "):
        cases.append({"name": line[3:], "files": {"series.csv": SERIES.encode(), "bad.json": PLAIN.encode()},
                      "args": [], "config": "bad.json", "expected": []})
      elif line.startswith("-- args: "):
        for word in line[9:].split(" "):
          if word.startswith("CONFIG="):
            cases[-1]["config"] = word[7:]
          else:
            cases[-1]["args"].append(word)
      elif line.startswith("-- "):
        file, as_bytes = line[3:].split(" ")[0], line.endswith(" bytes")
      elif line.startswith("=> "):
        cases[-1]["expected"].append(line[3:].split(" | "))
      elif file:
        lines.append(HEAD if line == "@head" else PLAIN if line == "@plain" else line + "\n")
  return cases


def is_fault(line, place, key, piece, config):
  start = (config + ":" if place[0].isdigit() else "") + place + ": " + ("" if key == "-" else key + ": ")
  at = line.find(start)
  return at >= 0 and piece in line[at + len(start):]


def run_case(program, case):
  """What is wrong, or ""."""
  with tempfile.TemporaryDirectory() as folder:
    for name, content in case["files"].items():
      with open(os.path.join(folder, name), "wb") as file:
        file.write(content)
    before = sorted(os.listdir(folder))
    done = subprocess.run([program, "check", *case["args"], case["config"]], cwd=folder, capture_output=True, timeout=60)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    wrong = []
    if done.returncode != 2:
      wrong.append(f"exit {done.returncode}")
    if done.stdout:
      wrong.append("something on stdout")
    if sorted(os.listdir(folder)) != before:
      wrong.append("something written")
    faults = [line for line in lines if line.strip()]
    if len(faults) != len(case["expected"]):
      wrong.append("not one line for each fault")
    for line, (place, key, piece) in zip(faults, case["expected"]):
      if not is_fault(line, place, key, piece, case["config"]):
        wrong.append(f"wanted {place}: {key}: {piece}")
    return "" if not wrong else "; ".join(wrong) + "\n    " + "\n    ".join(lines)


def main():
  program, failed = os.path.abspath(sys.argv[1]), 0
  cases = read_cases(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.txt"))
  for case in cases:
    wrong = run_case(program, case)
    failed += bool(wrong)
    if wrong:
      print(f"{case['name']}: {wrong}", file=sys.stderr)
  print(f"{len(cases) - failed} of {len(cases)} faulty inputs are refused as they should be")
  return 1 if failed or len(cases) < 150 else 0


if __name__ == "__main__":
  sys.exit(main())
