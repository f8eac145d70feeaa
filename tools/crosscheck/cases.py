"""The cases of tests/known_answers that known_answers.py makes: one line each says what is not as by default."""
from pathlib import Path

import numpy as np

SHAMPOO = (Path(__file__).parents[2] / "data/shampoo.csv")


def case(frame=None, model=None, train=None, optimizer=None, refits=0, shrink=1, expect="x", baseline=None,
         **experiment):
    """A case. A trailing _ marks what is the experiment's own and not the whole config's.

    refits: how many later weights; shrink: divides the series; expect: which experiment the figures are of; baseline: a
    second experiment.
    """
    return locals()


CASES = {
    # activations
    "relu_fixed_n2_e20": case(model={"neurons": 2, "activation": "relu"}, train={"epochs": 20}, scheme="fixed"),
    "sigmoid_update1_n2_e10": case(model={"neurons": 2, "activation": "sigmoid"}, train={"epochs": 10}, scheme="update",
                                   epochs=1),
    "linear_sigmoid_fixed_n2_e10": case(
        model={"neurons": 2, "activation": "linear", "recurrent_activation": "sigmoid"}, train={"epochs": 10},
        scheme="fixed"),
    "hard_hs6_update2_n2_e5": case(
        model={"neurons": 2, "activation": "hard_sigmoid", "recurrent_activation": "hard_sigmoid_6"},
        train={"epochs": 5}, scheme="update", epochs=2),
    "hs6_rectanh_update1_n3_e5": case(
        model={"neurons": 3, "activation": "hard_sigmoid_6", "recurrent_activation": "tanh"}, train={"epochs": 5},
        scheme="update", epochs=1),
    "recrelu_update1_n2_e10": case(model={"neurons": 2, "recurrent_activation": "relu"}, train={"epochs": 10},
                                   scheme="update", epochs=1),
    "reclinear_fixed_n2_e10": case(model={"neurons": 2, "recurrent_activation": "linear"}, train={"epochs": 10},
                                   scheme="fixed"),
    # frames
    "diff0_range01_update1_n1_e20": case(frame={"difference": 0, "scale": [0, 1]}, train={"epochs": 20},
                                         scheme="update", epochs=1),
    "diff12_standard_fixed_n2_e10_t6": case(frame={"difference": 12, "scale": "standard", "test": 6},
                                            model={"neurons": 2}, train={"epochs": 10}, scheme="fixed"),
    "diff1_12_lag2_update2_n2_e10_t5": case(frame={"difference": [1, 12], "lags": 2, "test": 5}, model={"neurons": 2},
                                            train={"epochs": 10}, scheme="update", epochs=2),
    "unscaled_update1_n2_e10": case(frame={"scale": "none"}, model={"neurons": 2}, train={"epochs": 10}, shrink=250,
                                    scheme="update", epochs=1),
    # what is learnt from, and when
    "fraction_update2_n2_e5": case(model={"neurons": 2}, train={"epochs": 5}, scheme="update", epochs=2,
                                   rows={"fraction": 0.33}),
    "fraction_least_update5_n1_e10": case(train={"epochs": 10}, scheme="update", epochs=5, rows={"fraction": 0.001}),
    "every3_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="update", epochs=2, every=3),
    "every4_refit_new_n2_e3": case(model={"neurons": 2}, train={"epochs": 3}, refits=2, scheme="refit", every=4),
    "every5_refit_same_n2_e5": case(model={"neurons": 2}, train={"epochs": 5}, scheme="refit", init="same", every=5),
    "refit_current_n2_e5_t4": case(frame={"test": 4}, model={"neurons": 2}, train={"epochs": 5}, scheme="refit",
                                   init="current"),
    "every3_refit_current_n2_e5": case(model={"neurons": 2}, train={"epochs": 5}, scheme="refit", init="current",
                                       every=3),
    # the forecasts' state
    "zero_fixed_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="fixed", state_at_forecast="zero"),
    "zero_every3_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="update", epochs=2, every=3,
                                       state_at_forecast="zero"),
    "warm_every2_update1_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="update", epochs=1, every=2,
                                       state_at_forecast="warm"),
    # the training's state
    "perrow_fixed_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "state": "per_row"}, scheme="fixed"),
    "perrow_every3_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10, "state": "per_row"},
                                         scheme="update", epochs=2, every=3),
    "carry_fixed_n2_e10": case(model={"neurons": 2}, train={"epochs": 10, "state": "carry"}, scheme="fixed"),
    "carry_update2_n2_e5": case(model={"neurons": 2}, train={"epochs": 5, "state": "carry"}, scheme="update", epochs=2),
    "carry_every2_refit_current_n2_e3_t6": case(
        frame={"test": 6}, model={"neurons": 2}, train={"epochs": 3, "state": "carry"}, scheme="refit", init="current",
        every=2),
    # batches
    "batch11_fixed_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 11}, scheme="fixed"),
    "batch22_fixed_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 22}, scheme="fixed"),
    "batch11_update2_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 11}, scheme="update", epochs=2),
    "batch2_every2_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="update", epochs=2, every=2,
                                         batch=2),
    "batch2_last4_update3_n2_e10": case(model={"neurons": 2}, train={"epochs": 10, "batch": 11}, scheme="update",
                                        epochs=3, rows={"last": 4}, batch=2),
    "batch11_every11_refit_new_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 2}, refits=1,
                                             scheme="refit", every=11, batch=11),
    "batch2_every2_refit_current_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, scheme="refit",
                                               init="current", every=2, batch=2),
    "batch11_perrow_fixed_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 11, "state": "per_row"},
                                        scheme="fixed"),
    # optimizers
    "sgd_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10},
                               optimizer={"name": "sgd", "learning_rate": 0.01}, scheme="update", epochs=2),
    "sgd_batch2_fixed_n2_e20": case(model={"neurons": 2}, train={"epochs": 20, "batch": 2},
                                    optimizer={"name": "sgd", "learning_rate": 0.05}, scheme="fixed"),
    "rmsprop_update2_n2_e10": case(model={"neurons": 2}, train={"epochs": 10}, optimizer={"name": "rmsprop"},
                                   scheme="update", epochs=2),
    "rmsprop_reset_update2_n2_e10": case(
        model={"neurons": 2}, train={"epochs": 10},
        optimizer={"name": "rmsprop", "beta_2": 0.95, "epsilon": 1e-3, "learning_rate": 0.002}, scheme="update",
        epochs=2, optimizer_="reset"),
    # two bias vectors
    "bias2_pytorch_update2_n3_e5": case(model={"preset": "pytorch", "neurons": 3}, train={"epochs": 5}, scheme="update",
                                        epochs=2),
    "bias2_keras_refit_same_n2_e5_t4": case(frame={"test": 4}, model={"neurons": 2, "bias_vectors": 2},
                                            train={"epochs": 5}, scheme="refit", init="same"),
    # presets by their names alone
    "preset_keras20_update1_n2_e5": case(model={"preset": "keras-2.0", "neurons": 2}, train={"epochs": 5},
                                         scheme="update", epochs=1),
    "preset_keras12_update1_n2_e5": case(model={"preset": "keras-1.2", "neurons": 2}, train={"epochs": 5},
                                         scheme="update", epochs=1),
    "preset_tf2_update1_n2_e5": case(model={"preset": "tf2-keras", "neurons": 2}, train={"epochs": 5},
                                     scheme="update", epochs=1),
    # matched, changed, and all at once
    "matched_steps_batch11_every4_n1_e10": case(
        train={"epochs": 10, "batch": 11}, scheme="update", epochs=3, every=4, expect="fixed_94",
        baseline={"scheme": "fixed", "match": "x", "by": "steps"}),
    "matched_epochs_every5_n1_e10": case(
        train={"epochs": 10}, scheme="update", epochs=3, every=5, expect="fixed_16",
        baseline={"scheme": "fixed", "match": "x"}),
    "changed_update1_n2_e6": case(
        frame={"test": 8, "lags": 1}, model={"neurons": 2}, train={"epochs": 3}, scheme="update", epochs=1,
        optimizer={"learning_rate": 0.01},
        frame_={"lags": 2}, model_={"activation": "sigmoid"}, train_={"epochs": 6, "optimizer": {"beta_1": 0.8}}),
    "all_at_once_n3_lag3_e4_t5": case(
        frame={"difference": [1, 2], "lags": 3, "scale": "standard", "test": 5},
        model={"neurons": 3, "activation": "sigmoid", "recurrent_activation": "tanh", "bias_vectors": 2},
        train={"epochs": 4, "state": "carry"}, optimizer={"name": "rmsprop", "beta_2": 0.8, "epsilon": 1e-4},
        scheme="update", epochs=3, rows={"fraction": 0.5}, every=2, optimizer_="reset",
        state_at_forecast="warm"),
}
NAMES = tuple(CASES)


