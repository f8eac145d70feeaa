"""NumPy, all repeats at once: arrays [parameter][repeat], in place, no temporaries, Adam in pieces that fit a cache.

Clipped gates stand together (i, f, o, candidate), so that one call does all of them.
"""
import numpy as np

import peer

PIECE = 32768  # elements: four arrays of them fit the second cache


def reordered(matrix, n):
    """Columns i, f, c, o to i, f, o, c, or back."""
    a = np.asarray(matrix, np.float32).reshape(-1, 4 * n)
    return np.concatenate([a[:, : 2 * n], a[:, 3 * n :], a[:, 2 * n : 3 * n]], axis=1)


class Peer:
    version = "NumPy " + np.__version__

    def prepare(self, job, threads):
        self.job = job
        n, repeats = self.n, self.repeats = job["neurons"], job["repeats"]
        self.inputs, self.targets = (np.asarray(job[key], np.float32) for key in ("inputs", "targets"))
        self.shapes = (1, 4 * n), (n, 4 * n), (1, 4 * n), (1, n), (1, 1)
        flat = [np.concatenate([self.own(w, name).ravel() for name in peer.PARTS]) for w in job["weights"]]
        self.given = np.ascontiguousarray(np.array(flat)[np.arange(repeats) % len(flat)].T)
        self.w, self.m, self.v, self.g = (np.empty_like(self.given) for _ in range(4))
        self.scratch = np.empty(PIECE, np.float32)
        self.parts_w, self.parts_g = self.split(self.w), self.split(self.g)
        self.h, self.h_next, self.c, self.c_next, self.s, self.t, self.dc = np.empty((7, n, repeats), np.float32)
        self.z, self.dz, self.t4 = np.empty((3, 4 * n, repeats), np.float32)
        self.y = np.empty(repeats, np.float32)

    def own(self, w, name):
        return reordered(w[name], self.n) if "dense" not in name else np.asarray(w[name], np.float32)

    def split(self, a):
        """K [4n], U [n][4n], b [4n], v [n], d, each [repeat]."""
        n, at, parts = self.n, 0, []
        for rows, columns in self.shapes:
            parts.append(a[at : at + rows * columns].reshape(rows, columns, -1))
            at += rows * columns
        k, u, b, v, d = parts
        return k[0], u, b[0], v[0], d[0, 0]

    def start(self):
        self.w[:] = self.given
        self.m[:] = self.v[:] = 0
        self.steps = 0

    def train(self, epochs):
        for _ in range(epochs):
            self.h[:] = self.c[:] = 0
            for x, target in zip(self.inputs, self.targets):
                self.row(x, target)
                self.adam()
                self.h, self.h_next, self.c, self.c_next = self.h_next, self.h, self.c_next, self.c

    def row(self, x, target):
        n, h, c, h_next, c_next, s, t, t4, z, y = (self.n, self.h, self.c, self.h_next, self.c_next, self.s, self.t,
                                                   self.t4, self.z, self.y)
        k, u, b, v, d = self.parts_w
        np.multiply(k, x, out=z)
        np.add(z, b, out=z)
        for j in range(n):
            np.multiply(u[j], h[j], out=t4)
            np.add(z, t4, out=z)
        gates, candidate = z[: 3 * n], z[3 * n :]
        i, f, o = z[:n], z[n : 2 * n], z[2 * n : 3 * n]
        np.multiply(gates, 0.2, out=gates)
        np.add(gates, 0.5, out=gates)
        np.maximum(gates, 0, out=gates)
        np.minimum(gates, 1, out=gates)
        np.tanh(candidate, out=candidate)
        np.multiply(f, c, out=c_next)
        np.multiply(i, candidate, out=t)
        np.add(c_next, t, out=c_next)
        np.tanh(c_next, out=s)
        np.multiply(o, s, out=h_next)
        np.multiply(h_next, v, out=t)
        np.add.reduce(t, axis=0, out=y)
        np.add(y, d, out=y)
        np.subtract(y, target, out=y)
        np.multiply(y, 2, out=y)
        self.back(x, y, i, f, o, candidate)

    def back(self, x, dy, i, f, o, candidate):
        n, h, c, s, t, t4, dz, dc = self.n, self.h, self.c, self.s, self.t, self.t4, self.dz, self.dc
        v = self.parts_w[3]
        k_g, u_g, b_g, v_g, d_g = self.parts_g
        np.multiply(v, dy, out=t)  # dh
        np.multiply(t, s, out=dz[2 * n : 3 * n])
        np.multiply(s, s, out=dc)
        np.subtract(1, dc, out=dc)
        np.multiply(dc, t, out=dc)
        np.multiply(dc, o, out=dc)
        np.multiply(dc, candidate, out=dz[:n])
        np.multiply(dc, c, out=dz[n : 2 * n])
        np.multiply(candidate, candidate, out=t)
        np.subtract(1, t, out=t)
        np.multiply(t, dc, out=t)
        np.multiply(t, i, out=dz[3 * n :])
        # the gates' slope: 0.2 where g (1 - g) > 0, else 0
        gates, slope, d_gates = self.z[: 3 * n], t4[: 3 * n], dz[: 3 * n]
        np.subtract(1, gates, out=slope)
        np.multiply(slope, gates, out=slope)
        np.sign(slope, out=slope)
        np.multiply(slope, 0.2, out=slope)
        np.multiply(d_gates, slope, out=d_gates)
        np.multiply(dz, x, out=k_g)
        for j in range(n):
            np.multiply(dz, h[j], out=u_g[j])
        b_g[:] = dz
        np.multiply(self.h_next, dy, out=v_g)
        d_g[:] = dy

    def adam(self):
        self.steps += 1
        b1, b2 = peer.ADAM["beta_1"], peer.ADAM["beta_2"]
        rate = np.float32(peer.ADAM["rate"] * (1 - b2**self.steps) ** 0.5 / (1 - b1**self.steps))
        w, m, v, g = self.w.ravel(), self.m.ravel(), self.v.ravel(), self.g.ravel()
        for first in range(0, w.size, PIECE):
            piece = slice(first, first + PIECE)
            self.adam_piece(rate, b1, b2, w[piece], m[piece], v[piece], g[piece])

    def adam_piece(self, rate, b1, b2, w, m, v, g):
        t = self.scratch[: w.size]
        np.multiply(m, b1, out=m)
        np.multiply(g, 1 - b1, out=t)
        np.add(m, t, out=m)
        np.multiply(v, b2, out=v)
        np.multiply(g, g, out=t)
        np.multiply(t, 1 - b2, out=t)
        np.add(v, t, out=v)
        np.sqrt(v, out=t)
        np.add(t, peer.ADAM["epsilon"], out=t)
        np.divide(m, t, out=t)
        np.multiply(t, rate, out=t)
        np.subtract(w, t, out=w)

    def weights(self):
        return [self.model(r) for r in range(min(self.repeats, len(self.job["weights"])))]

    def model(self, r):
        k, u, b, v, d = (part[..., r] for part in self.parts_w)
        return {"kernel": reordered(k, self.n).tolist(), "recurrent_kernel": reordered(u, self.n).tolist(),
                "bias": reordered(b, self.n)[0].tolist(), "dense_kernel": v.tolist(), "dense_bias": float(d)}


if __name__ == "__main__":
    peer.serve(Peer)
