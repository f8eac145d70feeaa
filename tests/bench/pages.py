"""Tables and plots of docs/performance.md out of bench.json.

The page is prose of people with marked places, <!-- bench:NAME --> ... <!-- /bench:NAME -->; what stands in between is
written anew, all else stays. Plots are drawn by gnuplot, in the colours of the farm's own pictures.
"""
import re
import subprocess

from entries import BOUNDS, LEVELS, parameters
from targets import MIB, Steps, seconds, times
from contest import times_slower

# --- tables -----------------------------------------------------------------------------------------------------------


def table(head, rows, align="---:"):
    """In Markdown; all columns but the first to the right, or as align says."""
    lines = [head, ["---", *[align] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def digits(value):
    """Three that count."""
    if value >= 1e6:
        return f"{value / 1e6:,.3g} million"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_range(spread, write=digits):
    return f"{write(spread['median'])} ({write(spread['min'])}–{write(spread['max'])})"


def title_of(steps, name):
    return steps.peers.get(name, {}).get("title", name)


def everybody(steps):
    """Contestants in the order they were listed, bounds and levels apart."""
    apart = tuple(f"{kind}_" for kind in BOUNDS) + tuple(f"farm_{level}" for level in LEVELS)
    return [name for name in steps.peers if not name.startswith(apart)]


def own_farm(steps, name):
    """Whom a contestant is compared with: the farm at the same preset."""
    return "farm_pytorch" if name == "torch" else "farm"


BUSY = 0.1  # of the machine taken by others, from which on wall times say little


def verdict(data, t):
    if t["met"] is False and t["clock"] == "wall" and data["others"] > BUSY:
        return "missed on a busy machine"
    return {True: "met", False: "missed", None: "–"}[t["met"]]


def table_machine(data):
    m = data["machine"]
    memory = f", {m['memory'] / 2**30:.0f} GiB" if m["memory"] else ""
    rounds = {len(s["ns"]["rounds"]) for s in data["steps"]}
    text = (f"{data['program']} on {m['processor']}, {m['cores']} cores{memory}; {data['made'][:10]}, {data['seconds'] / 60:.0f} minutes, "
            f"medians of {max(rounds, default=0)} rounds. ")
    if data["others"] > BUSY:
        text += (f"**The machine was not idle:** others took {100 * data['others']:.0f}% of it meanwhile. Figures of one "
                 "core are of processor time and bear that; wall times are longer than they need be.")
    else:
        text += f"Others took {100 * data['others']:.0f}% of the machine meanwhile."
    if data["budget"] != "full":
        text += f" A {data['budget']} run: fewer rounds and sizes than the page speaks of."
    return text


def table_targets(data):
    return table(["target", "wanted", "measured", "", "what sets the limit"],
                 [[t["target"], t["wanted"], t["measured"], verdict(data, t).replace("missed", "**missed**"),
                   t["limit"]] for t in data["targets"]], "---")


def all_cores(steps, name, neurons):
    """The faster of a process a core and own threads."""
    found = [s for s in (steps.get(name, neurons, mode) for mode in ("threads", "cores")) if s]
    return min(found, key=lambda s: s["ns"]["median"], default=None)


def table_one_neuron(data):
    steps, rows = Steps(data), []
    for name in everybody(steps):
        one, many, farm = steps.get(name), all_cores(steps, name, 1), steps.get(own_farm(steps, name))
        if not one or not farm:
            continue
        ours = all_cores(steps, own_farm(steps, name), 1)
        ratio = many["ns"]["median"] / ours["ns"]["median"] if many and ours else None
        rows.append([title_of(steps, name), f"{one['repeats']:,}", with_range(one["ns"]),
                     times(times_slower(one, farm)) if not name.startswith("farm") else "1",
                     digits(many["ns"]["median"]) if many else "–",
                     "1" if name.startswith("farm") else times(ratio) if ratio else "–"])
    return table(["", "at once", "one core, ns a step", "times the farm's", "all cores, ns a step",
                  "times the farm's"], rows)


def table_sizes(data):
    steps = Steps(data)
    sizes, rows = steps.sizes(), []
    levels = [f"farm_{level}" for level in LEVELS]
    for name in [*everybody(steps), *levels]:
        cells, last = [], None
        for n in sizes:
            found = steps.get(name, n) or (steps.get(name + "_16384", n) if n == 1 else None)
            last = found or last
            cells.append(digits(found["ns"]["median"] / parameters(n)) if found else "–")
        if last and not name.endswith("_16384"):
            rows.append([title_of(steps, name), *cells])
    return table(["ns a parameter and step, one core", *(f"n = {n}" for n in sizes)], rows)


def table_ratios(data):
    """Times the farm's own time, one core / all cores."""
    steps = Steps(data)
    sizes, rows = steps.sizes(), []
    for name in everybody(steps):
        if name.startswith("farm") or name.endswith("_16384"):
            continue
        cells = []
        for n in sizes:
            one, farm = steps.get(name, n), steps.get(own_farm(steps, name), n)
            many, ours = all_cores(steps, name, n), all_cores(steps, own_farm(steps, name), n)
            text = digits(times_slower(one, farm)) if one and farm else "–"
            if many and ours:
                text += f" / {digits(many['ns']['median'] / ours['ns']['median'])}"
            cells.append(text)
        if any(cell != "–" for cell in cells):
            rows.append([title_of(steps, name), *cells])
    return table(["times the farm's time, one core / all cores", *(f"n = {n}" for n in sizes)], rows)


def table_bounds(data):
    steps, rows = Steps(data), []
    for n in steps.sizes():
        for level, title in LEVELS.items():
            farm = steps.get(f"farm_{level}", n)
            if not farm:
                continue
            bounds = [steps.get(f"{kind}_{level}", n) for kind in BOUNDS]
            largest = max((b["ns"]["median"] for b in bounds if b), default=None)
            rows.append([n, title, digits(farm["ns"]["median"] / parameters(n)),
                         *(digits(b["ns"]["median"] / parameters(n)) if b else "–" for b in bounds),
                         f"{farm['ns']['median'] / largest:.2f}" if largest else "–"])
    return table(["neurons", "vectors", "the kernel", "divisions and roots", "multiply, add", "memory",
                  "kernel / largest bound"], rows)


def table_peers(data):
    rows = []
    for name in everybody(Steps(data)):
        peer = data["peers"][name]
        if not peer.get("proof") and "refused" not in peer:
            continue
        if "refused" in peer:
            rows.append([peer["title"], "–", f"not counted: {peer['refused']}"])
        else:
            rows.append([peer["title"], peer.get("version") or "–", f"{max(peer['proof'].values()):.0e}"])
    return table(["", "version", "largest difference of a weight after 50 steps"], rows, "---")


CASES = {"first": "`fixed` alone", "memory": "with refit, in /dev/shm"}


def table_tutorial(data):
    steps, rows = Steps(data), []
    peers = [(title, all_cores(steps, name, 1)) for title, name in
             (("NumPy", "numpy"), ("JAX", "jax"), ("Keras fit", "keras_fit")) if all_cores(steps, name, 1)]
    for run in data["whole"].get("tutorial", []):
        words = CASES.get(run["case"]) or ("with refit" if run["refit"] else "without refit")
        rows.append([f"{run['repeats']:,}", words, with_range(run["wall"], seconds), seconds(run["training"]["median"]),
                     f"{run['steps_taken'] / 1e6:,.1f}", f"{run['steps_taken'] / 1e6 / run['wall']['median']:,.0f}",
                     *(duration(1e-9 * step["ns"]["median"] * run["steps_asked"]) for _, step in peers)])
    return table(["repeats", "experiments", "wall, whole program", "of it training and storing", "million steps",
                  "million a second", *(f"{title}, the steps alone" for title, _ in peers)], rows)


def duration(value):
    if value < 120:
        return seconds(value)
    minutes = value / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:,.0f} h" if minutes < 48 * 60 else \
        f"{minutes / 1440:,.0f} days"


def table_rows(data):
    rows = [[f"{r['rows']:,}", with_range(r["wall"], seconds), f"{r['steps_taken'] / 1e6:.1f}",
             f"{1e9 * r['training']['median'] * r['threads'] / r['steps_taken']:.1f}", f"{r['bytes']['max'] / MIB:.1f}"]
            for r in data["whole"].get("rows", [])]
    return table(["rows of the series", "wall", "million steps", "ns a step and core", "peak MiB"], rows)


def table_threads(data):
    runs = data["whole"].get("threads", [])
    one = next((t for t in runs if t["threads"] == 1), None)
    rows = [[t["threads"], with_range(t["wall"], seconds), times(one["wall"]["median"] / t["wall"]["median"]),
             seconds(t["training"]["median"]), times(one["training"]["median"] / t["training"]["median"])]
            for t in runs if one]
    return table(["threads", "wall", "speed-up", "training and storing", "speed-up"], rows)


def table_memory(data):
    whole = data["whole"]
    rows = [[f"the tutorial, {r['case']}", f"{r['repeats']:,}", f"{r['bytes']['max'] / MIB:.1f}",
             seconds(r["wall"]["median"]), f"{r['steps_taken'] / 1e6 / r['wall']['median']:,.0f}"]
            for r in whole.get("tutorial", []) if r["case"] not in CASES]
    rows += [["`fixed` and `update_2`", f"{r['repeats']:,}", f"{r['bytes']['max'] / MIB:.1f}",
              seconds(r["wall"]["median"]), f"{r['steps_taken'] / 1e6 / r['wall']['median']:,.0f}"] for r in whole.get("many", [])]
    return table(["", "repeats", "peak MiB", "wall", "million steps a second"], rows)


def table_walk(data):
    walk = data["whole"].get("walk")
    if not walk:
        return ""
    rows = [[f"{walk['whole']['forecasts']:,}", f"{walk['whole']['epochs']} epochs on the rest of "
             f"{walk['whole']['rows']:,} rows", with_range(walk["whole"]["wall"], seconds)]]
    rows += [[f"{g['forecasts']:,}", "1 epoch", with_range(g["wall"], seconds)] for g in walk["growth"]]
    return table(["forecasts", "base fit", "wall"], rows)


TABLES = {name.removeprefix("table_"): make for name, make in list(globals().items()) if name.startswith("table_")}

# --- plots ------------------------------------------------------------------------------------------------------------

INKS = (("farm", "#0072b2"), ("numpy", "#d55e00"), ("jax", "#009e73"), ("numba", "#56b4e9"), ("torch", "#cc79a7"),
        ("keras", "#e69f00"), ("plain", "#6f6f6f"))
BOUND_INK, TEXT, GRID = "#5e5e5e", "#1a1a1a", "#e2e2e2"
HEAD = f"""set encoding utf8
set terminal svg size %d,%d font 'Helvetica,12' background '#ffffff'
set border 3 linecolor '{TEXT}'
set tics nomirror out
set grid linecolor '{GRID}' linetype 1
"""


def ink(name):
    return next((colour for start, colour in INKS if name.startswith(start)), BOUND_INK)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def block(name, rows):
    """Numbers under a name for gnuplot."""
    return f"${name} << EOD\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows) + "EOD\n"


def gnuplot(script, title, path, write_whole):
    """A picture with a title for who does not see it."""
    result = subprocess.run(["gnuplot", "-"], input=script, capture_output=True, text=True, check=False)
    if result.returncode != 0 or "</svg>" not in result.stdout:
        raise RuntimeError(f"gnuplot: {result.stderr[:500]}")
    named = re.sub(r"<title>.*?</title>\s*<desc>.*?</desc>", f"<title>{title}</title>", result.stdout, flags=re.DOTALL)
    write_whole(path, named)


def plot_one_neuron(data):
    """Bars of nanoseconds a step, on a logarithmic axis."""
    steps = Steps(data)
    found = [(name, steps.get(name)["ns"]["median"]) for name in everybody(steps) if steps.get(name)]
    bound = steps.bound("divider", 1)
    if not found:
        return None
    found.sort(key=lambda item: -item[1])
    low = min(value for _, value in found) / 4
    rows = [(low, (low * value) ** 0.5, low, value, y - 0.35, y + 0.35, int(ink(name)[1:], 16))
            for y, (name, value) in enumerate(found)]
    labels = [f"set label {quoted(' ' + digits(value) + ' ns')} at {value},{y} left"
              for y, (_, value) in enumerate(found)]
    ticks = ", ".join(f"{quoted(title_of(steps, name))} {y}" for y, (name, _) in enumerate(found))
    script = HEAD % (800, 70 + 30 * len(found)) + block("bars", rows) + "\n".join(labels) + f"""
set logscale x
set lmargin at screen 0.30
set format x '%.0s%c'
set xtics 10
set xrange [{low}:{found[0][1] * 60}]
set yrange [-0.6:{len(found) - 0.4}]
set ytics ({ticks}) scale 0
set grid noytics
set style fill solid
set xlabel 'nanoseconds a gradient step (logarithmic); dashed: the divider alone'
unset key
"""
    if bound:
        at = bound["ns"]["median"]
        script += f"set arrow from {at},graph 0 to {at},graph 1 nohead dashtype 2 linecolor '{TEXT}' front\n"
    return script + "plot $bars using 2:(($5+$6)/2):3:4:5:6:7 with boxxyerror linecolor rgb variable\n"


def plot_neurons(data):
    """Nanoseconds a parameter and step against neurons."""
    steps = Steps(data)
    lines, blocks = [], ""
    names = [name for name in everybody(steps) if not name.endswith("_16384") and name != "farm_pytorch"]
    for k, name in enumerate([*names, *(f"{kind}:" for kind in BOUNDS)]):
        bound = name.endswith(":")
        found = [(n, steps.bound(name[:-1], n) if bound else steps.get(name, n)) for n in steps.sizes()]
        rows = [(n, step["ns"]["median"] / parameters(n)) for n, step in found if step]
        if not rows:
            continue
        blocks += block(f"line{k}", rows)
        title = {"divider:": "bound: divisions, roots", "multiply_add:": "bound: multiply, add",
                 "memory:": "bound: memory"}.get(name) or title_of(steps, name)
        dashes = {"divider:": 2, "multiply_add:": 3, "memory:": 4, "numba_scalar": 5, "keras_graph": 5}.get(name, 1)
        look = "lines" if bound else "linespoints pointtype 7 pointsize 0.5"
        lines.append(f"$line{k} using 1:2 with {look} dashtype {dashes} linewidth 1.6 linecolor '{ink(name)}' "
                     f"title {quoted(title)}")
    return lines and HEAD % (800, 480) + blocks + """set logscale xy
set format y '%g'
set xtics (1, 2, 4, 10, 32, 128)
set xlabel 'neurons (logarithmic)'
set ylabel 'ns a parameter and step, one core (logarithmic)'
set key outside right top reverse Left samplen 3 spacing 1.2
plot """ + ", ".join(lines) + "\n"


def panel(title, x, y, lines, more=""):
    texts = f"set title {quoted(title)}\nset xlabel {quoted(x)}\nset ylabel {quoted(y)}\n"
    return f"{texts}{more}\nplot {', '.join(lines)}\n"


def plot_growth(data):
    """Four small panels: seconds by repeats and by rows, speed-up by threads, memory by repeats."""
    whole = data["whole"]
    tutorial = [r for r in whole.get("tutorial", []) if r["case"] not in CASES]
    threads, rows = whole.get("threads", []), whole.get("rows", [])
    if not tutorial or not threads or not rows:
        return None
    with_refit, without = ([r for r in tutorial if r["refit"] == refit] for refit in (True, False))
    one = next(t for t in threads if t["threads"] == 1)
    data_of = {
        "with": [(r["repeats"], r["wall"]["median"], r["bytes"]["max"] / MIB) for r in with_refit],
        "without": [(r["repeats"], r["wall"]["median"], r["bytes"]["max"] / MIB) for r in without],
        "many": [(r["repeats"], r["wall"]["median"], r["bytes"]["max"] / MIB) for r in whole.get("many", [])[:2]],
        "rows": [(r["rows"], r["wall"]["median"]) for r in rows],
        "threads": [(t["threads"], one["wall"]["median"] / t["wall"]["median"],
                     one["training"]["median"] / t["training"]["median"]) for t in threads],
    }
    look = "with linespoints pointtype 7 pointsize 0.5 linewidth 1.6"

    def line(name, columns, colour, title):
        return f"${name} using {columns} {look} linecolor '{colour}' title {quoted(title)}"

    def of_runs(columns):
        return [line("with", columns, "#009e73", "the tutorial"), line("without", columns, "#0072b2", "without refit"),
                line("many", columns, "#d55e00", "fixed and update 2")]

    most = max(t["threads"] for t in threads)
    return (HEAD % (800, 640) + "".join(block(name, values) for name, values in data_of.items())
            + "set multiplot layout 2,2\nset key left top reverse Left samplen 2\nset logscale xy\n"
            + "set format x '10^{%L}'\nset format y '%g'\n"
            + panel("the whole program", "repeats (logarithmic)", "seconds (logarithmic)", of_runs("1:2"))
            + panel("peak memory", "repeats (logarithmic)", "MiB (logarithmic)", of_runs("1:3"))
            + "set format x '%g'\n"
            + panel("fixed, 100 epochs, 64 repeats", "rows of the series (logarithmic)", "seconds (logarithmic)",
                    [line("rows", "1:2", "#0072b2", "")])
            + "unset logscale\n"
            + panel(f"{one['repeats']:,} repeats of the tutorial", "threads", "speed-up",
                    [line("threads", "1:2", "#0072b2", "whole program"),
                     line("threads", "1:3", "#009e73", "training and storing"),
                     f"x with lines dashtype 2 linecolor '{BOUND_INK}' title 'ideal'"],
                    f"set xrange [1:{max(most, 2)}]\nset yrange [0:{max(most, 2)}]\nset xtics 1")
            + "unset multiplot\n")


PLOTS = {
    "one_neuron": (plot_one_neuron, "Nanoseconds a gradient step of one neuron on one core, a bar for each contestant"),
    "neurons": (plot_neurons, "Nanoseconds a parameter and step against neurons, a line for each contestant and bound"),
    "growth": (plot_growth, "Time and memory by repeats, time by rows, speed-up by threads"),
}

# --- the page ---------------------------------------------------------------------------------------------------------


def fill(page, data):
    """The page with every marked table written anew; a mark without a table is a mistake."""
    def replace(match):
        name = match.group(1)
        return f"<!-- bench:{name} -->\n{TABLES[name](data)}\n<!-- /bench:{name} -->"

    return re.sub(r"<!-- bench:(\w+) -->.*?<!-- /bench:\1 -->", replace, page, flags=re.DOTALL)


def write(data, template, docs, write_whole):
    write_whole(docs / "performance.md", fill(template.read_text(), data))
    for name, (describe, title) in PLOTS.items():
        script = describe(data)
        if script:
            gnuplot(script, title, docs / "performance" / f"{name}.svg", write_whole)


def summary(data):
    """For a terminal: the targets."""
    lines = [f"{verdict(data, t)}: {t['target']}: {t['measured']} (wanted: {t['wanted']})" + (
        f"; {t['limit']}" if t["limit"] else "") for t in data["targets"]]
    refused = [f"{p['title']} does not count: {p['refused']}" for p in data["peers"].values() if "refused" in p]
    return "\n".join([table_machine(data), "", *lines, *refused])
