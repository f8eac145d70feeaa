"""JAX, all repeats at once: one model's training, its gradient by autodiff, under vmap and jit."""
import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

import peer

RATE, B1, B2, EPSILON = peer.ADAM.values()


def loss(w, h, c, x, target):
    z = x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]
    i, f, candidate, o = jnp.split(z, 4)
    gate = lambda value: jnp.clip(0.2 * value + 0.5, 0, 1)
    c = gate(f) * c + gate(i) * jnp.tanh(candidate)
    h = gate(o) * jnp.tanh(c)
    return (h @ w["dense_kernel"] + w["dense_bias"] - target) ** 2, (h, c)


def step(carry, row):
    w, m, v, powers, h, c = carry
    gradient, (h, c) = jax.grad(loss, has_aux=True)(w, h, c, *row)
    powers = powers * jnp.array([B1, B2], jnp.float32)
    rate = RATE * jnp.sqrt(1 - powers[1]) / (1 - powers[0])
    m = jax.tree.map(lambda m, g: B1 * m + (1 - B1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: B2 * v + (1 - B2) * g * g, v, gradient)
    w = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), w, m, v)
    return (w, m, v, powers, h, c), None


def train_one(w, inputs, targets, epochs):
    """One model over all epochs; how many is no constant, so that nothing is compiled anew."""
    zero = jax.tree.map(jnp.zeros_like, w)
    n = w["dense_kernel"].shape[0]

    def epoch(_, carry):
        state = jnp.zeros(n, jnp.float32)
        return lax.scan(step, (*carry, state, state), (inputs, targets))[0][:4]

    return lax.fori_loop(0, epochs, epoch, (w, zero, zero, jnp.ones(2, jnp.float32)))[0]


class Peer:
    version = "JAX " + jax.__version__

    def __init__(self):
        self.all = jax.jit(jax.vmap(train_one, in_axes=(0, None, None, None)))

    def prepare(self, job, threads):
        self.job = job
        self.inputs = jnp.asarray(job["inputs"], jnp.float32)[:, None]
        self.targets = jnp.asarray(job["targets"], jnp.float32)
        which = np.arange(job["repeats"]) % len(job["weights"])
        self.given = {name: jnp.asarray(np.array([w[name] for w in job["weights"]], np.float32)[which])
                      for name in peer.PARTS}
        self.train(1)

    def start(self):
        jax.block_until_ready(self.given)

    def train(self, epochs):
        self.w = jax.block_until_ready(self.all(self.given, self.inputs, self.targets, epochs))

    def weights(self):
        return [{name: np.asarray(part[r]).tolist() for name, part in self.w.items()}
                for r in range(min(self.job["repeats"], len(self.job["weights"])))]


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    peer.serve(Peer)
