"""Tests of tools/keras_weights.py against a real Keras and the farm.

    KERAS=keras python3 tests/test_keras_weights.py         or KERAS=tf_keras, Keras 2

The farm is ./farm, or $FARM. Prints TAP.
"""
import contextlib
import csv
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import numpy as np

import keras_weights

KERAS = os.environ.get("KERAS", "keras")
keras = importlib.import_module(KERAS)
layers = keras.layers
# what both the farm and this Keras have
RECURRENT = "hard_sigmoid" if KERAS == "tf_keras" else "hard_sigmoid_6"
FORMATS = ["model.keras", "model.h5", "model.weights.h5"]
PARTS = ["kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"]


def convert(*arguments):
    """Exit status and what is said."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            status = keras_weights.main([str(a) for a in arguments])
        except SystemExit as end:
            status = end.code
    return status, said.getvalue()


def converts(*arguments):
    status, said = convert(*arguments)
    assert status == 0, said
    return said


def makes(models, repeat, target, *options, recurrent=RECURRENT):
    """A new model of one repeat."""
    return converts(models, "--repeat", repeat, "--into", target, "--recurrent-activation", recurrent, "--keras", KERAS,
                    *options)


def fails(*arguments, saying):
    status, said = convert(*arguments)
    assert status == 2 and "Traceback" not in said, said
    for words in saying:
        assert words in said, f"{words!r} is not said in: {said}"


def run_farm(folder, model, verb=(), train=None, **more):
    """A run on shampoo sales; returns the folder of results."""
    config = {"name": "weights", "series": {"file": str(ROOT / "data/shampoo.csv"), "column": "Sales"},
              "model": model, "train": train or {"epochs": 5}, "repeats": 2, "save_models": True,
              "experiments": [{"scheme": "fixed", "state_at_forecast": "zero"}], **more}
    (folder / "config.json").write_text(json.dumps(config))
    farm = os.environ.get("FARM", str(ROOT / "farm"))
    out = ["-o", folder / "out", "--quiet"] if not verb else []
    subprocess.run([farm, *verb, folder / "config.json", *out], check=True, capture_output=True)
    return folder / "out"


def trained_weights(folder, n=3, lags=2, **model):
    """The path of two repeats' trained weights."""
    out = run_farm(folder, {"neurons": n, "recurrent_activation": RECURRENT, **model}, frame={"lags": lags})
    return out / "models/fixed.json"


def network(*middle, lags=2, lstm=None, dense=None, **keywords):
    lstm = lstm or layers.LSTM(3, **keywords)
    return keras.Sequential([layers.Input(batch_shape=(1, 1, lags)), lstm, *middle, dense or layers.Dense(1)])


def assert_same(weights, other, tolerance=1e-7):
    for part in PARTS:
        np.testing.assert_allclose(np.ravel(weights[part]), np.ravel(other[part]), tolerance, 1e-12, err_msg=part)


def weights_of(model):
    return dict(zip(PARTS, model.get_weights()))


def save(model, path):
    model.save_weights(path) if str(path).endswith(".weights.h5") else model.save(path)
    return path


# --- tests ----------------------------------------------------------------------------------------------------------


def test_round_trip_in_every_format(folder):
    models = trained_weights(folder)
    for name in FORMATS:
        for repeat in (1, 2):
            target = folder / f"{repeat}_{name}"
            makes(models, repeat, target)
            converts(target, folder / "back.json")
            assert_same(json.loads((folder / "back.json").read_text()), json.loads(models.read_text())[repeat - 1])


