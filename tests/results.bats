#!/usr/bin/env bats
# results.bats - the example configs are fine and docs/results.md has a section for each; its figures come out of a run.
# RESULTS="rows neurons" checks the tables of other sections than the quick ones below.

load common

@test "every config that ships passes farm check and, but for the tutorial, has its section in docs/results.md" {
  for config in "$root"/configs/*.json; do
    name=$(basename "$config" .json)
    [ "$name" != farm.schema ] || continue
    echo "$name"
    "$farm" check "$config"
    grep -q "\"\$schema\": \"farm.schema.json\"" "$config"
    [ "$name" != tutorial ] || continue
    grep -q "\"name\": \"$name\"" "$config"
    grep -qx "## $name" "$root/docs/results.md"
    grep -q "^\./farm configs/$name\.json" "$root/docs/results.md"
  done
}

# the tables of one section of docs/results.md against the files of a run: tables_agree NAME
tables_agree() {
  /usr/bin/python3 - "$root/docs/results.md" "$1" <<'P'
import csv, re, sys

page, name = open(sys.argv[1], encoding="utf-8").read(), sys.argv[2]
section = re.search(rf"^## {re.escape(name)}$(.*?)(?=^## |\Z)", page, re.S | re.M).group(1)
summary = {row["experiment"]: row for row in csv.DictReader(open(f"out/{name}/summary.csv"))}
pairs = {(row["a"], row["b"]): row for row in csv.DictReader(open(f"out/{name}/comparisons.csv"))}
checked, wrong = 0, []


def compare(what, printed, figures):
    global checked
    checked += 1
    if printed != figures:
        wrong.append(f"{what}: the page has {printed}, the run {figures}")


def two(text):
    return f"{float(text):.2f}"


def of_summary(experiment):  # mean, and sd where there is one
    row = summary[experiment]
    return [two(row["mean"])] + ([two(row["std"])] if int(row["count"]) > 1 else [])


for table in re.findall(r"(?:^\|.*\n)+", section, re.M):
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.replace("−", "-").splitlines()]
    for cells in rows:
        if head[:3] == ["experiment", "mean", "sd"]:  # | `fixed` | 101.30 | 5.98 |
            experiment = cells[0].strip("`")
            compare(experiment, [cell for cell in cells[1:] if cell != "–"], of_summary(experiment))
        elif head[:2] == ["a", "b"]:  # | `a` | `b` | -7.52 | [-7.81, -7.24] | < 0.001 |
            a, b = (cell.strip("`") for cell in cells[:2])
            sign, row = (1, pairs[a, b]) if (a, b) in pairs else (-1, pairs[b, a])
            ends = [sign * float(row[end]) for end in ("ci_low", "ci_high")][::sign]
            p = float(row["p_adjusted"])
            compare(f"{a} - {b}", [cells[2], *re.findall(r"-?[\d.]+", cells[3]), cells[4]],
                    [two(sign * float(row["mean_difference"])), *map(two, ends), "< 0.001" if p < 0.001 else f"{p:.3f}"])
        else:  # columns `fixed_…`, rows `…100`: mean (sd); other columns are not the run's
            for column, cell in zip(head[1:], cells[1:]):
                if "…" in column:
                    experiment = column.strip("`").replace("…", cells[0].strip("`").replace("…", ""))
                    compare(experiment, re.findall(r"[\d.]+", cell.split("[")[0]), of_summary(experiment))

print(f"{name}: {checked} rows or cells checked", *wrong, sep="\n")
sys.exit(checked == 0 or bool(wrong))
P
}

@test "the tables of docs/results.md come out of a run of their configs" {
  for name in ${RESULTS:-baselines optimizer_state recurrent_state}; do
    "$farm" --quiet "$root/configs/$name.json"
    tables_agree "$name"
  done
}

@test "a table that has rotted is noticed" {
  "$farm" --quiet "$root/configs/baselines.json"
  mkdir docs
  sed '/^## baselines/,$ s/| `ar` | 86.73 |/| `ar` | 86.74 |/' "$root/docs/results.md" >docs/results.md
  root=$PWD run tables_agree baselines
  [ "$status" -eq 1 ]
  [[ "$output" == *"ar: the page has ['86.74'], the run ['86.73']"* ]]
}
