"""PyTorch, one model after another: torch.nn.LSTM, torch.nn.Linear, torch.optim.Adam, row by row."""
import torch

import peer

NAMES = "kernel", "recurrent_kernel", "bias", "recurrent_bias", "dense_kernel", "dense_bias"


class Model:
    def __init__(self, w, n):
        self.n = n
        self.lstm, self.dense = torch.nn.LSTM(1, n), torch.nn.Linear(n, 1)
        self.parameters = [*self.lstm.parameters(), *self.dense.parameters()]
        with torch.no_grad():
            for name, parameter in zip(NAMES, self.parameters):
                values = torch.tensor(w[name], dtype=torch.float32)
                parameter.copy_((values.T if values.dim() == 2 else values).reshape(parameter.shape))
        self.optimizer = torch.optim.Adam(self.parameters, lr=peer.ADAM["rate"], eps=peer.ADAM["epsilon"], fused=True)

    def epoch(self, inputs, targets):
        state = torch.zeros(1, 1, self.n), torch.zeros(1, 1, self.n)
        for x, target in zip(inputs, targets):
            hidden, state = self.lstm(x, state)
            loss = torch.nn.functional.mse_loss(self.dense(hidden), target)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            state = tuple(part.detach() for part in state)

    def weights(self):
        lists = [p.detach().T.tolist() if p.dim() == 2 else p.detach().tolist() for p in self.parameters]
        lists[4], lists[5] = [row[0] for row in lists[4]], lists[5][0]
        return dict(zip(NAMES, lists))


class Peer:
    version = "PyTorch " + torch.__version__

    def prepare(self, job, threads):
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.job = job
        self.inputs = torch.tensor(job["inputs"], dtype=torch.float32).reshape(-1, 1, 1, 1)
        self.targets = torch.tensor(job["targets"], dtype=torch.float32).reshape(-1, 1, 1, 1)
        self.start()
        self.train(1)

    def start(self):
        given = self.job["weights"]
        self.models = [Model(given[r % len(given)], self.job["neurons"]) for r in range(self.job["repeats"])]

    def train(self, epochs):
        for model in self.models:
            for _ in range(epochs):
                model.epoch(self.inputs, self.targets)

    def weights(self):
        return [model.weights() for model in self.models[: len(self.job["weights"])]]


if __name__ == "__main__":
    peer.serve(Peer)
