"""Figures of tests/test_compare.c by scipy, from the RMSEs that stand there: python tests/oracle/compare.py"""
import numpy as np
from scipy import stats

fixed = np.array([101.0, 95.5, 108.25, 99.0, 104.5, 97.0, 110.0, 102.5])
update_2 = np.array([94.0, 92.5, 97.25, 93.0, 95.5, 94.75, 96.0, 93.5])
fixed_522 = np.array([100.5, 96.0, 107.0, 99.5, 104.0, 96.5, 109.0, 103.0])
refit = np.array([100.0, 97.5, 106.25, 101.0, 101.5, 99.0, 108.0, 103.5])
persistence = 136.75

pairs = {
    "update_2 - fixed": (update_2 - fixed, stats.ttest_rel(update_2, fixed)),
    "fixed_522 - fixed": (fixed_522 - fixed, stats.ttest_rel(fixed_522, fixed)),
    "refit - fixed": (refit - fixed, stats.ttest_rel(refit, fixed)),
    "fixed - persistence": (fixed - persistence, stats.ttest_1samp(fixed, persistence)),
    "update_2 - fixed_522": (update_2 - fixed_522, stats.ttest_rel(update_2, fixed_522)),
    "refit - update_2": (refit - update_2, stats.ttest_rel(refit, update_2)),
}
p = np.array([t.pvalue for _, t in pairs.values()])
order = np.argsort(p)
holm = np.empty(len(p))
holm[order] = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
for (name, (d, t)), adjusted in zip(pairs.items(), holm):
    half = stats.t.isf(0.025, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    dz = d.mean() / d.std(ddof=1)
    n = 2
    while stats.nct.sf(stats.t.isf(0.025, n - 1), n - 1, abs(dz) * np.sqrt(n)) + stats.nct.cdf(
            -stats.t.isf(0.025, n - 1), n - 1, abs(dz) * np.sqrt(n)) < 0.8:
        n += 1
    print(f"{name}: mean {d.mean():.6g} ci {d.mean() - half:.6g} {d.mean() + half:.6g} t {t.statistic:.6g} p {t.pvalue:.6g} "
          f"holm {adjusted:.6g} dz {dz:.6g} needed {n}")

# the ranks of all five in each repeat, persistence being the same in all
table = [fixed, update_2, fixed_522, refit, np.full(8, persistence)]
ranks = np.array([stats.rankdata([x[i] for x in table]) for i in range(8)])
f = stats.friedmanchisquare(*table)
q = stats.studentized_range.ppf(0.95, 5, np.inf)
print(f"mean ranks {ranks.mean(axis=0)} chi-square {f.statistic:.10g} p {f.pvalue:.6g} CD {q / np.sqrt(2) * np.sqrt(5 * 6 / (6 * 8)):.8g}")
one = np.array([stats.wilcoxon(x, y).pvalue for x, y in [(update_2, fixed), (fixed_522, fixed), (refit, fixed), (fixed, np.full(8, persistence)), (update_2, fixed_522)]])
print("wilcoxon", one)
w = stats.ttest_ind(update_2, fixed, equal_var=False)
print(f"welch update_2 - fixed: t {w.statistic:.8g} df {w.df:.8g} p {w.pvalue:.6g} ci {w.confidence_interval()}")
w = stats.ttest_ind(update_2[:5], fixed, equal_var=False)
print(f"welch update_2[:5] - fixed: t {w.statistic:.8g} df {w.df:.8g} p {w.pvalue:.6g} ci {w.confidence_interval()} medians {np.median(update_2[:5]) - np.median(fixed)}")
d = fixed_522 - fixed
for rope in (1, 0.3):
    r = [stats.ttest_1samp(d, -rope, alternative="greater").pvalue, stats.ttest_1samp(d, rope, alternative="less").pvalue]
    print(f"fixed_522 within {rope}: p {max(r):.8g}")
print("medians", np.median(update_2) - np.median(fixed), "superiority", 1 - stats.mannwhitneyu(update_2, fixed).statistic / 64, "r", np.corrcoef(update_2, fixed)[0, 1])
