#!/usr/bin/env bats
# html.bats - report.html as a text: valid, whole, small, the same however it was made, and harmless whatever it shows.
# How it looks and behaves in a browser: long/browser.bats.

load common

structure="$BATS_TEST_DIRNAME/browser/structure.py"

# HTML Tidy finds nothing. It does not know SVG: that its title may have an id, and that it may have a style.
tidy_finds_nothing() {
  run tidy -quiet -errors --fix-style-tags no "$@"
  faults=$(echo "$output" | grep -v -e 'found <style> tag in <body>' -e '<title> proprietary attribute "id"' -e '^$' || true)
  echo "$faults"
  [ -z "$faults" ]
}

sound() {
  tidy_finds_nothing "$@" && /usr/bin/python3 "$structure" "$@"
}

# a page as a reader sees it, without tags
text_of() {
  /usr/bin/python3 - "$1" <<'P'
import html, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
print(html.unescape(re.sub(r"<[^>]*>", "", text[text.index("<body>"):text.index("<script>")])).replace("\u00a0", " "))
P
}

@test "the tutorial's page is sound, and under a megabyte with 1,000 repeats and pictures" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 1000
  sound out/tutorial/report.html
  [ "$(grep -c '<svg' out/tutorial/report.html)" -eq "$(ls out/tutorial/*.svg | wc -l)" ]
  [ "$(stat -c %s out/tutorial/report.html)" -lt 1000000 ]
}

@test "pages of all kinds of runs are sound" {
  tutorial_here
  fixed='{"scheme":"fixed"}' update='{"scheme":"update","epochs":2}' persistence='{"scheme":"persistence"}'
  base=(configs/tutorial.json -q -r 4 --set train.epochs=5)
  "$farm" "${base[@]}" -o pairs --set compare='{"reference":"all_pairs","tests":["wilcoxon","paired_t","friedman"]}'
  "$farm" "${base[@]}" -o one -r 1
  "$farm" "${base[@]}" -o alone --set compare='{}' --set "experiments=[$fixed]"
  "$farm" "${base[@]}" -o plain --set compare='{}' --set "experiments=[$persistence,{\"scheme\":\"drift\"}]"
  "$farm" "${base[@]}" -o asked --set compare='{"pairs":[["update_2","persistence"]],"rope":1}' \
    --set "experiments=[$fixed,$update,$persistence]"
  "$farm" "${base[@]}" -o diverged --set train.optimizer='{"name":"sgd","learning_rate":1e30}'
  sound {pairs,one,alone,plain,asked,diverged}/report.html
  [[ "$(text_of diverged/report.html)" == *"repeats 1, 2, 3, 4"* ]]
  [[ "$(text_of asked/report.html)" == *"update_2, persistence"* ]]
  [[ "$(text_of pairs/report.html)" == *Friedman* ]]
}

