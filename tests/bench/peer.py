"""What a contestant in Python is: a process that trains many models on request and says how long that took.

The requests and answers are those of contestant.h. A peer is a file with a class:

    class Peer:
        version = "..."                                 of the library
        def prepare(self, job, threads): ...            job: neurons, repeats, inputs, targets, preset, weights
        def start(self): ...                            from job["weights"], cycled over the repeats; fresh optimizer
        def train(self, epochs): ...                    returns when it is done
        def weights(self): ...                          of the first repeats, as job["weights"]

Everything is float32: one lag, one gradient step a row, h = c = 0 at the start of each epoch, Adam. Preset keras-2.0
has gates clip(0.2 z + 0.5, 0, 1) and Adam's epsilon before the bias correction; preset pytorch has sigmoid gates, two
bias vectors and epsilon after it.
"""
import json
import os
import sys
import time

PARTS = "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"
ADAM = {"rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}


def answer(peer, request, threads):
    if request["do"] == "prepare":
        peer.prepare(request, threads)
        return {"version": peer.version}
    if request["do"] == "train":
        peer.start()
        wall, processor = time.perf_counter(), time.process_time()
        peer.train(request["epochs"])
        return {"processor": time.process_time() - processor, "wall": time.perf_counter() - wall}
    if request["do"] == "weights":
        return {"weights": peer.weights()}
    raise ValueError("no such request")


def serve(make_peer):
    """Answers on the stdout that was; what libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    peer = None
    for line in sys.stdin:
        try:
            peer = peer or make_peer()
            reply = answer(peer, json.loads(line), threads)
        except Exception as fault:  # whatever a library throws is a reason not to count it
            reply = {"error": f"{type(fault).__name__}: {fault}".splitlines()[0][:300]}
        print(json.dumps(reply), file=out, flush=True)
