"""Makes the known answers with a state that is never reset and batches, from docs/semantics.md alone, in plain Python.

python3 tests/oracle/carry_batch.py        writes tests/known_answers/carry_batch*/
"""
import csv
import json
import math
import random
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/known_answers"
LAGS, NEURONS, TEST, EPOCHS = 2, 2, 13, 4
CASES = {
    "carry_batch5_fixed_n2_lag2_e4_t13": ({"scheme": "fixed"}, 5),
    "carry_batch20_zero_fixed_n2_lag2_e4_t13": ({"scheme": "fixed", "state_at_forecast": "zero"}, 20),
    "carry_batch4_every3_update2_n2_lag2_e4_t13":
        ({"scheme": "update", "epochs": 2, "rows": {"last": 6}, "batch": 3, "every": 3}, 4),
}


def make_rows():
    """Scaled inputs and targets of all rows, how many of them are trained on, and a way back to the series' units."""
    y = [float(row["Sales"]) for row in csv.DictReader(open(ROOT / "data/shampoo.csv"))]
    d = [b - a for a, b in zip(y, y[1:])]
    columns = [[d[t - 1] for t in range(LAGS, len(d))], [d[t - 2] for t in range(LAGS, len(d))], d[LAGS:]]
    n_train = len(columns[0]) - TEST
    limits = [(min(c[:n_train]), max(c[:n_train])) for c in columns]
    scaled = [[2 * (x - low) / (high - low) - 1 for x in c] for c, (low, high) in zip(columns, limits)]
    low, high = limits[2]
    back = lambda row, output: (output + 1) / 2 * (high - low) + low + y[row + LAGS]
    return list(zip(scaled[0], scaled[1])), scaled[2], n_train, back, y


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


class Model:
    """tf2-keras: weights in one list, in the order of the files: W, U, b, v, d."""

    def __init__(self, weights):
        self.w = ([x for row in weights["kernel"] + weights["recurrent_kernel"] for x in row] + weights["bias"]
                  + weights["dense_kernel"] + [weights["dense_bias"]])
        self.m, self.v, self.t = [0.0] * len(self.w), [0.0] * len(self.w), 0
        self.state = ([0.0] * NEURONS, [0.0] * NEURONS)

    def forward(self, inputs, state):
        n, width, (h, c) = NEURONS, 4 * NEURONS, state
        rows = [*inputs, *h, 1.0]
        z = [sum(x * self.w[i * width + g] for i, x in enumerate(rows)) for g in range(width)]
        i, f, o = ([sigmoid(x) for x in z[k * n:(k + 1) * n]] for k in (0, 1, 3))
        a = [math.tanh(x) for x in z[2 * n:3 * n]]
        c_next = [f[j] * c[j] + i[j] * a[j] for j in range(n)]
        h_next = [o[j] * math.tanh(c_next[j]) for j in range(n)]
        dense = (LAGS + n + 1) * width
        y = sum(h_next[j] * self.w[dense + j] for j in range(n)) + self.w[dense + n]
        return y, (h_next, c_next), (i, f, a, o)

    def gradient(self, inputs, target, state):
        n, (h, c) = NEURONS, state
        y, (h_next, c_next), (i, f, a, o) = self.forward(inputs, state)
        dense, dy = (LAGS + n + 1) * 4 * n, 2 * (y - target)
        dz = [0.0] * (4 * n)
        for j in range(n):
            dh, squashed = dy * self.w[dense + j], math.tanh(c_next[j])
            dc = dh * o[j] * (1 - squashed ** 2)
            dz[j] = dc * a[j] * i[j] * (1 - i[j])
            dz[n + j] = dc * c[j] * f[j] * (1 - f[j])
            dz[2 * n + j] = dc * i[j] * (1 - a[j] ** 2)
            dz[3 * n + j] = dh * squashed * o[j] * (1 - o[j])
        return [x * g for x in [*inputs, *h, 1.0] for g in dz] + [dy * x for x in h_next] + [dy], (h_next, c_next)

    def adam(self, gradient):
        self.t += 1
        rate = 0.001 * math.sqrt(1 - 0.999 ** self.t) / (1 - 0.9 ** self.t)
        for p, g in enumerate(gradient):
            self.m[p] = 0.9 * self.m[p] + 0.1 * g
            self.v[p] = 0.999 * self.v[p] + 0.001 * g * g
            self.w[p] -= rate * self.m[p] / (math.sqrt(self.v[p]) + 1e-7)

    def fit(self, inputs, targets, rows, epochs, batch):
        """Each place starts from the one state and keeps its own; the last place's is the one that goes on."""
        places = [self.state] * batch
        for _ in range(epochs):
            for first in range(0, len(rows), batch):
                gradients = []
                for place, row in enumerate(rows[first:first + batch]):
                    gradient, places[place] = self.gradient(inputs[row], targets[row], places[place])
                    gradients.append(gradient)
                self.adam([sum(g) / batch for g in zip(*gradients)])
        self.state = places[-1]

    def weights(self):
        n, width = NEURONS, 4 * NEURONS
        matrix = lambda first, rows: [self.w[(first + r) * width:(first + r + 1) * width] for r in range(rows)]
        dense = (LAGS + n + 1) * width
        return {"kernel": matrix(0, LAGS), "recurrent_kernel": matrix(LAGS, n), "bias": matrix(LAGS + n, 1)[0],
                "dense_kernel": self.w[dense:dense + n], "dense_bias": self.w[dense + n]}