def expected_experiment(name):
    return CASES[name]["expect"]


def make_series(shrink):
    values = [float(line.split(",")[1]) for line in SHAMPOO.read_text().splitlines()[1:]]
    return "month,value\n" + "".join(f"{t},{round(v / shrink, 4)}\n" for t, v in enumerate(values, 1))


def draw(rng, lags, n, bias_vectors):
    """Weights as after some training, in numbers that 32 bits hold."""
    def uniform(*shape, width=0.7):
        return rng.uniform(-width, width, shape).astype(np.float32).astype(float)

    bias = uniform(4 * n, width=0.1)
    bias[n : 2 * n] = (bias[n : 2 * n] + 1).astype(np.float32)
    weights = {"kernel": uniform(lags, 4 * n).tolist(), "recurrent_kernel": uniform(n, 4 * n).tolist(),
               "bias": bias.tolist()}
    if bias_vectors == 2:
        weights["recurrent_bias"] = uniform(4 * n, width=0.1).tolist()
    return {**weights, "dense_kernel": uniform(n, width=1).tolist(), "dense_bias": float(uniform(1, width=0.1)[0])}


def build(name):
    """A case's config, weights and series."""
    c = CASES[name]
    # a trailing _ keeps what belongs to the experiment apart from what belongs to the whole
    experiment = {"name": "x", **{key.rstrip("_"): value for key, value in c["experiment"].items()}}
    model = {**(c["model"] or {}), "initial_weights": {"file": "weights.json"}}
    train = {**(c["train"] or {}), **({"optimizer": c["optimizer"]} if c["optimizer"] else {})}
    config = {"name": "kat", "series": {"file": "series.csv", "column": "value"}, "frame": c["frame"] or {},
              "model": model, "train": train, "repeats": 1, "precision": "f64", "save_models": True,
              "experiments": [experiment] + ([c["baseline"]] if c["baseline"] else []), "compare": {"reference": "x"}}
    lags = experiment.get("frame", {}).get("lags", config["frame"].get("lags", 1))
    biases = model.get("bias_vectors", 2 if model.get("preset") == "pytorch" else 1)
    rng = np.random.default_rng([*name.encode()])
    shape = lags, model.get("neurons", 1), biases
    weights = draw(rng, *shape)
    if c["refits"]:
        weights["refits"] = [draw(rng, *shape) for _ in range(c["refits"])]
    return config, weights, make_series(c["shrink"])
