"""Rows from a series and back, after docs/semantics.md: difference, lag, scale."""
import csv

import numpy as np


def read_series(path, column):
    """One column of a CSV file."""
    with open(path, newline="") as file:
        return np.array([float(row[column]) for row in csv.DictReader(file)])


def difference(y, periods):
    """The differences, nan where there is none, and what was taken away from each: y = d + taken."""
    d, taken = np.array(y, dtype=float), np.zeros(len(y))
    for k in periods:
        earlier = np.concatenate([np.full(k, np.nan), d[:-k]])
        taken += earlier
        d = d - earlier
    return d, taken


class Scaler:
    """value -> (value - origin) * factor + low, fitted on the training rows."""

    def __init__(self, training, scale):
        self.origin, self.factor, self.low = 0.0, 1.0, 0.0
        if scale == "standard":
            deviation = training.std()
            self.origin, self.factor = training.mean(), 1 / deviation if deviation > 0 else 1.0
        elif scale != "none":
            low, high = scale
            spread = training.max() - training.min()
            self.origin, self.low = training.min(), low
            self.factor = (high - low) / (spread if spread > 0 else 1.0)

    def scale(self, values):
        return (values - self.origin) * self.factor + self.low

    def unscale(self, values):
        return (np.asarray(values, dtype=float) - self.low) / self.factor + self.origin


class Rows:
    """inputs [rows][lags], targets [rows], scaled; the first n_train are for training, n_test follow."""

    def __init__(self, y, frame):
        periods = frame.get("difference", 1)
        periods = [periods] if isinstance(periods, int) else periods
        lags, scale = frame.get("lags", 1), frame.get("scale", [-1, 1])
        d, taken = difference(y, [k for k in periods if k > 0])
        times = [t for t in range(lags, len(y)) if not np.isnan(d[t - lags])]
        self.n_test = frame.get("test", 12)
        self.n_train = len(times) - self.n_test
        columns = np.array([[d[t - 1 - lag] for lag in range(lags)] + [d[t]] for t in times])
        scalers = [Scaler(columns[: self.n_train, i], scale) for i in range(lags + 1)]
        scaled = np.stack([s.scale(columns[:, i]) for i, s in enumerate(scalers)], axis=1)
        self.inputs, self.targets = scaled[:, :lags], scaled[:, lags]
        self.target_scaler = scalers[-1]
        self.taken, self.actuals = taken[times], np.asarray(y)[times]

    def invert(self, row, output):
        """A forecast in the series' units from the network's output."""
        return self.target_scaler.unscale(output) + self.taken[row]