def walk(model, experiment, batch):
    inputs, targets, n_train, back, _ = make_rows()
    model.fit(inputs, targets, list(range(n_train)), EPOCHS, batch)
    forecasts = []
    for step in range(TEST):
        known = n_train + step
        if experiment["scheme"] == "update" and step and step % experiment["every"] == 0:
            rows = list(range(known - experiment["rows"]["last"], known))
            model.fit(inputs, targets, rows, experiment["epochs"], experiment["batch"])
        if experiment.get("state_at_forecast") == "zero":
            model.state = ([0.0] * NEURONS, [0.0] * NEURONS)
        output, model.state, _ = model.forward(inputs[known], model.state)
        forecasts.append(back(known, output))
    return forecasts


def some_weights():
    draw = random.Random(3)
    matrix = lambda rows: [[round(draw.uniform(-0.8, 0.8), 6) for _ in range(4 * NEURONS)] for _ in range(rows)]
    return {"kernel": matrix(LAGS), "recurrent_kernel": matrix(NEURONS), "bias": matrix(1)[0],
            "dense_kernel": [0.7, -0.4], "dense_bias": 0.1}


def write_case(name, experiment, batch):
    folder, y = FOLDER / name, make_rows()[4]
    folder.mkdir(exist_ok=True)
    weights = some_weights()
    model = Model(weights)
    forecasts = walk(model, experiment, batch)
    config = {"name": "kat", "series": {"file": "series.csv", "column": "value"},
              "frame": {"lags": LAGS, "test": TEST},
              "model": {"preset": "tf2-keras", "neurons": NEURONS, "initial_weights": {"file": "weights.json"}},
              "train": {"epochs": EPOCHS, "batch": batch, "state": "carry"}, "repeats": 1, "precision": "f64",
              "save_models": True, "experiments": [{"name": "x", **experiment}], "compare": {"reference": "x"}}
    expected = {"experiment": "x", "rmse": math.sqrt(sum((f - a) ** 2 for f, a in zip(forecasts, y[-TEST:])) / TEST),
                "forecasts": forecasts, "final_weights": model.weights(), "f32_tolerance": 1e-6,
                "f64_tolerance": 1e-11, "chaotic": False}
    for file, value in ("config", config), ("weights", weights), ("expected", expected):
        (folder / f"{file}.json").write_text(json.dumps(value, indent=1) + "\n")
    (folder / "series.csv").write_text("month,value\n" + "".join(f"{t + 1},{x}\n" for t, x in enumerate(y)))


for case, (scheme, rows_a_step) in CASES.items():
    write_case(case, scheme, rows_a_step)
