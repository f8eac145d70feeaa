"""What the farm should reach, beside what it did: every line says whether it was met and what sets the limit."""
from contest import times_slower
from entries import LEVELS, parameters

MIB = 2**20


WALL = "wall"  # by the clock, and so of little worth on a machine that others use


def target(name, wanted, measured, value, met, limit, clock=None):
    """met: None where it was not measured."""
    return {"target": name, "wanted": wanted, "measured": measured, "value": value, "met": met, "limit": limit,
            "clock": clock}


def not_measured(name, wanted, why):
    return target(name, wanted, why, None, None, "")


def times(value):
    return f"{value:,.0f} times" if value >= 100 else f"{value:.1f} times" if value >= 10 else f"{value:.2f} times"


class Steps:
    """The contest's results by name."""

    def __init__(self, results):
        self.all = {(s["contestant"], s["neurons"], s["mode"]): s for s in results["steps"]}
        self.peers = results["peers"]

    def get(self, name, neurons=1, mode="one"):
        return self.all.get((name, neurons, mode))

    def sizes(self):
        return sorted({neurons for _, neurons, _ in self.all})

    def farm(self, neurons=1, mode="one"):
        return self.get("farm", neurons, mode)

    def why_not(self, name):
        peer = self.peers.get(name, {})
        return "not counted: " + peer["refused"] if "refused" in peer else "did not take part"

    def fastest(self, names, neurons, mode="one"):
        found = [s for s in (self.get(name, neurons, mode) for name in names) if s]
        return min(found, key=lambda s: s["ns"]["median"], default=None)

    def bound(self, kind, neurons, levels=LEVELS):
        return self.fastest([f"{kind}_{level}" for level in levels], neurons)


def against_peers(steps):
    lines = (("batched NumPy float32", ["numpy_16384"], 5), ("scalar Numba", ["numba"], 20),
             ("JAX vmap + jit", ["jax_16384", "jax"], 3), ("Keras' own fit loop", ["keras_fit"], 10000))
    for title, names, least in lines:
        name, wanted = f"one neuron, per core, against {title}", f">= {least:,} times"
        peer, farm = steps.fastest(names, 1), steps.farm()
        if not peer or not farm:
            yield not_measured(name, wanted, steps.why_not(names[0]))
            continue
        value, most = times_slower(peer, farm), None
        bound = steps.bound("divider", 1)
        if bound:
            most = peer["ns"]["median"] / bound["ns"]["median"]
        limit = f"at the divider's bound it would be {times(most)}" if most else ""
        yield target(name, wanted, times(value), value, value >= least, limit)


def against_bounds(steps):
    name, wanted = "one neuron, against the divider's bound", "within 1.4 times"
    bound, farm = steps.bound("divider", 1), steps.farm()
    if bound and farm:
        value = times_slower(farm, bound)
        least = steps.fastest([f"farm_{level}" for level in LEVELS], 1)
        note = f"{farm['ns']['median']:.2f} ns against {bound['ns']['median']:.2f} ns"
        if least and least["ns"]["median"] < 0.97 * farm["ns"]["median"]:
            level = LEVELS[least["contestant"].removeprefix("farm_")]
            note += (f"; with {level} alone it takes {least['ns']['median']:.2f} ns, "
                     f"{least['ns']['median'] / bound['ns']['median']:.2f} times the bound")
        yield target(name, wanted, times(value), value, value <= 1.4, note)
    else:
        yield not_measured(name, wanted, steps.why_not("farm" if bound else "divider_x86-64-v3"))
    for neurons in (n for n in steps.sizes() if n >= 10):
        yield by_parameter(steps, neurons)


def by_parameter(steps, neurons):
    name, wanted = f"{neurons} neurons with AVX2, a parameter and step", "<= 0.5 ns"
    avx2, count = "x86-64-v3", parameters(neurons)
    farm = steps.get(f"farm_{avx2}", neurons)
    if not farm:
        return not_measured(name, wanted, "no AVX2 here")
    value = farm["ns"]["median"] / count
    parts = [f"{title} {steps.bound(kind, neurons, [avx2])['ns']['median'] / count:.2f} ns" for kind, title in
             (("divider", "divider"), ("multiply_add", "multiply-add"), ("memory", "memory"))
             if steps.bound(kind, neurons, [avx2])]
    return target(name, wanted, f"{value:.2f} ns", value, value <= 0.5, "alone: " + ", ".join(parts))


