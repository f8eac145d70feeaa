#!/usr/bin/python3
"""Do configs/farm.schema.json and docs/config.md say what the table in src/config_keys.c says?

    /usr/bin/python3 tests/schema_check.py build/tests/test_config

Takes the table from the test program (--keys). Exits 1 with a line for each difference. Needs python3-jsonschema.
"""
import glob
import json
import re
import subprocess
import sys

import jsonschema

SECTIONS = {  # section of the table: where the schema has it, heading in the docs
  "": ([], "Top level"),
  "repeats": (["definitions", "repeats", "oneOf", 1], "`repeats`"),
  "repeats.until": (["definitions", "until"], "`repeats.until`"),
  "series": (["definitions", "series"], "`series`"),
  "frame": (["definitions", "frame"], "`frame`"),
  "model": (["definitions", "model"], "`model`"),
  "model.initial_weights": (["definitions", "initial_weights"], "`model.initial_weights`"),
  "train": (["definitions", "train"], "`train`"),
  "train.optimizer": (["definitions", "optimizer"], "`train.optimizer`"),
  "experiments[]": (["definitions", "experiment"], "`experiments`"),
  "experiments[].rows": (["definitions", "rows", "oneOf", 1], "`rows`"),
  "compare": (["definitions", "compare"], "`compare`"),
}
NO_LIMIT = 1e9  # above this the table means "no upper limit"

faults = []


def expect(what, found, wanted):
  if found != wanted:
    faults.append(f"{what}: found {found!r}, the table says {wanted!r}")


def resolve(schema, node):
  while "$ref" in node:
    node = at(schema, node["$ref"].removeprefix("#/").split("/"))
  return node


def at(schema, path):
  for step in path:
    schema = schema[int(step) if isinstance(schema, list) else step]
  return schema


def check_range(what, node, key):
  low, high = key["low"], key["high"]
  expect(what + " least", node.get("exclusiveMinimum" if key["above"] else "minimum"), low)
  wanted = None if high > NO_LIMIT else high
  expect(what + " most", node.get("exclusiveMaximum" if key["below"] else "maximum"), wanted)
  limits = [k for k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if k in node]
  expect(what + " number of limits", len(limits), 1 + (wanted is not None))


def check_key(schema, key):
  what = f"schema: {key['section']}.{key['name']}"
  properties = at(schema, SECTIONS[key["section"]][0])["properties"]
  if key["name"] not in properties:
    return  # listed among the section's keys
  node = resolve(schema, properties[key["name"]])
  kind = key["kind"]
  expect(what + " default", node.get("default", "none"), key["default"] if key["has_default"] else "none")
  expect(what + " description", bool(node.get("description")), True)
  if kind == "integer" or kind == "number":
    expect(what + " type", node.get("type"), kind)
    check_range(what, node, key)
  elif kind == "boolean":
    expect(what + " type", node.get("type"), "boolean")
  elif kind == "choice":
    expect(what + " choices", node.get("enum"), key["choices"])
  elif kind == "choices":
    expect(what + " choices", node["items"].get("enum"), key["choices"])
  elif kind in ("scale", "rows"):
    expect(what + " choices", node["oneOf"][0].get("enum"), key["choices"])
  elif kind == "repeats":
    check_range(what, node["oneOf"][0], key)
  elif kind == "difference":
    check_range(what, node["oneOf"][1], key)
    check_range(what, node["oneOf"][2]["items"], key)
  elif kind == "text":
    expect(what + " length", node.get("minLength", 0), key["low"])
    expect(what + " most", node.get("maxLength"), key["high"])


def check_patch(schema, section, names):
  """The form of a section that an experiment may give: the same keys, each also null."""
  patch = schema["definitions"].get(section + "_patch")
  if patch is None:
    return
  expect(f"schema: {section}_patch keys", sorted(patch["properties"]), sorted(names))
  for name, node in patch["properties"].items():
    targets = [f"#/definitions/{section}/properties/{name}", f"#/definitions/{name}_patch"]
    expect(f"schema: {section}_patch.{name} takes null", node["anyOf"][1:], [{"type": "null"}])
    expect(f"schema: {section}_patch.{name} is the key itself", node["anyOf"][0]["$ref"] in targets, True)


def check_schemes(schema, keys):
  schemes = next(k for k in keys if k["section"] == "experiments[]" and k["name"] == "scheme")["choices"]
  rules = {r["if"]["properties"]["scheme"]["const"]: r["then"]["properties"] for r in schema["definitions"]["experiment"]["allOf"]}
  expect("schema: schemes with rules", sorted(rules), sorted(schemes))
  for bit, scheme in enumerate(schemes):
    wanted = sorted(k["name"] for k in keys if k["section"] == "experiments[]" and k["schemes"] and not k["schemes"] >> bit & 1)
    expect(f"schema: keys that {scheme} does not take", sorted(k for k, v in rules.get(scheme, {}).items() if v is False), wanted)


