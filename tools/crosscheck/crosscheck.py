"""The same experiments from the same weights in a real framework and in the farm.

    crosscheck.py FRAMEWORK                     one neuron and 500 epochs, 8 neurons and 5 epochs: forecasts must agree
    crosscheck.py --distributions FRAMEWORK     8 neurons and 500 epochs: RMSEs of 100 repeats must be alike

FRAMEWORK is keras2, keras3 or torch. Prints rows of a table in Markdown; exit status 1 where something disagrees. The
farm is ./farm, or $FARM.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

import frameworks
import rows as rows_of
import walk

ROOT = Path(__file__).parents[2]
SERIES = ROOT / "data/shampoo.csv", "Sales"
EXPERIMENTS = {"fixed": {"scheme": "fixed"}, "update_2": {"scheme": "update", "epochs": 2}}
MODELS = {
    "keras2": [{"preset": "keras-2.0"}, {"preset": "tf2-keras"}],
    "keras3": [{"preset": "tf2-keras", "recurrent_activation": "hard_sigmoid_6"}, {"preset": "tf2-keras"}],
    "torch": [{"preset": "pytorch"}],
}
SIZES = [(1, 500), (8, 5)]
TOLERANCE = {"f32": 1e-5, "f64": 1e-9}
REPEATS = 3
TITLES = {"keras2": "Keras 2 (tf_keras {})", "keras3": "Keras {}", "torch": "PyTorch {}"}


def title(framework):
    return TITLES[framework].format(frameworks.version(framework).split("+")[0])


def label(model):
    return ", ".join(str(value) for key, value in model.items() if key != "neurons")


def net_for(framework, model, train, precision, one=True):
    """One model is the framework's own modules; many side by side are possible in PyTorch alone, written out."""
    kind = "torch-module" if framework == "torch" and one else framework
    return frameworks.make_net(kind, model, train, 1, precision)


def draw(framework, model, train, n):
    """n sets of initial weights, by the framework's own initializers."""
    frameworks.seed(framework, 1)
    net = net_for(framework, model, train, "f32")
    return [net.draw() for _ in range(n)]


def run_farm(folder, model, epochs, precision, repeats, weights=None):
    """Forecasts of every experiment, [test rows][repeats]."""
    if weights:
        (folder / "weights.json").write_text(json.dumps(weights))
        model = {**model, "initial_weights": {"file": "weights.json"}}
    config = {"name": "crosscheck", "series": {"file": str(SERIES[0]), "column": SERIES[1]}, "model": model,
              "train": {"epochs": epochs}, "repeats": repeats, "precision": precision,
              "experiments": [{"name": name, **e} for name, e in EXPERIMENTS.items()]}
    (folder / "config.json").write_text(json.dumps(config))
    farm = os.environ.get("FARM", str(ROOT / "farm"))
    subprocess.run([farm, folder / "config.json", "-o", folder / "out", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    forecasts = {}
    with open(folder / "out/forecasts.csv", newline="") as file:
        for row in csv.DictReader(file):
            by_repeat = forecasts.setdefault(row["experiment"], {})
            by_repeat.setdefault(int(row["repeat"]), []).append(float(row["forecast"]))
    return {name: np.array([by_repeat[r + 1] for r in range(repeats)]).T for name, by_repeat in forecasts.items()}


def farm_forecasts(*arguments, **keywords):
    with tempfile.TemporaryDirectory() as folder:
        return run_farm(Path(folder), *arguments, **keywords)


def walk_all(net, rows, train, weights):
    """Every experiment's forecasts from one fit: fixed, which comes first, leaves weights and moments as they are."""
    walk.fit(net, rows, train, weights)
    forecasts = {}
    for name, experiment in EXPERIMENTS.items():
        net.reset_state()
        forecasts[name] = walk.walk_on(net, rows, experiment, train, weights)
    return forecasts


def framework_forecasts(framework, rows, model, train, weights, precision):
    """[test rows][repeats] of every experiment: all at once where the framework can, one after another elsewhere."""
    if framework == "torch" and len(weights) > REPEATS:
        return walk_all(net_for(framework, model, train, precision, one=False), rows, train, weights)
    net = net_for(framework, model, train, precision)
    each = [walk_all(net, rows, train, [w]) for w in weights]
    return {name: np.concatenate([forecasts[name] for forecasts in each], axis=1) for name in EXPERIMENTS}


def compare_forecasts(framework, rows, model, epochs):
    """A table row for each precision: the largest relative difference of a forecast, of each experiment."""
    _, full, train = frameworks.complete({"model": model, "train": {"epochs": epochs}}, {})
    weights, good = draw(framework, full, train, REPEATS), True
    for precision, tolerance in TOLERANCE.items():
        farm = farm_forecasts(model, epochs, precision, REPEATS, weights=weights)
        theirs = framework_forecasts(framework, rows, full, train, weights, precision)
        off = {name: np.max(np.abs(farm[name] / theirs[name] - 1)) for name in EXPERIMENTS}
        agree = all(value <= tolerance for value in off.values())
        print(f"| {title(framework)} | {label(model)} | {model['neurons']} | {epochs} | {precision} | "
              f"{off['fixed']:.0e} | {off['update_2']:.0e} | {'yes' if agree else '**no**'} |", flush=True)
        good &= agree
    return good


def compare_distributions(framework, rows, model, epochs=500, repeats=100):
    """A table row for each experiment: the RMSEs beside the farm's, from the same weights and from its own."""
    _, full, train = frameworks.complete({"model": model, "train": {"epochs": epochs}}, {})
    weights, good = draw(framework, full, train, repeats), True
    same = farm_forecasts(model, epochs, "f32", repeats, weights=weights)
    own = farm_forecasts(model, epochs, "f32", 1000)
    forecasts = framework_forecasts(framework, rows, full, train, weights, "f32")
    for name in EXPERIMENTS:
        theirs, ours, many = (walk.rmse(rows, f[name]) for f in (forecasts, same, own))
        columns, alike = [], True
        for other in (ours, many):
            error = np.hypot(stats.sem(theirs), stats.sem(other))
            z, p = (theirs.mean() - other.mean()) / error, stats.ks_2samp(theirs, other).pvalue
            columns.append(f"{other.mean():.2f} | {z:+.1f} | {p:.2f}")
            alike &= abs(z) <= 3 and p >= 0.001
        print(f"| {title(framework)} | {label(model)} | {name} | {theirs.mean():.2f} (sd {theirs.std(ddof=1):.2f}) | "
              f"{' | '.join(columns)} | {'yes' if alike else '**no**'} |", flush=True)
        good &= alike
    return good


def main(arguments):
    distributions = arguments[:1] == ["--distributions"]
    framework = arguments[-1] if len(arguments) == 1 + distributions else None
    if framework not in MODELS:
        sys.exit(__doc__)
    rows = rows_of.Rows(rows_of.read_series(*SERIES), {})
    if distributions:
        return compare_distributions(framework, rows, {**MODELS[framework][0], "neurons": 8})
    return all([compare_forecasts(framework, rows, {**model, "neurons": n}, epochs)
                for model in MODELS[framework] for n, epochs in SIZES])


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
