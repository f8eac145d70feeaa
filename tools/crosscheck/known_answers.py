"""The known answers of tests/known_answers in real frameworks.

    known_answers.py check FRAMEWORK    computes every case anew and compares; what it cannot express is left out
    known_answers.py make [CASE...]     writes the cases of cases.py (or only those), as PyTorch computes them

FRAMEWORK is torch, torch-module, keras2 or keras3.
"""
import json
import sys
from pathlib import Path

import numpy as np

import cases
import frameworks
import rows as rows_of
import walk

FOLDER = Path(__file__).parents[2] / "tests/known_answers"
TOLERANCE = 1e-12


def find_experiment(config, name, rows):
    """The experiment of that name, with its own frame, model and train; baselines are found by what they match."""
    named = {frameworks.name_of(e): e for e in config["experiments"] if "match" not in e}
    if name in named:
        return named[name], *frameworks.complete(config, named[name])
    for e in (e for e in config["experiments"] if "match" in e):
        update = named[e["match"]]
        frame, model, train = frameworks.complete(config, update)
        epochs = frameworks.matched_epochs(e, update, train, rows.n_train, rows.n_test)
        if name == f"fixed_{epochs}":
            return e, frame, model, {**train, "epochs": epochs}
    raise KeyError(name)


def build_rows(folder, config, frame):
    series = config["series"]
    return rows_of.Rows(rows_of.read_series(folder / series["file"], series["column"]), frame)


def read_case(folder, name):
    """Rows, experiment, model, train and weights of a case's config."""
    config = json.loads((folder / "config.json").read_text())
    rows = build_rows(folder, config, config.get("frame", {}))
    experiment, frame, model, train = find_experiment(config, name, rows)
    weights = json.loads((folder / model["initial_weights"]["file"]).read_text())
    return build_rows(folder, config, frame), experiment, model, train, weights


def compute(folder, name, framework, precision):
    """Forecasts, RMSE and final weights, or why there are none."""
    rows, experiment, model, train, weights = read_case(folder, name)
    why_not = frameworks.lacks(framework, model, train, experiment)
    if why_not:
        return why_not
    net = frameworks.make_net(framework, model, train, rows.inputs.shape[1], precision)
    forecasts = walk.walk(net, rows, experiment, train, [weights])
    return forecasts[:, 0], walk.rmse(rows, forecasts)[0], net.weights()[0]


def largest_difference(got, expected):
    return float(np.max(np.abs(np.asarray(got) / np.asarray(expected) - 1)))


def largest_weight_difference(got, expected):
    return max(float(np.max(np.abs(np.asarray(got[key]) - value))) for key, value in expected.items())


def check(framework):
    """Every folder in one framework; whether all agree."""
    good, left_out, worst, worst_weight = 0, 0, 0.0, 0.0
    bad = []
    for folder in sorted(p.parent for p in FOLDER.glob("*/expected.json")):
        expected = json.loads((folder / "expected.json").read_text())
        answer = compute(folder, expected["experiment"], framework, "f64")
        if isinstance(answer, str):
            left_out += 1
            continue
        off = largest_difference(answer[0], expected["forecasts"])
        off_weight = 0 if expected["chaotic"] else largest_weight_difference(answer[2], expected["final_weights"])
        allowed = 10 * expected["f64_tolerance"] if expected["chaotic"] else TOLERANCE
        if not (off <= allowed and off_weight <= 100 * TOLERANCE):
            bad.append(folder.name)
            print(f"DIFFERS  {folder.name}: forecasts by {off:.1e}, weights by {off_weight:.1e}")
            continue
        good += 1
        if not expected["chaotic"]:
            worst, worst_weight = max(worst, off), max(worst_weight, off_weight)
    print(f"{framework} {frameworks.version(framework)}: {good} known answers agree, {len(bad)} do not, {left_out} "
          f"left out; forecasts within {worst:.1e}, weights within {worst_weight:.1e}")
    return good > 0 and not bad


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def make(name):
    """Writes one case's folder."""
    config, weights, series = cases.build(name)
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    (folder / "series.csv").write_text(series)
    write_json(folder / "config.json", config)
    write_json(folder / "weights.json", weights)
    experiment = cases.expected_experiment(name)
    forecasts, error, final = compute(folder, experiment, "torch", "f64")
    rounded = compute(folder, experiment, "torch", "f32")[0]
    tolerance = largest_difference(rounded, forecasts)
    if not tolerance < 1e-4:
        sys.exit(f"{name}: rounding grows to {tolerance:.1e}; make it shorter")
    write_json(folder / "expected.json", {
        "experiment": experiment, "rmse": error, "forecasts": forecasts.tolist(), "final_weights": final,
        "f32_tolerance": tolerance, "f64_tolerance": 1e-11, "chaotic": False})
    print(f"{name}: rmse {error:.3f}, 32 bits within {tolerance:.1e}")


def main(arguments):
    if arguments[:1] == ["check"] and len(arguments) == 2 and arguments[1] in frameworks.NAMES:
        return 0 if check(arguments[1]) else 1
    if arguments[:1] == ["make"]:
        for name in arguments[1:] or cases.NAMES:
            make(name)
        return 0
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
