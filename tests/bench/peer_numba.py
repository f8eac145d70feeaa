"""Numba, one model after another: plain loops, compiled for each number of neurons; threads share out repeats."""
import math

import numba
import numpy as np

import peer

F = np.float32
ONE, TWO, HALF, FIFTH = F(1), F(2), F(0.5), F(0.2)
B1, NOT_B1, B2, NOT_B2, EPSILON = F(0.9), F(1 - 0.9), F(0.999), F(1 - 0.999), F(1e-8)


def compile_train(n, parallel):
    """The loop over repeats, n a constant in it. w: K [4n], U [n][4n], b [4n], v [n], d of one model."""
    N4 = 4 * n
    U, B, V, D = N4, N4 + n * N4, 2 * N4 + n * N4, 2 * N4 + n * N4 + n
    jit = numba.njit(error_model="numpy", inline="always")

    @jit
    def clip(z):
        g = FIFTH * z + HALF
        return min(max(g, F(0)), ONE)

    @jit
    def slope(g):
        return FIFTH if F(0) < g < ONE else F(0)

    @jit
    def adam(w, m, v, p, g, rate):
        m[p] = B1 * m[p] + NOT_B1 * g
        v[p] = B2 * v[p] + NOT_B2 * (g * g)
        w[p] -= rate * m[p] / (F(math.sqrt(v[p])) + EPSILON)

    @jit
    def step(w, m, v, z, dz, h, c, c_next, s, h_next, x, target, rate):
        for g in range(N4):
            z[g] = w[B + g] + w[g] * x
        for j in range(n):
            for g in range(N4):
                z[g] += w[U + j * N4 + g] * h[j]
        y = w[D]
        for j in range(n):
            z[j], z[n + j], z[3 * n + j] = clip(z[j]), clip(z[n + j]), clip(z[3 * n + j])
            z[2 * n + j] = F(math.tanh(z[2 * n + j]))
            c_next[j] = z[n + j] * c[j] + z[j] * z[2 * n + j]
            s[j] = F(math.tanh(c_next[j]))
            h_next[j] = z[3 * n + j] * s[j]
            y += h_next[j] * w[V + j]
        dy = TWO * (y - target)
        for j in range(n):
            dh = dy * w[V + j]
            dc = dh * z[3 * n + j] * (ONE - s[j] * s[j])
            dz[j] = dc * z[2 * n + j] * slope(z[j])
            dz[n + j] = dc * c[j] * slope(z[n + j])
            dz[2 * n + j] = dc * z[j] * (ONE - z[2 * n + j] * z[2 * n + j])
            dz[3 * n + j] = dh * s[j] * slope(z[3 * n + j])
        for g in range(N4):
            adam(w, m, v, g, x * dz[g], rate)
        for j in range(n):
            for g in range(N4):
                adam(w, m, v, U + j * N4 + g, h[j] * dz[g], rate)
        for g in range(N4):
            adam(w, m, v, B + g, dz[g], rate)
        for j in range(n):
            adam(w, m, v, V + j, h_next[j] * dy, rate)
        adam(w, m, v, D, dy, rate)
        for j in range(n):
            h[j], c[j] = h_next[j], c_next[j]

    @numba.njit(error_model="numpy", parallel=parallel)
    def train(w, m, v, inputs, targets, rates):
        for r in numba.prange(w.shape[0]):
            z, dz, state = np.empty(N4, F), np.empty(N4, F), np.zeros((5, n), F)
            h, c, c_next, s, h_next = state[0], state[1], state[2], state[3], state[4]
            for t in range(rates.size):
                row = t % inputs.size
                if row == 0:
                    h[:] = F(0)
                    c[:] = F(0)
                step(w[r], m[r], v[r], z, dz, h, c, c_next, s, h_next, inputs[row], targets[row], rates[t])

    return train


class Peer:
    version = "Numba " + numba.__version__

    def __init__(self):
        self.compiled = {}

    def prepare(self, job, threads):
        self.job, n = job, job["neurons"]
        self.inputs, self.targets = (np.asarray(job[key], F) for key in ("inputs", "targets"))
        flat = [np.concatenate([np.asarray(w[name], F).ravel() for name in peer.PARTS]) for w in job["weights"]]
        self.given = np.array(flat)[np.arange(job["repeats"]) % len(flat)]
        if threads > 1:
            numba.set_num_threads(threads)
        if n not in self.compiled:
            self.compiled[n] = compile_train(n, threads > 1)
        self.start()
        self.train(1)

    def start(self):
        self.w = self.given.copy()
        self.m, self.v = np.zeros_like(self.w), np.zeros_like(self.w)

    def train(self, epochs):
        t = np.arange(1, epochs * self.inputs.size + 1, dtype=np.float64)
        rates = peer.ADAM["rate"] * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        self.compiled[self.job["neurons"]](self.w, self.m, self.v, self.inputs, self.targets, rates.astype(F))

    def weights(self):
        n = self.job["neurons"]
        shapes = (1, 4 * n), (n, 4 * n), (4 * n,), (n,), ()
        ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
        return [{name: part.reshape(shape).tolist() for name, part, shape in
                 zip(peer.PARTS, np.split(w, ends), shapes)} for w in self.w[: len(self.job["weights"])]]


if __name__ == "__main__":
    peer.serve(Peer)