def test_keras_forecasts_what_the_farm_does(folder):
    models = trained_weights(folder, n=4, lags=1)
    with open(folder / "out/forecasts.csv", newline="") as file:
        forecasts = [float(row["forecast"]) for row in csv.DictReader(file) if row["repeat"] == "2"]
    target = folder / "model.keras"
    makes(models, 2, target)
    model = keras.models.load_model(target, compile=False)
    with open(ROOT / "data/shampoo.csv", newline="") as file:
        y = np.array([float(row["Sales"]) for row in csv.DictReader(file)])
    d = np.diff(y)
    inputs, targets = d[:22], d[1:23]
    scaled = (d[22:34] - inputs.min()) * 2 / (inputs.max() - inputs.min()) - 1
    outputs = np.array([model.predict(x.reshape(1, 1, 1), verbose=0)[0, 0] for x in scaled], dtype=float)
    expected = (outputs + 1) / 2 * (targets.max() - targets.min()) + targets.min() + y[23:35]
    np.testing.assert_allclose(forecasts, expected, rtol=1e-6)


def test_a_stateful_model_carries_the_state_on(folder):
    models = trained_weights(folder)
    makes(models, 1, folder / "m.keras", "--stateful")
    model = keras.models.load_model(folder / "m.keras", compile=False)
    row = np.ones((1, 1, 2), "float32")
    assert model.predict(row, verbose=0)[0, 0] != model.predict(row, verbose=0)[0, 0]
    converts(folder / "m.keras", folder / "back.json")
    assert_same(json.loads((folder / "back.json").read_text()), json.loads(models.read_text())[0])


def test_keras_weights_start_the_farm(folder):
    for name in FORMATS:
        for stateful in (False, True):
            model = network(stateful=stateful)
            model.compile("adam", "mse")
            model.train_on_batch(np.ones((1, 1, 2)), np.ones((1, 1)))
            converts(save(model, folder / f"{stateful}_{name}"), folder / "w.json")
            assert_same(json.loads((folder / "w.json").read_text()), weights_of(model))
    run_farm(folder, {"neurons": 3, "initial_weights": {"file": "w.json"}}, verb=("check",), frame={"lags": 2})


def test_all_else_in_a_model_stays(folder):
    models = trained_weights(folder)
    for name in FORMATS[:2]:
        model = network(activation="relu", recurrent_activation="sigmoid", dropout=0.1)
        model.compile("adam", "mse")
        model.train_on_batch(np.ones((1, 1, 2)), np.ones((1, 1)))
        path = save(model, folder / name)
        converts(models, "--repeat", 2, "--into", path)
        again = keras.models.load_model(path, compile=False)
        assert again.layers[0].activation.__name__ == "relu" and again.layers[0].dropout == 0.1
        assert_same(weights_of(again), json.loads(models.read_text())[1])
        assert os.stat(path).st_mode & 0o777 == 0o666 & ~keras_weights.umask()


def test_two_bias_vectors_are_joined(folder):
    models = trained_weights(folder, preset="pytorch")
    said = makes(models, 1, folder / "m.keras", recurrent="sigmoid")
    assert "bias vectors are joined" in said
    weights = json.loads(models.read_text())[0]
    joined = np.add(weights["bias"], weights["recurrent_bias"])
    model = keras.models.load_model(folder / "m.keras", compile=False)
    np.testing.assert_allclose(model.get_weights()[2], joined, rtol=1e-6, atol=1e-7)


def test_other_models_are_refused(folder):
    gru = keras.Sequential([layers.Input(shape=(1, 2)), layers.GRU(3), layers.Dense(1)])
    stacked = keras.Sequential([layers.Input(shape=(1, 2)), layers.LSTM(3, return_sequences=True), layers.LSTM(2),
                                layers.Dense(1)])
    cases = [(gru, "GRU, Dense"), (stacked, "LSTM, LSTM, Dense"),
             (network(layers.Dropout(0.1)), "LSTM, Dropout, Dense"),
             (network(dense=layers.Dense(2)), "2 outputs"), (network(use_bias=False), "no bias"),
             (network(dense=layers.Dense(1, activation="relu")), "relu"),
             (network(lstm=layers.Bidirectional(layers.LSTM(3))), "Bidirectional, Dense")]
    for model, words in cases:
        for name in FORMATS[:2]:
            fails(save(model, folder / name), folder / "w.json", saying=[name, words])
    fails(save(gru, folder / FORMATS[2]), folder / "w.json", saying=[FORMATS[2], "a GRU has 3"])
    fails(save(stacked, folder / FORMATS[2]), folder / "w.json", saying=[FORMATS[2], "one of each"])
    assert not (folder / "w.json").exists()


