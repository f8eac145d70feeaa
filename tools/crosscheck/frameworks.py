"""What a case or config means, and a network for it in a framework: torch, torch-module, keras2 or keras3.

TensorFlow and PyTorch do not always bear one another in a process: each is imported when it is asked for.
"""
import importlib
import math
import os
import warnings

import walk

NAMES = ("torch", "torch-module", "keras2", "keras3")
PRESETS = {
    "keras-2.0": ("hard_sigmoid", 1, 1e-8, "before_correction"),
    "keras-1.2": ("hard_sigmoid", 1, 1e-8, "before_correction"),
    "tf2-keras": ("sigmoid", 1, 1e-7, "before_correction"),
    "pytorch": ("sigmoid", 2, 1e-8, "after_correction"),
}


def complete(config, experiment):
    """The config's frame, model and train with what the experiment changes and the preset implies."""
    frame, model, train = ({**config.get(part, {}), **experiment.get(part, {})} for part in ("frame", "model", "train"))
    optimizer = {**config.get("train", {}).get("optimizer", {}), **experiment.get("train", {}).get("optimizer", {})}
    recurrent, biases, epsilon, placement = PRESETS[model.get("preset", "keras-2.0")]
    model = {"neurons": 1, "activation": "tanh", "recurrent_activation": recurrent, "bias_vectors": biases, **model}
    train = {"epochs": 500, **train, "optimizer": {"epsilon": epsilon, "epsilon_placement": placement, **optimizer}}
    return frame, model, train


def matched_epochs(baseline, update, train, n_train, n_test):
    """How long a baseline trains that is matched to an update."""
    steps = [s for s in range(n_test) if walk.learns_before(update, s)]
    if baseline.get("by", "epochs") == "epochs":
        return train["epochs"] + update["epochs"] * len(steps)
    an_epoch = n_train // train.get("batch", 1)
    later = sum(walk.chosen_rows(update, n_train + s) // update.get("batch", 1) for s in steps)
    return math.ceil((train["epochs"] * an_epoch + update["epochs"] * later) / an_epoch)


def name_of(experiment):
    default = f"update_{experiment['epochs']}" if experiment["scheme"] == "update" else experiment["scheme"]
    return experiment.get("name", default)


def without_warnings():
    """TensorFlow and its Keras tell much that is of no interest here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    warnings.filterwarnings("ignore")
    importlib.import_module("tensorflow").get_logger().setLevel("ERROR")


def keras_module(framework):
    without_warnings()
    return importlib.import_module({"keras2": "tf_keras", "keras3": "keras"}[framework])


def lacks(framework, model, train, experiment):
    """Why a framework cannot be the model, or None."""
    if framework == "torch":
        return None
    if framework == "torch-module":
        alike = model["activation"] == "tanh" and model["recurrent_activation"] == "sigmoid"
        return None if alike and model["bias_vectors"] == 2 else "another cell"
    if model["bias_vectors"] == 2:
        return "one bias vector only"
    name = train["optimizer"].get("name", "adam")
    if name == "adam" and train["optimizer"]["epsilon_placement"] != "before_correction":
        return "epsilon elsewhere"
    if name == "rmsprop" and framework == "keras3":
        return "epsilon under the root"
    later = experiment["scheme"] != "fixed" and (train.get("batch", 1) > 1 or experiment.get("batch", 1) > 1)
    return "one batch size only" if later or train.get("state") == "carry" and train.get("batch", 1) > 1 else None


def make_net(framework, model, train, lags, precision):
    """A network as walk.py wants it."""
    if framework.startswith("torch"):
        torch_net = importlib.import_module("torch_net")
        kind = torch_net.ModuleNet if framework == "torch-module" else torch_net.TorchNet
        return kind(model, train["optimizer"], precision)
    keras = keras_module(framework)
    return importlib.import_module("keras_net").KerasNet(keras, model, train["optimizer"], lags, precision)


def seed(framework, number):
    """What the framework draws follows from the number."""
    if framework.startswith("torch"):
        importlib.import_module("torch").manual_seed(number)
    else:
        keras_module(framework).utils.set_random_seed(number)


def version(framework):
    module = importlib.import_module("torch") if framework.startswith("torch") else keras_module(framework)
    return module.__version__
