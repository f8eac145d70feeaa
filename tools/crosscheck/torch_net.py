"""The network in PyTorch: its autograd and its optimizers; nn.LSTM where that can be the model.

TorchNet is written out, takes every activation and trains many models side by side, each as if alone: the loss is the
sum of their losses and the optimizers work by element. ModuleNet is torch.nn.LSTM and torch.nn.Linear themselves.
"""
import math

import numpy as np
import torch
from torch.nn import functional

torch.set_num_threads(1)

ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "linear": lambda x: x,
    "hard_sigmoid": lambda x: torch.clamp(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid_6": functional.hardsigmoid,
}
DTYPES = {"f32": torch.float32, "f64": torch.float64}


def make_optimizer(parameters, o):
    """The optimizer that a config's train.optimizer means; its defaults are Keras'."""
    rate = o.get("learning_rate", 0.001)
    if o.get("name", "adam") == "sgd":
        return torch.optim.SGD(parameters, lr=rate)
    if o.get("name") == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, alpha=o.get("beta_2", 0.9), eps=o["epsilon"])
    betas = (o.get("beta_1", 0.9), o.get("beta_2", 0.999))
    return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=o["epsilon"])


class TorchNet:
    """Models of one shape side by side: parameters [models][...], states [models][places][n]."""

    def __init__(self, model, optimizer, precision="f64"):
        self.model, self.optimizer_spec, self.dtype = model, optimizer, DTYPES[precision]

    def tensor(self, values):
        return torch.tensor(np.asarray(values, dtype=np.float64), dtype=self.dtype)

    def start(self, weights):
        self.names = [name for name in weights[0] if name != "refits"]
        shapes = {"dense_kernel": (-1,), "dense_bias": ()}
        self.parameters = [
            torch.stack([self.tensor(w[name]).reshape(shapes.get(name, np.shape(w[name]))) for w in weights])
            .clone().requires_grad_() for name in self.names
        ]
        self.reset_optimizer()
        self.reset_state()

    def weights(self):
        lists = [parameter.detach().tolist() for parameter in self.parameters]
        return [dict(zip(self.names, values)) for values in zip(*lists)]

    def reset_optimizer(self):
        self.optimizer, self.steps = make_optimizer(self.parameters, self.optimizer_spec), 0

    def reset_state(self):
        self.state = self.zero(1)

    def zero(self, places):
        return (torch.zeros(len(self.parameters[0]), places, self.model["neurons"], dtype=self.dtype),) * 2

    def output(self, x, state):
        """One row [places][lags] through all models: outputs [models][places], and the state they leave."""
        h, c = state
        p = dict(zip(self.names, self.parameters))
        z = torch.einsum("pl,mlg->mpg", x, p["kernel"]) + torch.einsum("mpn,mng->mpg", h, p["recurrent_kernel"])
        z = z + p["bias"][:, None]
        if "recurrent_bias" in p:
            z = z + p["recurrent_bias"][:, None]
        a, r = ACTIVATIONS[self.model.get("activation", "tanh")], ACTIVATIONS[self.model["recurrent_activation"]]
        i, f, candidate, o = z.chunk(4, dim=-1)
        c = r(f) * c + r(i) * a(candidate)
        h = r(o) * a(c)
        return torch.einsum("mpn,mn->mp", h, p["dense_kernel"]) + p["dense_bias"][:, None], (h, c)

    def move(self, loss):
        """One step of the optimizer."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.steps += 1
        adam = self.optimizer_spec.get("name", "adam") == "adam"
        if adam and self.optimizer_spec["epsilon_placement"] == "before_correction":
            # PyTorch adds epsilon after the correction; divided by it, it is as if added before
            group = self.optimizer.param_groups[0]
            group["eps"] = self.optimizer_spec["epsilon"] / math.sqrt(1 - group["betas"][1] ** self.steps)
        self.optimizer.step()

    def fit(self, inputs, targets, epochs, batch, state):
        inputs, targets = self.tensor(inputs), self.tensor(targets)
        here = tuple(s.expand(-1, batch, -1) for s in self.state)
        for _ in range(epochs):
            for first in range(0, len(inputs), batch):
                here = self.zero(batch) if state == "per_row" else here
                y, here = self.output(inputs[first : first + batch], here)
                self.move(((y - targets[first : first + batch]) ** 2).mean(dim=1).sum())
                here = tuple(s.detach() for s in here)
            here = here if state == "carry" else self.zero(batch)
        self.state = tuple(s[:, -1:] for s in here)

    def forecast(self, inputs):
        with torch.no_grad():
            y, self.state = self.output(self.tensor(inputs)[None], self.state)
        return y[:, 0].double().numpy()


class ModuleNet(TorchNet):
    """One torch.nn.LSTM and one torch.nn.Linear: tanh, sigmoid gates, two bias vectors."""

    names = ("kernel", "recurrent_kernel", "bias", "recurrent_bias", "dense_kernel", "dense_bias")

    def make_modules(self, lags):
        self.lstm = torch.nn.LSTM(lags, self.model["neurons"], batch_first=True, dtype=self.dtype)
        self.dense = torch.nn.Linear(self.model["neurons"], 1, dtype=self.dtype)
        self.parameters = [*self.lstm.parameters(), *self.dense.parameters()]

    def draw(self):
        """Initial weights as PyTorch draws them, for one lag."""
        self.make_modules(1)
        return self.weights()[0]

    def start(self, weights):
        (w,) = weights
        self.make_modules(len(w["kernel"]))
        with torch.no_grad():
            for name, parameter in zip(self.names, self.parameters):
                values = self.tensor(w[name])
                parameter.copy_((values.T if values.dim() == 2 else values).reshape(parameter.shape))
        self.reset_optimizer()
        self.reset_state()

    def zero(self, places):
        return (torch.zeros(1, places, self.model["neurons"], dtype=self.dtype),) * 2

    def weights(self):
        lists = [p.detach().T.tolist() if name.endswith("kernel") else p.detach().tolist()
                 for name, p in zip(self.names, self.parameters)]
        lists[4], lists[5] = [row[0] for row in lists[4]], lists[5][0]
        return [dict(zip(self.names, lists))]

    def output(self, x, state):
        h, state = self.lstm(x[:, None], tuple(s.contiguous() for s in state))
        return self.dense(h)[None, :, 0, 0], state