@test "pages of compared files are sound, and say that they know results alone" {
  "$FARM_WITH_PLOTS" "$root/configs/tutorial.json" -q -r 30 --no-plots
  cd out/tutorial
  "$FARM_WITH_PLOTS" compare -q -o paired --paired experiment_fixed.csv experiment_refit.csv experiment_persistence.csv
  "$FARM_WITH_PLOTS" compare -q -o unpaired --no-plots experiment_fixed.csv experiment_refit.csv
  "$FARM_WITH_PLOTS" compare -q -o single experiment_fixed.csv
  "$FARM_WITH_PLOTS" compare -q -o constants experiment_persistence.csv experiment_persistence.csv
  printf 'results\nnan\nnan\n' >nothing.csv
  "$FARM_WITH_PLOTS" compare -q -o nothing nothing.csv
  sound {paired,unpaired,single,constants,nothing}/report.html
  text=$(text_of paired/report.html)
  [[ "$text" == *"3 files of 1 to 30 results, compared line by line as pairs"* ]]
  [[ "$text" == *"no config, no series and no forecasts"*experiment_persistence.csv* ]]
  [[ "$text" == *"RMSE of the forecasts"* ]]
  for word in seed Config Diebold reproduce "initial weights" "in units of"; do [[ "$text" != *"$word"* ]]; done
  [[ "$(text_of unpaired/report.html)" == *"2 files of 30 results, compared as independent samples"* ]]
  [[ "$(text_of single/report.html)" == *"1 file of 30 results, scored"* ]]
  # the digest is of the values as little-endian doubles
  digest=$(/usr/bin/python3 -c 'import hashlib, struct, sys
values = [float(v) for v in open("experiment_fixed.csv").read().split()[1:]]
print(hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest())')
  [[ "$text" == *"$digest"* ]]
}

@test "the page says what the terminal says" {
  run_apart "$farm" "$root/configs/tutorial.json" -r 50
  text_of out/tutorial/report.html >page
  echo "$output" | grep -E ' (beats|against its matched baseline|cannot be told apart from) ' | sed 's/^  //' >said
  [ "$(wc -l <said)" -ge 17 ]
  # what stands below, each sentence in one line; all but the times and the tables
  echo "$output" | grep -E '^(After|The tests|DM|Pairing|Each)|^  \(After' | tr -d '()' | sed 's/^  //' >more
  [ "$(wc -l <more)" -eq 5 ]
  tr -d '()' <page >bare
  while read -r sentence; do grep -qF -- "$sentence" page; done <said
  while read -r sentence; do grep -qF -- "$sentence" bare; done <more
}

@test "the same bytes for any threads, after a stop, from the store and from shards" {
  tutorial_here
  farm=$FARM_WITH_PLOTS
  "$farm" configs/tutorial.json -q -r 20 -t 1 -o one
  "$farm" configs/tutorial.json -q -r 20 -t 2 --test-vector base -o two
  "$farm" configs/tutorial.json -q -r 7 -o on
  "$farm" configs/tutorial.json -q -r 20 -o on
  for k in 1 2; do "$farm" configs/tutorial.json -q -r 20 --shard $k/2 -o shards; done
  "$farm" merge shards shards/shard-*.db -q
  cp -r one again && rm again/report.html && "$farm" report again -q
  for other in two on shards again; do cmp one/report.html "$other/report.html"; done
}

@test "the page has the command that makes the run again" {
  tutorial_here
  "$farm" configs/tutorial.json -q -r 6 -s 5 --set train.epochs=9 --set 'description=it'"'"'s $(touch gone) <b>' -o first
  command=$(text_of first/report.html | grep -m 1 '^farm ')
  bash -c "farm() { '$farm' \"\$@\" -q -o second; }; $command"
  [ ! -e gone ]
  cmp first/report.html second/report.html
  same_outputs first second
}

@test "hostile columns, files and descriptions are shown and do nothing" {
  tutorial_here
  column='<script>alert("x")</script>&amp;'"'"$'\xe2\x80\xae\xd7\x90'
  file='"><img src=x onerror=alert(1)>.csv'
  long=$(printf 'W%.0s' $(seq 200))
  sed 's/"Sales"/PLACE/; s/Sales/PLACE/' data/shampoo.csv >plain.csv
  /usr/bin/python3 - "$column" "$file" plain.csv <<'P'
import csv, sys
column, file, plain = sys.argv[1:]
rows = list(csv.reader(open(plain)))
rows[0] = [column if name == "PLACE" else name for name in rows[0]]
csv.writer(open(f"configs/{file}", "w", encoding="utf-8")).writerows(rows)
P
  json() { /usr/bin/python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$1"; }
  "$FARM_WITH_PLOTS" configs/tutorial.json -q -r 3 --set train.epochs=3 -o hostile --set "series.file=$(json "$file")" \
    --set "series.column=$(json "$column")" --set "description=$(json "</p></main><script>alert(2)</script>$long
second line")"
  sound hostile/report.html
  text=$(text_of hostile/report.html)
  [[ "$text" == *'<script>alert("x")</script>&amp;'* ]]
  [[ "$text" == *'"><img src=x onerror=alert(1)>.csv'* ]]
  [[ "$text" == *"alert(2)</script>$long"* ]]
  [[ "$text" != *$'\xe2\x80\xae'* ]]
}

@test "the checks of structure can fail" {
  "$farm" "$root/configs/tutorial.json" -q -r 3 --set train.epochs=3
  page=out/tutorial/report.html
  /usr/bin/python3 "$structure" "$page"
  for fault in 's/<caption/<p/;s/<\/caption/<\/p/' 's/<h3>/<h4>/;s/<\/h3>/<\/h4>/' 's/ scope="col"//' 's/<h1>/<h2>/;s/<\/h1>/<\/h2>/' \
    's/id="tables"/id="verdict"/' 's/<nav /<div /;s/<\/nav>/<\/div>/' 's/"use strict"/"use strict" /' \
    's/<\/main>/<img src="x.png"><\/main>/' 's/#limits/https:\/\/example.org/' 's/<p>/<p onclick="x()">/' \
    "s/script-src/script-src 'unsafe-inline'/" 's/margin: 0 auto;/background: url(x.png);/' 's/ tabindex="0"//'; do
    sed "$fault" "$page" >faulty.html
    if cmp -s "$page" faulty.html || /usr/bin/python3 "$structure" faulty.html >/dev/null; then
      echo "not found: $fault"
      return 1
    fi
  done
}
