#!/usr/bin/env python3
"""Weights from a Keras model to the farm, and back.

    keras_weights.py MODEL WEIGHTS.json                     from Keras: a file for "initial_weights"
    keras_weights.py WEIGHTS.json --into MODEL              to Keras: into a model that is there, or a new one
    keras_weights.py out/run/models/update_2.json --repeat 7 --into model.keras

MODEL is a whole model (.keras, .h5) or weights alone (.weights.h5), of Keras 2 or 3: one LSTM layer and Dense(1). Files
are read and changed as they are, with h5py, which comes with Keras; Keras itself only makes a model that is not there.
Of two bias vectors Keras gets the sum: it forecasts the same, but would not train on the same.
"""
import argparse
import importlib
import io
import json
import os
import sys
import tempfile
import zipfile

MODEL_ENDINGS = (".keras", ".h5", ".hdf5")
LSTM_PARTS = ("kernel", "recurrent_kernel", "bias")
DENSE_PARTS = ("dense_kernel", "dense_bias")
ACTIVATIONS = ("tanh", "sigmoid", "relu", "linear", "hard_sigmoid", "hard_sigmoid_6")
# the farm's name -> Keras' name, by the version of Keras; what differs or is missing
CLIPS = {2: {"hard_sigmoid": "hard_sigmoid", "hard_sigmoid_6": None},
         3: {"hard_sigmoid": None, "hard_sigmoid_6": "hard_sigmoid"}}
FORMULAS = {"hard_sigmoid": "clip(0.2 x + 0.5, 0, 1)", "hard_sigmoid_6": "clip(x / 6 + 0.5, 0, 1)"}


class Fault(Exception):
    """What is wrong with the input, for a person."""


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Fault(f"{path}: {error.strerror}") from None


def replace_file(path, content):
    """All of the new content or, when something goes wrong, the old file."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o666 & ~umask())
        os.replace(temporary, path)
    except OSError as error:
        raise Fault(f"{path}: cannot be written: {error.strerror}") from None


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- Keras' files ---------------------------------------------------------------------------------------------------


def import_h5py():
    try:
        return importlib.import_module("h5py")
    except ImportError:
        raise Fault("Python's h5py is missing: pip install h5py (it comes with keras)") from None


class ModelFile:
    """A model's file in memory: its HDF5 part to read and change, and its config where it has one."""

    MEMBER = "model.weights.h5"

    def __init__(self, path):
        self.path, self.archive, content, self.config = path, None, read_bytes(path), None
        if zipfile.is_zipfile(io.BytesIO(content)):
            self.archive = zipfile.ZipFile(io.BytesIO(content))
            if not {self.MEMBER, "config.json"} <= set(self.archive.namelist()):
                raise Fault(f"{path}: a zip file, but not a .keras model: there is no {self.MEMBER} in it")
            self.config, content = json.loads(self.archive.read("config.json")), self.archive.read(self.MEMBER)
        self.buffer = io.BytesIO(content)
        try:
            self.h5 = import_h5py().File(self.buffer, "r+")
        except OSError:
            raise Fault(f"{path}: not a Keras model or weights file (.keras, .h5)") from None
        if "model_config" in self.h5.attrs:
            self.config = json.loads(self.h5.attrs["model_config"])

    def save(self):
        self.h5.close()
        content = self.buffer.getvalue()
        if self.archive:
            whole = io.BytesIO()
            with zipfile.ZipFile(whole, "w") as archive:
                for item in self.archive.infolist():
                    archive.writestr(item, content if item.filename == self.MEMBER else self.archive.read(item))
            content = whole.getvalue()
        replace_file(self.path, content)


def layer_configs(config):
    """Class and settings of each layer but the inputs; [] for what is not a model of layers."""
    layers = config.get("config", {})
    layers = layers.get("layers", []) if isinstance(layers, dict) else layers
    return [(layer["class_name"], layer["config"]) for layer in layers if layer["class_name"] != "InputLayer"]


def function_name(value):
    """The name of an activation, however a version of Keras writes it."""
    return value.get("config", value.get("class_name")) if isinstance(value, dict) else value


