"""Figures for tests/test_baselines.c, from statsmodels and NumPy: RMSE of the last 12 months of shampoo sales.

pip install numpy pandas scipy statsmodels; python tests/oracle/baselines.py
"""
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.holtwinters import Holt, SimpleExpSmoothing

warnings.filterwarnings("ignore")
y = pd.read_csv(Path(__file__).parents[2] / "data/shampoo.csv")["Sales"].to_numpy()
TRAIN, N = 24, len(y)


def rmse(forecasts):
    return np.sqrt(np.mean((y[TRAIN:] - np.asarray(forecasts)) ** 2))


def walk(forecast, refit):
    """forecast(known, t): of y[t], with parameters from y[:known]."""
    return rmse([forecast(t if refit else TRAIN, t) for t in range(TRAIN, N)])


def ses(known, t):
    fit = SimpleExpSmoothing(y[:known], initialization_method="known", initial_level=y[0]).fit()
    return level(y, t, fit.params["smoothing_level"])


def level(y, t, alpha):
    out = y[0]
    for i in range(1, t):
        out += alpha * (y[i] - out)
    return out


FITTED = {}


def holt(known, t, given=None):
    # statsmodels steps over y[0] itself: it starts one observation earlier, so that y[0] is forecast without error
    start = dict(initialization_method="known", initial_level=y[0] - (y[1] - y[0]), initial_trend=y[1] - y[0])
    if given is None:
        given = FITTED[known] = FITTED[known] if known in FITTED else best_holt(known, start)
    alpha, beta = given
    fit = Holt(y[:t], **start).fit(smoothing_level=alpha, smoothing_trend=beta, optimized=False)
    return fit.forecast(1)[0]


def best_holt(known, start):
    """SciPy's Nelder-Mead from the best point of a grid: the optimiser of statsmodels may stop short at a corner."""
    def sse(p):
        a, b = np.clip(p, 0, 1)
        return Holt(y[:known], **start).fit(smoothing_level=a, smoothing_trend=b, optimized=False).sse
    grid = np.linspace(0, 1, 21)
    first = min(((a, b) for a in grid for b in grid), key=sse)
    best = minimize(sse, first, method="Nelder-Mead", options=dict(xatol=1e-10, fatol=1e-10, maxiter=5000)).x
    return np.clip(best, 0, 1)


def ar(lags, difference):
    def forecast(known, t):
        z = np.diff(y[:t]) if difference else y[:t]
        fitted = np.diff(y[:known]) if difference else y[:known]
        params = AutoReg(fitted, lags, trend="c").fit().params
        return (y[t - 1] if difference else 0) + params[0] + sum(params[i] * z[-i] for i in range(1, lags + 1))
    return forecast


if __name__ == "__main__":
    mean = lambda known, t: y[:known].mean()
    drift = lambda known, t: y[t - 1] + (y[known - 1] - y[0]) / (known - 1)
    rows = [
        ("persistence", walk(lambda k, t: y[t - 1], False), None),
        ("mean", walk(mean, False), walk(mean, True)),
        ("drift", walk(drift, False), walk(drift, True)),
        ("seasonal_naive 12", walk(lambda k, t: y[t - 12], False), None),
        ("seasonal_naive 3", walk(lambda k, t: y[t - 3], False), None),
        ("ses", walk(ses, False), walk(ses, True)),
        ("ses 0.3", walk(lambda k, t: level(y, t, 0.3), False), None),
        ("holt", walk(holt, False), walk(holt, True)),
        ("holt 0.4 0.2", walk(lambda k, t: holt(k, t, (0.4, 0.2)), False), None),
        ("ar 1 differences", walk(ar(1, True), False), walk(ar(1, True), True)),
        ("ar 3 differences", walk(ar(3, True), False), walk(ar(3, True), True)),
        ("ar 1 levels", walk(ar(1, False), False), walk(ar(1, False), True)),
    ]
    for name, fixed, refitted in rows:
        print(f"{name:20} {fixed:.9f} {'' if refitted is None else f'{refitted:.9f}'}")