def test_faults_in_files_are_told(folder):
    models = trained_weights(folder)
    fails(folder / "none.keras", folder / "w.json", saying=["none.keras", "No such file"])
    (folder / "text.h5").write_text("no")
    fails(folder / "text.h5", folder / "w.json", saying=["text.h5", "not a Keras"])
    (folder / "bad.json").write_text("{")
    fails(folder / "bad.json", "--into", folder / "m.keras", saying=["bad.json", "not JSON"])
    (folder / "list.json").write_text("[1]")
    fails(folder / "list.json", "--into", folder / "m.keras", saying=["list.json", "not a weights file"])
    fails(models, "--into", folder / "m.keras", saying=["2 repeats", "--repeat"])
    fails(models, "--repeat", 3, "--into", folder / "m.keras", saying=["no repeat 3"])
    weights = json.loads(models.read_text())[0]
    (folder / "short.json").write_text(json.dumps({**weights, "bias": weights["bias"][1:]}))
    fails(folder / "short.json", "--into", folder / "m.keras", saying=["short.json", "bias", "(12,)", "(11,)"])
    weights.pop("dense_bias")
    (folder / "less.json").write_text(json.dumps(weights))
    fails(folder / "less.json", "--into", folder / "m.keras", saying=["dense_bias is missing"])
    fails(models, "--repeat", 1, "--into", folder / "no/such/m.keras", "--recurrent-activation", "sigmoid",
          saying=["m.keras"])
    fails(models, saying=["--into"])
    fails(models, "--into", folder / "m.pt", saying=["m.pt", ".keras"])
    assert not (folder / "m.keras").exists()


def test_the_models_activations_are_told(folder):
    save(network(recurrent_activation="sigmoid"), folder / "sigmoid.keras")
    said = converts(folder / "sigmoid.keras", folder / "weights.json")
    assert '"recurrent_activation": "sigmoid"' in said, said
    save(network(recurrent_activation="hard_sigmoid"), folder / "hard.keras")
    assert "hard_sigmoid_6 in Keras 3" in converts(folder / "hard.keras", folder / "weights.json")
    assert '"recurrent_activation": "sigmoid"' in converts(folder / "weights.json", "--into", folder / "sigmoid.keras")
    save(network(), folder / "alone.weights.h5")
    assert "weights alone" in converts(folder / "alone.weights.h5", folder / "weights.json")


def test_a_diverged_repeat_does_not_hide_the_others(folder):
    save(network(), folder / "model.keras")
    converts(folder / "model.keras", folder / "weights.json")
    good = json.loads((folder / "weights.json").read_text())
    (folder / "several.json").write_text(json.dumps([good, None]))
    converts(folder / "several.json", "--repeat", 1, "--into", folder / "model.keras")
    fails(folder / "several.json", "--repeat", 2, "--into", folder / "model.keras", saying=["repeat 2 diverged"])


def test_a_model_of_another_shape_stays_as_it_is(folder):
    models = trained_weights(folder)
    path = save(network(lags=1), folder / "m.keras")
    before = path.read_bytes()
    fails(models, "--repeat", 1, "--into", path, saying=["m.keras", "kernel", "(1, 12)", "(2, 12)"])
    assert path.read_bytes() == before


def test_a_function_that_this_keras_lacks(folder):
    models = trained_weights(folder)
    lacking = "hard_sigmoid_6" if KERAS == "tf_keras" else "hard_sigmoid"
    fails(models, "--repeat", 1, "--into", folder / "m.keras", "--recurrent-activation", lacking, "--keras", KERAS,
          saying=["no function clip", lacking, "--recurrent-activation"])


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(Path(folder))
            print(f"ok {number} - {name[5:]}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {name[5:]}\n{traceback.format_exc()}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
