"""The schemes, after docs/semantics.md, over any network.

A network is an object with
    start(weights)                              new weights, zero state, fresh optimizer
    fit(inputs, targets, epochs, batch, state)  one gradient step a batch, in order
    forecast(inputs)                            the output for one row; the state goes on
    reset_state(), reset_optimizer()
    weights()                                   what it has come to, a list with one object for each model
It may be many models at once: start() takes a list of weights, forecast() gives as many outputs.
"""
import math

import numpy as np


def chosen_rows(experiment, known):
    """How many of the newest known rows an update learns from."""
    rows = experiment.get("rows", "all")
    if rows == "all":
        return known
    if rows == "newest":
        return 1
    if "last" in rows:
        return min(rows["last"], known)
    return max(1, math.ceil(rows["fraction"] * known))


def learns_before(experiment, step):
    return experiment["scheme"] != "fixed" and step > 0 and step % experiment.get("every", 1) == 0


def refit(net, rows, experiment, train, known, weights, number):
    """Trains for the base epochs on the rows known, from the weights that init asks for."""
    init = experiment.get("init", "fresh")
    if init == "current":
        net.reset_state()
        net.reset_optimizer()
    else:
        net.start([w["refits"][number] for w in weights] if init == "fresh" else weights)
    net.fit(rows.inputs[:known], rows.targets[:known], train["epochs"], experiment.get("batch", 1),
            train.get("state", "per_epoch"))


def update(net, rows, experiment, train, known):
    """A few epochs more, from the state that the last forecast left."""
    if experiment.get("optimizer", "keep") == "reset":
        net.reset_optimizer()
    chosen = slice(known - chosen_rows(experiment, known), known)
    net.fit(rows.inputs[chosen], rows.targets[chosen], experiment["epochs"], experiment.get("batch", 1),
            train.get("state", "per_epoch"))


def place_state(net, rows, experiment, train, known):
    """Puts the state where the next forecast starts from."""
    start = experiment.get("state_at_forecast", "as_trained")
    if start != "as_trained" or train.get("state") == "per_row":
        net.reset_state()
    if start == "warm":
        for row in range(known):
            net.forecast(rows.inputs[row])


def fit(net, rows, train, weights):
    """The base fit."""
    net.start(weights)
    net.fit(rows.inputs[: rows.n_train], rows.targets[: rows.n_train], train["epochs"], train.get("batch", 1),
            train.get("state", "per_epoch"))


def walk_on(net, rows, experiment, train, weights):
    """Forecasts of a fitted network in the series' units, [test rows][models]; it learns on as the scheme says."""
    forecasts, learnt = [], 0
    for step in range(rows.n_test):
        known = rows.n_train + step
        if learns_before(experiment, step):
            if experiment["scheme"] == "refit":
                refit(net, rows, experiment, train, known, weights, learnt)
            else:
                update(net, rows, experiment, train, known)
            learnt += 1
        place_state(net, rows, experiment, train, known)
        forecasts.append(rows.invert(known, net.forecast(rows.inputs[known])))
    return np.array(forecasts)


def walk(net, rows, experiment, train, weights):
    """The whole of one experiment."""
    fit(net, rows, train, weights)
    return walk_on(net, rows, experiment, train, weights)


def rmse(rows, forecasts):
    """One for each model."""
    return np.sqrt(np.mean((forecasts - rows.actuals[rows.n_train :, None]) ** 2, axis=0))