def check_schema(schema, keys):
  jsonschema.Draft7Validator.check_schema(schema)
  for section, (path, _) in SECTIONS.items():
    node = at(schema, path)
    names = [k["name"] for k in keys if k["section"] == section]
    expect(f"schema: keys of {section or 'the top'}", list(node["properties"]), names)
    expect(f"schema: {section or 'the top'} takes no other keys", node.get("additionalProperties"), False)
    required = [k["name"] for k in keys if k["section"] == section and k["required"]]
    expect(f"schema: required keys of {section or 'the top'}", node.get("required", []), required)
    check_patch(schema, path[1] if path else "", names)
  for key in keys:
    check_key(schema, key)
  check_schemes(schema, keys)


def doc_tables(text):
  """heading: [[cell, ...], ...] of the tables whose first column is "key"."""
  tables, heading, inside = {}, None, False
  for line in text.splitlines():
    if line.startswith("#"):
      heading, inside = line.lstrip("# "), False
    elif line.startswith("| key |"):
      inside = True
    elif inside and line.startswith("|") and not line.startswith("|--") and not line.startswith("| --"):
      tables.setdefault(heading, []).append([c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]])
    elif not line.startswith("|"):
      inside = False
  return tables


def check_docs(text, keys):
  tables = doc_tables(text)
  expect("docs: headings with a table of keys", sorted(tables), sorted(h for _, h in SECTIONS.values()))
  for section, (_, heading) in SECTIONS.items():
    rows = {row[0].strip("`"): row for row in tables.get(heading, [])}
    mine = [k for k in keys if k["section"] == section]
    expect(f"docs: keys under {heading}", list(rows), [k["name"] for k in mine])
    for key in mine:
      row = rows.get(key["name"])
      if row is None:
        continue
      wanted = f"`{json.dumps(key['default'])}`" if key["has_default"] else "required" if key["required"] else key["words"] or "–"
      expect(f"docs: default of {section}.{key['name']}", row[1], wanted)
      for choice in key["choices"]:
        expect(f"docs: {section}.{key['name']} names {choice}", f'`"{choice}"`' in row[2] or "[" in row[2] and "](#" in row[2], True)
      if key["kind"] in ("integer", "repeats"):
        expect(f"docs: range of {section}.{key['name']}", f"1 … {key['high']:.0f}" in row[2].replace(" ", " ").replace(",", ""), True)


def faulty_configs(text):
  """name: config, of the cases under "keys" and "values" in cases.txt that are JSON with a fault of their own."""
  head = '{"name": "t", "series": {"file": "series.csv", "column": "v"},'
  part, name, cases = "", None, {}
  for line in text.splitlines():
    if line.startswith("# ---"):
      part = line.split()[-1]
      name = None
    elif line.startswith("== "):
      name, body, inside = line[3:], [], False
    elif line.startswith("-- "):
      inside = line == "-- bad.json"
    elif line.startswith("=> "):
      if part in ("keys", "values") and "twice" not in name and "three_times" not in name and body:
        cases[name] = "\n".join(body)
      inside = False
    elif name and inside:
      body.append(head if line == "@head" else line)
  return cases


def check_validation(schema):
  validator = jsonschema.Draft7Validator(schema)
  for path in sorted(glob.glob("configs/*.json")):
    if path.endswith("schema.json"):
      continue
    with open(path, encoding="utf-8") as file:
      errors = [e.message for e in validator.iter_errors(json.load(file))]
    expect(f"{path} against the schema", errors, [])
  with open("tests/bad/cases.txt", encoding="utf-8") as file:
    cases = faulty_configs(file.read())
  expect("enough faulty configs", len(cases) > 30, True)
  # what a schema cannot see: 2^64, and a number that only a double holds
  beyond = {"seed_above_2_to_the_53_as_a_number_in_exponent_form", "seed_beyond_64_bits"}
  for name, text in cases.items():
    if name not in beyond:
      expect(f"the schema on {name}", "accepted" if validator.is_valid(json.loads(text)) else "rejected", "rejected")


def main():
  keys = json.loads(subprocess.run([sys.argv[1], "--keys"], check=True, capture_output=True, text=True).stdout)
  with open("configs/farm.schema.json", encoding="utf-8") as file:
    schema = json.load(file)
  with open("docs/config.md", encoding="utf-8") as file:
    docs = file.read()
  check_schema(schema, keys)
  check_docs(docs, keys)
  check_validation(schema)
  for fault in faults:
    print(fault, file=sys.stderr)
  print(f"{len(keys)} keys; schema and docs {'differ from the table' if faults else 'agree with the table'}")
  return 1 if faults else 0


if __name__ == "__main__":
  sys.exit(main())