def of_whole_runs(results):
    whole = results["whole"]
    runs = {r["case"]: r for r in whole.get("tutorial", [])}
    lines = (("the whole tutorial with refit, 10 repeats, files written, no pictures", "10 with refit", 0.040),
             ("process start to first result", "first", 0.020), ("1,000 repeats with refit", "1000 with refit", 1.5))
    for title, case, most in lines:
        wanted = f"under {1000 * most:.0f} ms" if most < 1 else f"under {most} s"
        if case not in runs:
            yield not_measured(title, wanted, "not part of this run")
            continue
        run = runs[case]
        value, least, processor = run["wall"]["median"], run["wall"]["min"], run["processor"]["median"]
        limit = f"fastest {seconds(least)}; {seconds(processor)} of processor time on {run['threads']} threads"
        if case == "first":
            limit += "; `fixed` alone, its end and files included"
        if case == "10 with refit" and "memory" in runs:
            limit += f"; {seconds(runs['memory']['wall']['median'])} on a file system in memory"
        yield target(title, wanted, seconds(value), value, value < most, limit, WALL)
    yield from threads_and_sharing(whole, runs)
    yield from many_repeats(whole)
    yield from long_walk(whole)


def seconds(value):
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def threads_and_sharing(whole, runs):
    by_threads = {t["threads"]: t for t in whole.get("threads", [])}
    name = "two threads over one"
    if 1 in by_threads and 2 in by_threads:
        one, two = by_threads[1], by_threads[2]
        value = one["wall"]["median"] / two["wall"]["median"]
        training = one["training"]["median"] / two["training"]["median"]
        yield target(name, ">= 1.85 times", times(value), value, value >= 1.85,
                     f"{one['repeats']:,} repeats, the whole program; training alone {times(training)}; "
                     f"{two['processor']['median'] / one['processor']['median']:.2f} times the processor time", WALL)
    else:
        yield not_measured(name, ">= 1.85 times", "not measured")
    shared = next((r for case, r in runs.items() if "without refit" in case), None)
    if shared:
        value = shared["steps_asked"] / shared["steps_taken"]
        yield target("sharing, the tutorial without refit", ">= 3.3 times fewer steps", times(value), value,
                     value >= 3.3, f"{shared['steps_taken']:,} steps taken of {shared['steps_asked']:,} asked for")


def many_repeats(whole):
    many = whole.get("many")
    names = ("fixed and update_2 at a great many repeats: memory", "fixed and update_2 at a great many repeats: speed")
    if not many:
        yield not_measured(names[0], "under 300 MiB", "not measured")
        return
    first, great, last = many
    peak = great["bytes"]["max"] / MIB
    yield target(f"{great['repeats']:,} repeats of fixed and update_2: peak memory", "under 300 MiB", f"{peak:.0f} MiB",
                 peak, peak < 300, f"{peak * MIB / great['repeats'] / 2:.0f} bytes a result"
                 + ("" if great["repeats"] >= 10**6 else "; a shorter run stands in for 10^6"))

    def rate(run):
        return run["steps_taken"] / run["wall"]["median"]

    value = rate(great) / ((rate(first) + rate(last)) / 2)
    training = (great["steps_taken"] / great["training"]["median"]) / (
        2 / (first["training"]["median"] / first["steps_taken"] + last["training"]["median"] / last["steps_taken"]))
    yield target(f"{great['repeats']:,} repeats of fixed and update_2: speed against {first['repeats']:,}",
                 ">= 0.9 times", f"{value:.2f} times", value, value >= 0.9,
                 f"the whole program with all files; in training and storing alone {training:.2f} times", WALL)


def long_walk(whole):
    walk = whole.get("walk")
    if not walk:
        yield not_measured("a long walk", "seconds", "not measured")
        return
    run, growth = walk["whole"], walk["growth"]
    yield target(f"{run['rows']:,} rows, update by the last 100, {run['forecasts']:,} forecasts, 16 repeats",
                 "seconds", seconds(run["wall"]["median"]), run["wall"]["median"], run["wall"]["median"] < 10,
                 f"{run['epochs']} epochs of base fit included", WALL)
    if len(growth) < 3:
        return
    a, b, c = growth[-3:]
    early = (b["processor"]["min"] - a["processor"]["min"]) / (b["forecasts"] - a["forecasts"])
    late = (c["processor"]["min"] - b["processor"]["min"]) / (c["forecasts"] - b["forecasts"])
    name = "... time by the number of forecasts"
    if early <= 0 or late <= 0:
        yield not_measured(name, "linear", "other things took longer than the forecasts")
        return
    yield target(name, "linear", f"{1e6 * late:.0f} µs a forecast", late / early, late / early < 1.4,
                 f"from {b['forecasts']:,} to {c['forecasts']:,} forecasts; {1e6 * early:.0f} µs from "
                 f"{a['forecasts']:,} to {b['forecasts']:,}; processor time")


def all_targets(results):
    steps = Steps(results)
    return [*against_peers(steps), *against_bounds(steps), *of_whole_runs(results)]