def check_layers(path, config):
    """Says what in a model the farm has no like of."""
    layers = layer_configs(config)
    names = [name for name, _ in layers]
    if names != ["LSTM", "Dense"]:
        raise Fault(f"{path}: its layers are {', '.join(names) or 'unknown'}; the farm's model is one LSTM and "
                    "one Dense layer")
    (_, lstm), (_, dense) = layers
    for name, layer in layers:
        if not layer.get("use_bias", True):
            raise Fault(f"{path}: its {name} layer has no bias; make it with use_bias=True")
    if dense["units"] != 1:
        raise Fault(f"{path}: its Dense layer has {dense['units']} outputs; the farm's has 1")
    output = function_name(dense.get("activation", "linear"))
    if output != "linear":
        raise Fault(f"{path}: its Dense layer's activation is {output}; the farm's is linear")
    if lstm.get("go_backwards"):
        raise Fault(f"{path}: its LSTM goes backwards; the farm's goes forwards")


def note_activations(model):
    """Weights are right only under the model's own activations: says which those are."""
    layers = dict(layer_configs(model.config)) if model.config else {}
    if "LSTM" not in layers:
        print(f"keras_weights.py: {model.path} holds weights alone; the other model must have the activations of this "
              "one's", file=sys.stderr)
        return
    lstm = layers["LSTM"]
    squash, gates = (function_name(lstm.get(key, default)) for key, default in
                     (("activation", "tanh"), ("recurrent_activation", "sigmoid")))
    clip = " (hard_sigmoid is the farm's in Keras 2, its hard_sigmoid_6 in Keras 3)" if "hard_sigmoid" in (squash, gates) else ""
    print(f'keras_weights.py: {model.path} has these activations, and the farm\'s model must, too: "model": '
          f'{{"activation": "{squash}", "recurrent_activation": "{gates}"}}{clip}', file=sys.stderr)


def weight_groups(h5):
    """The layers' datasets by the group they are in, without the optimizer's and random generators'."""
    groups, h5py = {}, import_h5py()

    def visit(path, item):
        aside = "optimizer" in path.split("/")[0] or "seed_generator" in path
        if isinstance(item, h5py.Dataset) and not aside:
            parent, _, name = path.rpartition("/")
            groups.setdefault(parent, {})[name.split(":")[0]] = item

    h5.visititems(visit)
    return groups


def named(group, names):
    """The group's datasets under Keras' names, which some formats only number."""
    if set(group) == {str(i) for i in range(len(names))}:
        return {name: group[str(i)] for i, name in enumerate(names)}
    return group if set(group) == set(names) else None


def find_weights(model):
    """The five datasets by the farm's names."""
    if model.config:
        check_layers(model.path, model.config)
    cells, outputs = [], []
    for group in weight_groups(model.h5).values():
        cell, output = named(group, LSTM_PARTS), named(group, ("kernel", "bias"))
        if cell:
            cells.append(cell)
        elif output and output["kernel"].ndim == 2:
            outputs.append(output)
    if len(cells) != 1 or len(outputs) != 1:
        raise Fault(f"{model.path}: {len(cells)} recurrent and {len(outputs)} dense layers with weights are in it; "
                    "the farm's model has one of each")
    found = {**cells[0], "dense_kernel": outputs[0]["kernel"], "dense_bias": outputs[0]["bias"]}
    n, width = found["recurrent_kernel"].shape
    if width != 4 * n:
        raise Fault(f"{model.path}: its recurrent kernel of {n} x {width} is not an LSTM's, which has 4 gates"
                    + (" (a GRU has 3)" if width == 3 * n else ""))
    shapes = {"kernel": (found["kernel"].shape[0], 4 * n), "recurrent_kernel": (n, 4 * n), "bias": (4 * n,),
              "dense_kernel": (n, 1), "dense_bias": (1,)}
    for name, shape in shapes.items():
        if found[name].shape != shape:
            raise Fault(f"{model.path}: {name} has the shape {found[name].shape}; in an LSTM and Dense(1) of {n} "
                        f"neurons it would be {shape}")
    return found


