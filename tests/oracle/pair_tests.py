"""Figures of tests/pair_figures.h by scipy and statsmodels: python tests/oracle/pair_tests.py > tests/pair_figures.h

SciPy 1.17: wilcoxon by default takes the exact distribution up to 50 pairs without zeros or ties, all signs up to 13 with
them, and the normal distribution otherwise. The data are drawn here and in the test by the same few lines, so that the
file holds results alone.
"""
import math
import warnings

import numpy as np
import scipy
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

warnings.simplefilter("ignore")
assert scipy.__version__.startswith("1.17")
ALPHA = 0.05
PLAIN, TIES, ZEROS, FAR, SAME, HOLE, TINY, ONE, ONE_TIES = range(9)


def uniform(seed, n):
    """n draws of SplitMix64 (Steele, Lea and Flood 2014) on [0, 1), 53 bits."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(float) * 2.0**-53


def draw(kind, n, seed):
    u = uniform(seed, 3 * n)
    x, y, z = u[:n], u[n:2 * n], u[2 * n:]
    shift = 2 / math.sqrt(n)
    if kind == TIES:
        return np.floor(10 * x), np.floor(10 * y), np.floor(10 * z)
    if kind == ZEROS:
        a = np.floor(20 * x)
        return a, np.where(z < 0.3, a, np.floor(20 * y)), np.floor(20 * z)
    if kind == FAR:
        return 1e9 + x, 1e9 + (y + shift / 4), 1e9 + z
    if kind == SAME:
        return 10 * x, 10 * x, 10 * z
    if kind == TINY:
        return 1e-9 * x, 1e-9 * (x + y), 1e-9 * z
    if kind == ONE:
        return 10 * x, np.full(n, 5.25), 10 * z
    if kind == ONE_TIES:
        return np.floor(10 * x), np.full(n, 4.0), np.floor(10 * z)
    a, b = 100 + 10 * x, 100 + (5 * x + (5 * y + shift))
    if kind == HOLE:
        b[n // 2] = np.nan
    return a, b, 100 + 10 * z


def moments(x):
    m = math.fsum(x) / len(x)
    d = x - m
    return m, math.fsum(d * d) - math.fsum(d) ** 2 / len(x)


def t_p(t, df):
    return np.nan if np.isnan(t) else 2 * stats.t.sf(abs(t), df)


def student(d):
    """t and p of one sample; scipy's own t loses digits where the mean is far from the spread."""
    m, s = moments(d)
    if s == 0 or np.all(d == d[0]):
        return (np.nan, np.nan) if m == 0 else (math.copysign(np.inf, m), 0.0)
    t = m / math.sqrt(s / (len(d) - 1) / len(d))
    assert math.isclose(t, stats.ttest_1samp(d, 0).statistic, rel_tol=1e-6)
    return t, t_p(t, len(d) - 1)


def welch(a, b):
    (ma, sa), (mb, sb) = moments(a), moments(b)
    va, vb = sa / (len(a) - 1) / len(a), sb / (len(b) - 1) / len(b)
    t, df = (ma - mb) / math.sqrt(va + vb), (va + vb) ** 2 / (va ** 2 / (len(a) - 1) + vb ** 2 / (len(b) - 1))
    r = stats.ttest_ind(a, b, equal_var=False)
    assert ma == mb or math.isclose(t, r.statistic, rel_tol=1e-4) and math.isclose(df, r.df, rel_tol=1e-4)
    return t, df, t_p(t, df)


def wilcoxon(d):
    if np.all(d == 0):
        return 0.0, np.nan  # scipy: 1 or nan, by n
    ranks = stats.rankdata(np.abs(d[d != 0]))
    above, below = ranks[d[d != 0] > 0].sum(), ranks[d[d != 0] < 0].sum()
    r = stats.wilcoxon(d if above <= below else -d)  # its other tail is one less the first, and loses digits
    return r.statistic, r.pvalue


def sign(d):
    above, n = int(np.sum(d > 0)), int(np.sum(d != 0))
    return above, stats.binomtest(above, n).pvalue if n else np.nan


def diebold_mariano(a, b):
    """As in Harvey, Leybourne and Newbold (1997), h = 1: autocovariances of order 0 alone."""
    d, n, h = a - b, len(a), 1
    if np.all(d == d[0]):
        return (np.nan, np.nan) if d[0] == 0 else (math.copysign(np.inf, d[0]), 0.0)
    mean, square = moments(d)
    dm = mean / math.sqrt(square / n / n)
    t = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n) * dm
    return t, t_p(t, n - 1)


