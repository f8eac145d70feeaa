"""Figures of tests/stats_figures.h by pandas, scipy and numpy: python tests/oracle/stats.py > tests/stats_figures.h

Power is computed without scipy's noncentral t: T = (Z + d) / sqrt(V / df), averaged over V by Gauss-Legendre.
"""
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import stats

rng = np.random.default_rng(20240607)


def c(x):
    x = float(x)
    return "NAN" if np.isnan(x) else ("INFINITY" if x > 0 else "-INFINITY") if np.isinf(x) else repr(x)


def array(name, values):
    print(f"static const double {name}[] = {{{', '.join(c(v) for v in values)}}};")


def power(dz, n, alpha):
    df, d = n - 1, abs(dz) * np.sqrt(n)
    critical, chi = stats.t.isf(alpha / 2, df), stats.chi(df)
    given = lambda s: stats.norm.sf(critical * s - d) + stats.norm.cdf(-critical * s - d)
    # s = sqrt(V / df) over its bulk, cut where the integrand turns, so that each piece is smooth
    cuts = chi.ppf([1e-15, 1e-6, 1e-2, 0.5, 0.99, 1 - 1e-6, 1 - 1e-15]) / np.sqrt(df)
    turns = [(d + k) / critical for k in (-9, -3, 0, 3, 9)]
    cuts = np.unique(np.clip([0, *cuts, *turns], 0, cuts[-1]))
    x, w = np.polynomial.legendre.leggauss(200)
    total = 0.0
    for a, b in zip(cuts[:-1], cuts[1:]):
        s = a + (x + 1) / 2 * (b - a)
        total += (b - a) / 2 * np.sum(w * given(s) * chi.pdf(s * np.sqrt(df)) * np.sqrt(df))
    return total


def needed(dz, alpha):
    n = 2
    while power(dz, n, alpha) < 0.8:
        n += 1
    return n


def exact_std(values):
    """Standard deviation in exact arithmetic: pandas' own is 1e-8 off where the mean is 1e12 times the spread."""
    x = [Fraction(float(v)) for v in values if not np.isnan(v)]
    if len(x) < 2:
        return np.nan
    mean = sum(x) / len(x)
    return np.sqrt(float(sum((v - mean) ** 2 for v in x) / (len(x) - 1)))


print("/* stats_figures.h - made by tests/oracle/stats.py with pandas, scipy and numpy; not by hand. */")

# --- summaries
samples = {
    "ten": rng.normal(101.2, 6.1, 10),
    "eleven": rng.normal(101.2, 6.1, 11),
    "two": np.array([0.1, 0.7]),
    "one": np.array([136.76132]),
    "far": 1e9 + rng.normal(0, 1e-3, 60),  # where a one-pass variance is all noise
    "thousand": rng.lognormal(4, 1, 1000),
    "holes": np.array([3.5, np.nan, 1.25, 8.0, np.nan, -2.0, 0.3]),
}
for name, values in samples.items():
    array(f"values_{name}", values)
print("static const struct { const double *values; size_t n, count; double mean, std, min, q25, median, q75, max; } "
      "summaries[] = {")
for name, values in samples.items():
    d = pd.Series(values).describe()
    assert np.isclose(d["std"], exact_std(values), rtol=1e-6 if name == "far" else 1e-13, atol=0, equal_nan=True)
    d["std"] = exact_std(values)
    print(f"    {{values_{name}, {len(values)}, {int(d['count'])}, " + ", ".join(c(v) for v in d.iloc[1:]) + "},")
print("};")

# --- t-tests
a = rng.normal(94.1, 2.3, 24)
b = 0.4 * (a - 94) + rng.normal(101.2, 5.5, 24)
array("paired_a", a)
array("paired_b", b)
print("static const struct { size_t n; double alpha, constant; /* NaN: paired with paired_b */ double mean, low, high, "
      "statistic, df, p, dz; } t_tests[] = {")
for n, alpha, constant in [(24, 0.05, np.nan), (24, 0.01, np.nan), (2, 0.05, np.nan), (3, 0.2, np.nan),
                           (24, 0.05, 136.761), (24, 0.05, 94.0), (5, 0.001, 94.5)]:
    x = a[:n] - (b[:n] if np.isnan(constant) else constant)
    r = stats.ttest_rel(a[:n], b[:n]) if np.isnan(constant) else stats.ttest_1samp(a[:n], constant)
    i = r.confidence_interval(1 - alpha)
    shift = 0 if np.isnan(constant) else constant  # scipy's interval is one of the mean, ours of the difference
    print(f"    {{{n}, " + ", ".join(c(v) for v in (alpha, constant, x.mean(), i.low - shift, i.high - shift, r.statistic, r.df, r.pvalue,
                                                  x.mean() / x.std(ddof=1))) + "},")
print("};")

# --- power
print("static const struct { double dz, n, alpha, power; } powers[] = {")
for dz, n, alpha in [(0.5, 34, 0.05), (0.5, 33, 0.05), (0.2, 10, 0.05), (1.2, 10, 0.01), (0.98, 1024, 0.05), (3, 2, 0.05),
                     (5.8, 2, 0.05), (20, 2, 0.001), (100, 2, 1e-3), (100, 3, 1e-6), (1000, 2, 1e-6), (30, 3, 1e-6),
                     (0.001, 100, 0.05), (0.05, 5000, 0.05)]:
    print(f"    {{{c(dz)}, {n}, {c(alpha)}, {c(power(dz, n, alpha))}}},")
print("};")
print("static const struct { double dz, alpha, n; } needs[] = {")
for dz, alpha in [(0.5, 0.05), (-0.5, 0.05), (0.2, 0.05), (0.8, 0.05), (0.8, 0.01), (1.5, 0.05), (3, 0.05), (10, 0.05), (40, 0.05),
                  (0.1, 0.05), (0.05, 0.05), (1000, 1e-6), (0.3, 0.5)]:
    print(f"    {{{c(dz)}, {c(alpha)}, {needed(dz, alpha)}}},")
print("};")

# --- adjustment
p = np.array([0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 1.0, 1e-12])
array("raw_p", p)
order = np.argsort(p, kind="stable")
m = len(p)
holm, bh = np.empty(m), np.empty(m)
holm[order] = [min(1, max((m - j) * p[order[j]] for j in range(k + 1))) for k in range(m)]
bh[order] = [min(1, min(m * p[order[j]] / (j + 1) for j in range(k, m))) for k in range(m)]
assert np.allclose(bh, stats.false_discovery_control(p), rtol=1e-14)
array("holm_p", holm)
array("bh_p", bh)
array("bonferroni_p", np.minimum(1, m * p))
