#!/usr/bin/env bats
# plots.bats - the pictures of a run as files: there, whole, true to the run, harmless, and gone when they are stale.

load common

setup_file() {
  export PICTURES="boxplot differences forecasts epochs"
}

# A gnuplot of one's own before the real one in PATH; the script is what it does.
fake_gnuplot() {
  mkdir -p fake
  printf '#!/bin/sh\n%s\n' "$1" >fake/gnuplot
  chmod +x fake/gnuplot
  PATH=$PWD/fake:$PATH
}

# every SVG of the folder $1 is XML with a title and a description, without scripts or links, and names each of $2...;
# every PNG begins and ends as one
pictures_are_whole() {
  /usr/bin/python3 - "$@" <<'P'
import glob, os, sys, xml.etree.ElementTree as tree
folder, *names = sys.argv[1:]
svgs = sorted(glob.glob(f"{folder}/*.svg"))
assert svgs
for path in svgs:
    root = tree.parse(path).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == space + "svg" and root.get("role") == "img", path
    ids = {e.get("id") for e in root.iter() if e.get("id")}
    assert set(root.get("aria-labelledby").split()) <= ids, path
    assert root[0].tag == space + "title" and root[0].text and root[1].tag == space + "desc" and root[1].text, path
    assert {e.tag.replace(space, "") for e in root.iter()} <= {"svg", "title", "desc", "style", "path", "text", "g", "rect"}, path
    width, height = float(root.get("width")), float(root.get("height"))
    hovers = [e for e in root.iter(space + "rect")]
    assert hovers, path
    for e in hovers:
        x, y, w, h = (float(e.get(k)) for k in ("x", "y", "width", "height"))
        assert e[0].tag == space + "title" and e[0].text, path
        assert 0 <= x and x + w <= width + 0.2 and 0 <= y and y + h <= height + 0.2, (path, x, y, w, h)
    told = "\n".join(e.text or "" for e in root.iter(space + "title"))
    for name in names:
        assert name in told, (path, name)
    png = open(path[:-4] + ".png", "rb").read()
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82"), path
    assert int.from_bytes(png[16:20], "big") == 2 * width, path
P
}

small=experiments='[{"scheme":"fixed"},{"scheme":"update","epochs":2},{"scheme":"persistence"}]'

@test "the tutorial has all pictures, whole and with every experiment's name" {
  run_apart "$FARM_WITH_PLOTS" "$root/configs/tutorial.json"
  [ "$status" -eq 0 ]
  [ "$(echo "$stderr" | grep -c .)" -eq 1 ]
  for picture in $PICTURES; do [ -s "out/tutorial/$picture.svg" ] && [ -s "out/tutorial/$picture.png" ]; done
  [ ! -e out/tutorial/learning_curves.svg ]
  pictures_are_whole out/tutorial update_2 fixed_1050
  for name in fixed refit persistence; do grep -q "<title>$name" out/tutorial/boxplot.svg; done
  [ "$(cat out/tutorial/*.svg | wc -c)" -lt 500000 ]
}

@test "a pointer over a box is told what summary.csv says" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 200
  /usr/bin/python3 - <<'P'
import csv, re
svg = open("out/tutorial/boxplot.svg", encoding="utf-8").read()
for row in csv.DictReader(open("out/tutorial/summary.csv")):
    told = re.search(rf"<title>{row['experiment']}\W(.*?)</title>", svg, re.S).group(1)
    numbers = [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", told)]
    wanted = [row["50%"], row["25%"], row["75%"], row["mean"]] if row["count"] != "1" else [row["mean"]]
    for number, value in zip(numbers, wanted):
        assert abs(number - float(value)) <= 0.051, (row["experiment"], told)
    assert row["count"] == "1" or "200 repeats" in told, told
P
}

@test "the box plot of a thousand repeats is small" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 1000
  [ "$(wc -c <out/tutorial/boxplot.svg)" -lt 60000 ]
  [ "$(cat out/tutorial/*.svg | wc -c)" -lt 500000 ]
}

@test "the same run draws the same bytes, whatever computed it" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -t 1 -o one
  TZ=Asia/Tokyo LC_ALL=C.UTF-8 GNUTERM=dumb GNUPLOT_LIB=/nowhere GDFONTPATH=/nowhere "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -t 2 -o two
  [ -s one/boxplot.svg ]
  same_outputs one two
  "$FARM_WITH_PLOTS" report one -o three
  same_outputs one three
}

