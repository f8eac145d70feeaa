"""Plain Python, no library: one model after another, one neuron at a time. Doubles throughout, which is all it has."""
import math
import platform

import peer

RATE, B1, B2, EPSILON = peer.ADAM.values()


def clip(z):
    return min(max(0.2 * z + 0.5, 0.0), 1.0)


def slope(gate):
    return 0.2 if 0 < gate < 1 else 0.0


class Model:
    """W, U, b in gates i, f, c, o of n neurons each, v and d, in one list of parameters."""

    def __init__(self, w, n):
        self.n = n
        self.p = [*w["kernel"][0], *(u for row in w["recurrent_kernel"] for u in row), *w["bias"], *w["dense_kernel"],
                  w["dense_bias"]]
        self.m, self.v, self.t = [0.0] * len(self.p), [0.0] * len(self.p), 0

    def epoch(self, inputs, targets):
        h, c = [0.0] * self.n, [0.0] * self.n
        for x, target in zip(inputs, targets):
            h, c = self.step(x, target, h, c)

    def step(self, x, target, h, c):
        n, p = self.n, self.p
        bias, dense = 4 * n + 4 * n * n, 8 * n + 4 * n * n
        z = [p[bias + g] + x * p[g] + sum(h[j] * p[4 * n * (j + 1) + g] for j in range(n)) for g in range(4 * n)]
        i, f, o = ([clip(value) for value in z[g * n : (g + 1) * n]] for g in (0, 1, 3))
        candidate = [math.tanh(value) for value in z[2 * n : 3 * n]]
        c_next = [f[j] * c[j] + i[j] * candidate[j] for j in range(n)]
        squashed = [math.tanh(value) for value in c_next]
        h_next = [o[j] * squashed[j] for j in range(n)]
        dy = 2 * (sum(h_next[j] * p[dense + j] for j in range(n)) + p[dense + n] - target)

        dz = [0.0] * (4 * n)
        for j in range(n):
            dh = dy * p[dense + j]
            dc = dh * o[j] * (1 - squashed[j] ** 2)
            dz[j] = dc * candidate[j] * slope(i[j])
            dz[n + j] = dc * c[j] * slope(f[j])
            dz[2 * n + j] = dc * i[j] * (1 - candidate[j] ** 2)
            dz[3 * n + j] = dh * squashed[j] * slope(o[j])
        self.move([x * d for d in dz] + [h_j * d for h_j in h for d in dz] + dz + [h_j * dy for h_j in h_next] + [dy])
        return h_next, c_next

    def move(self, gradients):
        self.t += 1
        rate = RATE * math.sqrt(1 - B2**self.t) / (1 - B1**self.t)
        p, m, v = self.p, self.m, self.v
        for k, g in enumerate(gradients):
            m[k] = B1 * m[k] + (1 - B1) * g
            v[k] = B2 * v[k] + (1 - B2) * g * g
            p[k] -= rate * m[k] / (math.sqrt(v[k]) + EPSILON)

    def weights(self):
        n, p = self.n, self.p
        rows = [p[4 * n * r : 4 * n * (r + 1)] for r in range(n + 2)]
        return dict(zip(peer.PARTS, ([rows[0]], rows[1:-1], rows[-1], p[-n - 1 : -1], p[-1])))


class Peer:
    version = "Python " + platform.python_version()

    def prepare(self, job, threads):
        self.job = job

    def start(self):
        given = self.job["weights"]
        self.models = [Model(given[r % len(given)], self.job["neurons"]) for r in range(self.job["repeats"])]

    def train(self, epochs):
        for model in self.models:
            for _ in range(epochs):
                model.epoch(self.job["inputs"], self.job["targets"])

    def weights(self):
        return [model.weights() for model in self.models[: len(self.job["weights"])]]


if __name__ == "__main__":
    peer.serve(Peer)
