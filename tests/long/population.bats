#!/usr/bin/env bats
# population.bats - means, medians and spreads over thousands of repeats against those of another program with other
# random numbers: the figures of an independent implementation, good to about 0.1.

load ../common

# expect FOLDER NAME=MEAN[:MEDIAN[:SD]]...: means within 3 standard errors (of ours and 0.1 of theirs), medians within
# 0.5, standard deviations within 12%.
expect() {
  /usr/bin/python3 - "$@" <<'P'
import csv, math, sys
folder, *expected = sys.argv[1:]
summary = {row["experiment"]: row for row in csv.DictReader(open(f"{folder}/summary.csv"))}
bad = 0
for item in expected:
    name, figures = item.split("=")
    mean, *more = (float(x) for x in figures.split(":"))
    row = summary[name]
    std, n = float(row["std"]), int(row["count"])
    error = math.hypot(std / math.sqrt(n), more[2] if len(more) > 2 else 0.1)
    off = (float(row["mean"]) - mean) / error
    fine = abs(off) <= 3
    if more and more[0]:
        fine = fine and abs(float(row["50%"]) - more[0]) <= 0.5
    if len(more) > 1 and more[1]:
        fine = fine and abs(std / more[1] - 1) <= 0.12
    print(f"{name}: mean {float(row['mean']):.2f} ({off:+.2f} errors off {mean}), median {float(row['50%']):.2f}, sd {std:.2f}")
    bad += not fine
sys.exit(bad > 0)
P
}

@test "keras-2.0: 4,096 repeats of the tutorial" {
  "$farm" "$root/configs/tutorial.json" -q --repeats 4096 --seed 7 -o run
  expect run fixed=101.22:101.2:6.2 update_2=94.11:91.5:9.4 update_5=94.32:91.6:9.5 update_10=95.10:92.4:9.6 \
    update_20=96.06:93.3:9.9 update_50=97.08:94.2:10.4 fixed_522=101.26:101.2:6.2 fixed_555=101.32:101.1:6.4 \
    fixed_610=101.44:101.1:6.5 fixed_720=101.77:101.1:7.0 fixed_1050=103.27:101.9:8.4 refit=100.68:100.1:8.5
}

@test "keras-1.2: 4,096 repeats of the tutorial" {
  "$farm" "$root/configs/tutorial.json" -q --repeats 4096 --seed 7 --set model.preset=keras-1.2 -o run
  expect run fixed=102.55:0:0:0.13 update_2=98.93:0:0:0.21 update_50=100.64:0:0:0.23 fixed_1050=103.99:0:0:0.19 \
    refit=104.0:0:0:0.44
}