@test "the user's own start-up files of gnuplot are not read" {
  mkdir home
  echo 'system "touch pwned"; set output "/dev/null"' | tee home/.gnuplot >.gnuplot
  HOME=$PWD/home "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set "$small"
  [ ! -e pwned ] && [ -s out/tutorial/boxplot.png ]
}

@test "a column's name is never a command or markup, whatever is in it" {
  tutorial_here
  /usr/bin/python3 - "$FARM_WITH_PLOTS" "$small" <<'P'
import csv, glob, json, os, subprocess, sys, xml.etree.ElementTree as tree
farm, small = sys.argv[1:]
names = ["`touch pwned`'.system('touch pwned')", "\"; !touch pwned; $(touch pwned)", "@L1 {/Symbol a}_b^c", "<script>&amp; &#65; ]]>--\\n\\",
         "Umsatz in €, 数量", "a" * 200]
rows = [line.rstrip("\n").split(",") for line in open("data/shampoo.csv")][1:]
for name in names:
    with open("data/hostile.csv", "w", newline="") as out:
        csv.writer(out).writerows([["Month", name]] + rows)
    config = json.load(open("configs/tutorial.json"))
    config["series"] = {"file": "../data/hostile.csv", "column": name}
    json.dump(config, open("configs/hostile.json", "w"))
    run = subprocess.run([farm, "configs/hostile.json", "-q", "-r", "3", "--set", small], capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", (name, run)
    assert not os.path.exists("pwned"), name
    texts = "".join(t.text or "" for t in tree.parse("out/tutorial/boxplot.svg").iter("{http://www.w3.org/2000/svg}text"))
    assert (name if len(name) < 100 else "aaa…aaa") in texts, (name, texts)
    assert len(glob.glob("out/tutorial/*.png")) == 3, name
P
}

@test "without a gnuplot the run says so in one line, writes all else and is fine" {
  mkdir empty
  run_apart env PATH="$PWD/empty" "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q
  [ "$status" -eq 0 ]
  [ "$(echo "$stderr" | grep -c .)" -eq 1 ]
  [[ "$stderr" == gnuplot:*"not found in PATH"*"--no-plots"* ]]
  [ -s out/tutorial/summary.csv ]
  [ -z "$(ls out/tutorial | grep -E 'svg|png')" ]
}

@test "a gnuplot that fails, dies, is cut short or says nothing costs the pictures alone, and its words are told" {
  real=$(command -v gnuplot)
  for script in 'echo "line 7: no such terminal" >&2; exit 3' 'kill -9 $$' 'cat >/dev/null' 'exit 0' \
    "$real -d | head -c 20000" 'yes | head -c 3000000; exit 1' 'exec <&-; exec >&-; exit 5'; do
    echo "$script"
    fake_gnuplot "$script"
    run_apart "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q
    [ "$status" -eq 0 ]
    [ "$(echo "$stderr" | grep -c .)" -eq 1 ]
    [[ "$stderr" == "gnuplot: "* ]]
    [ -s out/tutorial/summary.csv ]
    [ -z "$(ls -A out/tutorial | grep -E 'svg|png|tmp')" ]
    case "$script" in *"no such"*) [[ "$stderr" == *"exit status 3: line 7: no such terminal"* ]] ;; esac
  done
}

@test "a signal while pictures are drawn stops the run soon, and leaves what was there" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q
  cp -r out before
  fake_gnuplot 'exec sleep 300'
  run_apart /usr/bin/python3 - "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" <<'P'
import os, signal, subprocess, sys, time
for number in signal.SIGINT, signal.SIGTERM:
    run = subprocess.Popen([*sys.argv[1:], "-q"], preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    time.sleep(2)
    for stop in signal.SIGSTOP, signal.SIGCONT:  # which are none
        run.send_signal(stop)
    time.sleep(0.5)
    assert run.poll() is None
    run.send_signal(number)
    status = run.wait(timeout=float(os.environ.get("STOP_SECONDS", 2)))
    assert status == 128 + number, status
P
  echo "$stderr"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"120 of 120 results are kept in out/tutorial/farm.db. The same command goes on."* ]]
  [[ "$stderr" != *gnuplot* ]]
  same_outputs before/tutorial out/tutorial
  [ "$(ls before/tutorial | sort)" = "$(ls -A out/tutorial | grep -v '^farm.db-' | sort)" ]
}

