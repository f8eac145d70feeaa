"""Keras on TensorFlow, one model after another: a stateful LSTM and a Dense layer, batches of one row.

    peer_keras.py fit      model.fit for each epoch and a reset of the state, as the classic tutorial does
    peer_keras.py graph    the same layers and optimizer in one compiled loop over all rows and epochs
"""
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf

import peer


def gate(z):
    return keras.ops.clip(0.2 * z + 0.5, 0, 1)


class Peer:
    version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"

    def __init__(self, compiled):
        self.compiled = compiled

    def prepare(self, job, threads):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        self.job = job
        self.inputs = np.asarray(job["inputs"], np.float32).reshape(-1, 1, 1)
        self.targets = np.asarray(job["targets"], np.float32).reshape(-1, 1)
        self.lstm = keras.layers.LSTM(job["neurons"], stateful=True, unroll=True, recurrent_activation=gate)
        self.model = keras.Sequential([keras.layers.Input(batch_shape=(1, 1, 1)), self.lstm, keras.layers.Dense(1)])
        self.optimizer = keras.optimizers.Adam(peer.ADAM["rate"], epsilon=peer.ADAM["epsilon"])
        self.model.compile(loss="mean_squared_error", optimizer=self.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        self.fresh = [np.array(variable) for variable in self.optimizer.variables]
        self.epochs = tf.function(self.graph)
        self.trained = []
        self.start()
        self.train(1)

    def start(self):
        """Each repeat's own start lies in load(), a copy of small arrays."""

    def load(self, w):
        dense = np.reshape(w["dense_kernel"], (-1, 1)), np.reshape(w["dense_bias"], (1,))
        self.model.set_weights([np.array(w["kernel"]), np.array(w["recurrent_kernel"]), np.array(w["bias"]), *dense])
        for variable, value in zip(self.optimizer.variables, self.fresh):
            variable.assign(value)
        self.lstm.reset_state()

    def train(self, epochs):
        given, self.trained = self.job["weights"], []
        for repeat in range(self.job["repeats"]):
            self.load(given[repeat % len(given)])
            if self.compiled:
                self.epochs(tf.constant(self.inputs[:, None]), tf.constant(self.targets[:, None]), tf.constant(epochs))
            else:
                self.fit(epochs)
            if len(self.trained) < len(given):
                self.trained.append(self.model.get_weights())

    def fit(self, epochs):
        for _ in range(epochs):
            self.model.fit(self.inputs, self.targets, epochs=1, batch_size=1, verbose=0, shuffle=False)
            self.lstm.reset_state()

    def graph(self, inputs, targets, epochs):
        variables = self.model.trainable_variables
        for _ in tf.range(epochs):
            for row in tf.range(tf.shape(inputs)[0]):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(self.model(inputs[row], training=True) - targets[row]))
                self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            for state in self.lstm.states:
                state.assign(tf.zeros_like(tf.convert_to_tensor(state)))

    def weights(self):
        return [{"kernel": k.tolist(), "recurrent_kernel": u.tolist(), "bias": b.tolist(),
                 "dense_kernel": v[:, 0].tolist(), "dense_bias": float(d[0])} for k, u, b, v, d in self.trained]


if __name__ == "__main__":
    peer.serve(lambda: Peer(sys.argv[1:] == ["graph"]))
