#!/bin/sh
# gallery.sh - draw the pictures of docs/gallery.md anew: a run's own SVGs, on white, as a page that is dark or light shows
# them as files; and, where there is a Chromium (tools/setup.sh long), the top of the page for docs/architecture.md.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# take FOLDER PICTURE NAME
take() {
    sed 's|</style>|</style><rect width="100%" height="100%" fill="#fff"/>|' "$scratch/$1/$2.svg" >"docs/gallery/$3.svg"
}

mkdir -p docs/gallery
./farm configs/tutorial.json -q -o "$scratch/few"
./farm configs/tutorial.json -q -r 1000 --set record_loss=true -o "$scratch/many"
take few boxplot boxplot_10
for picture in boxplot differences forecasts epochs learning_curves; do take many $picture $picture; done
if [ -x /usr/bin/chromedriver ]; then
    PYTHONPATH=tests/browser /usr/bin/python3 - "$scratch/many/report.html" docs/gallery/report.png <<'P'
import sys
import page
with page.browser(width=1280, height=1080) as driver:
    page.open_file(driver, sys.argv[1])
    page.screenshot(driver, sys.argv[2])
P
fi
ls -l docs/gallery