def friedman(columns):
    k, n = len(columns), len(columns[0])
    r = stats.friedmanchisquare(*columns)
    q = stats.studentized_range.ppf(1 - ALPHA, k, np.inf)
    return r.statistic, r.pvalue, q / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * n))


def superiority(a, b):
    return 1 - stats.mannwhitneyu(a, b, method="asymptotic").statistic / (len(a) * len(b))


def c(x):
    x = float(x)
    if np.isnan(x):
        return "NAN"
    return ("INFINITY" if x > 0 else "-INFINITY") if np.isinf(x) else f"{x:.13g}"


sizes = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 25, 30, 40, 49, 50, 51, 60, 100, 300, 1000, 3000]
cases = [(kind, n) for kind in range(9) for n in sizes if (kind, n) != (HOLE, 2)]
cases += [(PLAIN, 100000), (TIES, 100000), (ZEROS, 100000)]

print("/* pair_figures.h - made by tests/oracle/pair_tests.py with SciPy 1.17 and statsmodels; not by hand. */")
print("/* clang-format off */")
print(f"enum {{ PLAIN, TIES, ZEROS, FAR, SAME, HOLE, TINY, ONE, ONE_TIES }};")
print("static const struct { int kind; size_t n; double t, t_p, welch, welch_df, welch_p, wilcoxon, wilcoxon_p, sign, sign_p, superiority, share_won, correlation, "
      "dm, dm_p, tost, chi_square, friedman_p, cd; } pair_cases[] = {")
for seed, (kind, n) in enumerate(cases):
    a, b, third = draw(kind, n, seed)
    kept = ~np.isnan(b)
    x, y, d = a[kept], b[kept], (a - b)[kept]
    one = kind in (ONE, ONE_TIES)
    t = student(d)
    row = [*t, *((np.nan, np.nan, np.nan) if one else welch(a, y)), *wilcoxon(d), *sign(d), superiority(a, y[:1] if one else y),
           np.mean(d < 0) + np.mean(d == 0) / 2]
    varies = np.ptp(x) > 0 and np.ptp(y) > 0
    row.append(stats.pearsonr(x, y).statistic if varies else np.nan)
    row += diebold_mariano(x * x, y * y)
    margin = float(np.std(d)) / 2 + abs(float(np.mean(d))) / 2
    row.append(ttost_paired(x, y, -margin, margin)[0] if np.ptp(d) > 0 and kind != FAR else np.nan)
    row += friedman([x, y, third[kept]]) if kind not in (SAME, ONE) else [np.nan] * 3
    print(f"    {{{kind}, {n}, {', '.join(c(v) for v in row)}}},")
print("};")

print("static const struct { double d, va, vb, n, alpha, power; } welch_powers[] = {")
for d, va, vb, n, alpha in [(0.5, 1, 1, 30, 0.05), (0.5, 1, 9, 30, 0.05), (0.5, 9, 1, 30, 0.05), (1.2, 1, 100, 5, 0.01), (0.05, 2, 3, 5000, 0.05),
                            (0.8, 1, 0, 12, 0.05)]:
    df = (n - 1) * (va + vb) ** 2 / (va ** 2 + vb ** 2)
    critical, shift = stats.t.isf(alpha / 2, df), d * math.sqrt(n / 2)
    print(f"    {{{c(d)}, {c(va)}, {c(vb)}, {n}, {c(alpha)}, {c(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))}}},")
print("};")

print("static const struct { double k, n, alpha, cd; } critical_differences[] = {")
for k, n, alpha in [(2, 10, 0.05), (3, 10, 0.05), (13, 1000, 0.05), (10, 30, 0.1), (40, 30, 0.01), (100, 100, 0.05)]:
    q = stats.studentized_range.ppf(1 - alpha, k, np.inf)
    print(f"    {{{k}, {n}, {c(alpha)}, {c(q / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * n)))}}},")
print("};")


def sign_power(share, n, alpha):
    rejected = [k for k in range(n + 1) if stats.binomtest(k, n).pvalue < alpha]
    return stats.binom.pmf(rejected, n, share).sum()


print("static const struct { double share, alpha, n, power, needed; } sign_powers[] = {")
for share, alpha, n in [(0.75, 0.05, 30), (0.25, 0.05, 31), (0.6, 0.05, 200), (0.9, 0.01, 20), (0.7, 0.1, 7), (0.8, 0.05, 5)]:
    needed = next(m for m in range(5, 1000) if sign_power(share, m, alpha) >= 0.8)
    print(f"    {{{c(share)}, {c(alpha)}, {n}, {c(sign_power(share, n, alpha))}, {needed}}},")
print("};")