@test "--no-plots draws none, and stale pictures go" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q
  [ -s out/tutorial/epochs.svg ]
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set "$small"
  [ ! -e out/tutorial/epochs.svg ] && [ ! -e out/tutorial/epochs.png ] && [ -s out/tutorial/boxplot.svg ]
  "$FARM_WITH_PLOTS" report out/tutorial -q --no-plots
  [ -z "$(ls out/tutorial | grep -E 'svg|png')" ]
  "$FARM_WITH_PLOTS" report out/tutorial -q
  [ -s out/tutorial/boxplot.svg ]
  fake_gnuplot 'exit 1'
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 11
  [ -z "$(ls out/tutorial | grep -E 'svg|png')" ]
}

@test "a picture of somebody's stays, under whatever name" {
  mkdir -p out/tutorial
  echo '<svg/>' >out/tutorial/epochs.svg
  echo mine | tee out/tutorial/epochs.png >out/tutorial/forecasts.png
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set "$small" --no-plots
  [ "$(cat out/tutorial/epochs.svg)" = '<svg/>' ]
  [ "$(cat out/tutorial/epochs.png out/tutorial/forecasts.png)" = $'mine\nmine' ]
}

@test "a folder in a picture's place stops the run's files, and leaves the old ones" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set "$small" --no-plots
  mkdir out/tutorial/boxplot.png
  cp out/tutorial/summary.csv before.csv
  run_apart "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set "$small" -r 20
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"boxplot.png"* ]]
  cmp before.csv out/tutorial/summary.csv
  [ -z "$(ls -A out/tutorial | grep tmp)" ]
}

@test "forty experiments with long names, one experiment, one repeat" {
  /usr/bin/python3 - "$root" >many.json <<'P'
import json, sys
names = [f"an_experiment_with_a_name_of_a_hundred_characters_that_differs_from_all_others_in_its_middle-{i:02d}-only" for i in range(40)]
print(json.dumps({"name": "many", "series": {"file": sys.argv[1] + "/data/shampoo.csv", "column": "Sales"}, "train": {"epochs": 2},
    "repeats": 3, "compare": {"reference": names[0]}, "experiments": [{"scheme": "fixed", "name": n, "train": {"epochs": 2 + i}} for i, n in enumerate(names)]}))
P
  run_apart "$FARM_WITH_PLOTS" many.json -q
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  pictures_are_whole out/many in_its_middle-{01..39}-only
  [ "$(cat out/many/*.svg | wc -c)" -lt 500000 ]
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set 'experiments=[{"scheme":"fixed"}]' -o one
  pictures_are_whole one fixed
  [ ! -e one/differences.svg ]
  run_apart "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 1 -o single
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  pictures_are_whole single fixed
}

@test "diverged repeats are told, and a run of nothing else is drawn" {
  tutorial_here
  linear='model={"activation":"linear","recurrent_activation":"linear"}'
  for rate in 0.05 10; do
    run_apart "$FARM_WITH_PLOTS" configs/tutorial.json -q -r 12 --set "$linear" \
      --set "train={\"epochs\":30,\"optimizer\":{\"learning_rate\":$rate}}"
    [ "$status" -eq 0 ] && [ -z "$stderr" ]
    pictures_are_whole out/tutorial
    grep -q "<title>update_50: all 12 repeats diverged</title>" out/tutorial/boxplot.svg
    grep -q ">all 12 diverged</text>" out/tutorial/boxplot.svg
  done
}

@test "recorded losses are learning curves, one panel for all that begin alike" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q --set record_loss=true
  pictures_are_whole out/tutorial
  grep -q ">fixed and 6 more<" out/tutorial/learning_curves.svg
  [ "$(grep -c '<rect' out/tutorial/learning_curves.svg)" -eq 6 ]
}

@test "docs/gallery.md shows every picture that there is" {
  grep -o 'plot_names\[\] = {[^}]*' "$root/src/plot.c" | grep -o '"[a-z_]*"' | tr -d '"' >names
  [ "$(wc -l <names)" -ge 5 ]
  while read -r name; do
    grep -qx "## $name" "$root/docs/gallery.md"
    grep -q "(gallery/$name.svg)" "$root/docs/gallery.md"
    /usr/bin/python3 -c 'import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])' "$root/docs/gallery/$name.svg"
  done <names
}