def read_model(path):
    """A Keras file's weights as the farm has them."""
    model = ModelFile(path)
    found = find_weights(model)
    note_activations(model)
    weights = {name: found[name][()].astype(float).tolist() for name in LSTM_PARTS}
    return {**weights, "dense_kernel": [row[0] for row in found["dense_kernel"][()].astype(float).tolist()],
            "dense_bias": float(found["dense_bias"][0])}


# --- the farm's files -----------------------------------------------------------------------------------------------


def shape_of(value):
    """(2, 3) for two lists of three numbers; None where the lists are uneven or hold something else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ()
    if not isinstance(value, list) or not value:
        return None
    inner = {shape_of(item) for item in value}
    return (len(value), *inner.pop()) if len(inner) == 1 and None not in inner else None


def choose_repeat(path, value, repeat):
    if isinstance(value, dict):
        if repeat not in (None, 1):
            raise Fault(f"{path}: there is one model in it; leave --repeat out")
        return value
    if not isinstance(value, list) or not value or not all(isinstance(item, (dict, type(None))) for item in value):
        raise Fault(f"{path}: not a weights file: it should be an object with kernel, recurrent_kernel, ..., or a list "
                    "of them")
    if repeat is None and len(value) > 1:
        raise Fault(f"{path}: there are {len(value)} repeats in it; say which with --repeat 1 ... {len(value)}")
    if not 1 <= (repeat or 1) <= len(value):
        raise Fault(f"{path}: there is no repeat {repeat}; it has 1 ... {len(value)}")
    chosen = value[(repeat or 1) - 1]
    if chosen is None:
        raise Fault(f"{path}: repeat {repeat or 1} diverged and has no weights; take another one")
    return chosen


def wanted_shapes(path, weights):
    """The shape of each part, by that of the recurrent kernel."""
    for name in (*LSTM_PARTS, *DENSE_PARTS):
        if name not in weights:
            raise Fault(f"{path}: {name} is missing")
    recurrent, kernel = shape_of(weights["recurrent_kernel"]), shape_of(weights["kernel"])
    if recurrent is None or len(recurrent) != 2 or recurrent[1] != 4 * recurrent[0]:
        raise Fault(f"{path}: recurrent_kernel should be n lists of 4n numbers")
    n = recurrent[0]
    lags = kernel[0] if kernel and len(kernel) == 2 else 1
    return n, {"kernel": [(lags, 4 * n)], "recurrent_kernel": [(n, 4 * n)], "bias": [(4 * n,)],
               "recurrent_bias": [(4 * n,)], "dense_kernel": [(n,), (n, 1)], "dense_bias": [(), (1,)]}


def read_weights(path, repeat):
    """One model of a weights file as Keras has it: nested lists by name."""
    try:
        value = json.loads(read_bytes(path))
    except ValueError as error:
        raise Fault(f"{path}: not JSON: {error}") from None
    weights = choose_repeat(path, value, repeat)
    n, shapes = wanted_shapes(path, weights)
    for name, allowed in shapes.items():
        if name in weights and shape_of(weights[name]) not in allowed:
            raise Fault(f"{path}: {name} should have the shape {allowed[0]} for {n} neurons, but it has "
                        f"{shape_of(weights[name])}")
    bias = weights["bias"]
    if "recurrent_bias" in weights:
        print(f"{path}: note: the two bias vectors are joined to their sum", file=sys.stderr)
        bias = [a + b for a, b in zip(bias, weights["recurrent_bias"])]
    dense, dense_bias = weights["dense_kernel"], weights["dense_bias"]
    return {"kernel": weights["kernel"], "recurrent_kernel": weights["recurrent_kernel"], "bias": bias,
            "dense_kernel": dense if isinstance(dense[0], list) else [[v] for v in dense],
            "dense_bias": dense_bias if isinstance(dense_bias, list) else [dense_bias]}


# --- into Keras -----------------------------------------------------------------------------------------------------


def import_keras(name):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for module in [name] if name else ["keras", "tf_keras"]:
        try:
            return importlib.import_module(module)
        except ImportError:
            pass
    raise Fault(f"Python's {name or 'keras'} is missing, which makes new models: pip install {name or 'keras'} with "
                "one of its backends, or give --into a model that is there")


def keras_activation(keras, name):
    version = 2 if keras.__version__.startswith("2") else 3
    known = CLIPS[version].get(name, name)
    if known is None:
        other = {"hard_sigmoid": "--keras tf_keras (pip install tf-keras tensorflow-cpu)", "hard_sigmoid_6": "Keras 3"}
        raise Fault(f"Keras {keras.__version__} has no function {FORMULAS[name]}, the farm's {name}:\n"
                    f"use {other[name]};\n"
                    "or make the model with a function of your own, save it, and give it to --into;\n"
                    "or, if the farm's model has another recurrent activation, say so with --recurrent-activation")
    return known


def make_model(path, weights, options):
    """A new Keras model with these weights."""
    keras = import_keras(options.keras)
    batch = 1 if options.stateful else None
    lstm = keras.layers.LSTM(len(weights["recurrent_kernel"]), stateful=options.stateful,
                             activation=keras_activation(keras, options.activation),
                             recurrent_activation=keras_activation(keras, options.recurrent_activation))
    inputs = keras.layers.Input(batch_shape=(batch, 1, len(weights["kernel"])))
    model = keras.Sequential([inputs, lstm, keras.layers.Dense(1)])
    arrays = importlib.import_module("numpy").array
    model.set_weights([arrays(weights[name]) for name in (*LSTM_PARTS, *DENSE_PARTS)])
    try:
        model.save_weights(path) if path.endswith(".weights.h5") else model.save(path)
    except OSError as error:
        raise Fault(f"{path}: cannot be written: {error}") from None


def fill_model(path, weights):
    """Puts weights into the model that is in a file; all else in it stays."""
    model = ModelFile(path)
    found = find_weights(model)
    for name, dataset in found.items():
        shape = shape_of(weights[name])
        if dataset.shape != shape:
            raise Fault(f"{path}: {name} has the shape {dataset.shape}, but the weights have {shape}: another number "
                        "of neurons or lags; give a model that fits, or a name that is not there yet")
    for name, dataset in found.items():
        dataset[...] = weights[name]
    model.save()
    note_activations(model)


# --- the command line -----------------------------------------------------------------------------------------------


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="SOURCE", help="a Keras file, or the farm's weights (.json)")
    parser.add_argument("target", metavar="WEIGHTS.json", nargs="?",
                        help="what is written, when SOURCE is a Keras file")
    parser.add_argument("--into", metavar="MODEL",
                        help="the Keras file that gets the weights, when SOURCE is the farm's")
    parser.add_argument("--repeat", type=int, metavar="K", help="which repeat of a file with several, from 1")
    new = parser.add_argument_group("for a model that is not there yet")
    new.add_argument("--activation", choices=ACTIVATIONS, default="tanh", metavar="NAME",
                     help="as in the config's model (default tanh)")
    new.add_argument("--recurrent-activation", choices=ACTIVATIONS, default="hard_sigmoid", metavar="NAME",
                     help="as in the config's model or preset (default hard_sigmoid): " + ", ".join(ACTIVATIONS))
    new.add_argument("--stateful", action="store_true", help="batches of one row, the state carried on, as in the farm")
    new.add_argument("--keras", metavar="MODULE", help="keras or tf_keras (default: the first that is installed)")
    options = parser.parse_args(arguments)
    from_farm = options.source.endswith(".json")
    if from_farm and (not options.into or options.target):
        parser.error("a farm's weights file goes --into MODEL")
    if not from_farm and (options.into or not options.target or options.repeat is not None):
        parser.error("a Keras file goes to WEIGHTS.json, without --into and --repeat")
    if options.into and not options.into.endswith(MODEL_ENDINGS):
        parser.error(f"{options.into}: the name of a Keras file ends in .keras, .h5 or .weights.h5")
    return options


def convert(options):
    if not options.into:
        weights = read_model(options.source)
        replace_file(options.target, (json.dumps(weights, indent=1) + "\n").encode())
    elif os.path.exists(options.into):
        fill_model(options.into, read_weights(options.source, options.repeat))
    else:
        make_model(options.into, read_weights(options.source, options.repeat), options)


def main(arguments):
    try:
        convert(parse(arguments))
    except Fault as fault:
        print(f"keras_weights.py: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
