"""The network in Keras: its stateful LSTM layer, its Dense layer, its optimizers; compiled loops over rows and epochs.

`keras` is Keras 3 (`import keras`, with TensorFlow) or Keras 2 (`import tf_keras`). A fit in batches is possible
where it is the only one, as in fixed.
"""
import numpy as np
import tensorflow as tf

# what a config calls by another name than a version of Keras does, or what that version lacks
NAMES = {2: {"hard_sigmoid": "hard_sigmoid"}, 3: {"hard_sigmoid_6": "hard_sigmoid"}}
CLIPS = {"hard_sigmoid": lambda x: tf.clip_by_value(0.2 * x + 0.5, 0, 1),
         "hard_sigmoid_6": lambda x: tf.clip_by_value(x / 6 + 0.5, 0, 1)}


def version(keras):
    return int(keras.__version__[0])


def activation(keras, name):
    """The framework's own function where it has one."""
    return NAMES[version(keras)].get(name) or CLIPS.get(name) or name


def make_optimizer(keras, o):
    """NumPy's numbers, because Keras would pass Python's through 32 bits even where the weights have 64."""
    o = {key: np.float64(value) if isinstance(value, float) else value for key, value in o.items()}
    rate, name = o.get("learning_rate", np.float64(0.001)), o.get("name", "adam")
    if name == "sgd":
        return keras.optimizers.SGD(rate)
    if name == "rmsprop":
        # later ones put epsilon under the root
        return keras.optimizers.legacy.RMSprop(rate, rho=o.get("beta_2", np.float64(0.9)), epsilon=o["epsilon"])
    return keras.optimizers.Adam(rate, beta_1=o.get("beta_1", np.float64(0.9)),
                                 beta_2=o.get("beta_2", np.float64(0.999)), epsilon=float(o["epsilon"]))


class KerasNet:
    def __init__(self, keras, model, optimizer, lags, precision="f32"):
        keras.backend.set_floatx("float32" if precision == "f32" else "float64")
        self.keras, self.model, self.optimizer_spec, self.lags = keras, model, optimizer, lags
        self.dtype = np.float32 if precision == "f32" else np.float64
        self.network = self.make_network(1)
        self.epoch = self.compile_epoch(self.network)

    def draw(self):
        """Initial weights as Keras draws them."""
        return self.layout(self.make_network(1).get_weights())

    def make_network(self, batch):
        layers = self.keras.layers
        lstm = layers.LSTM(
            self.model["neurons"], stateful=True, unroll=True, dtype=self.dtype.__name__,
            activation=activation(self.keras, self.model.get("activation", "tanh")),
            recurrent_activation=activation(self.keras, self.model["recurrent_activation"]))
        return self.keras.Sequential([
            layers.Input(batch_shape=(batch, 1, self.lags), dtype=self.dtype.__name__), lstm,
            layers.Dense(1, dtype=self.dtype.__name__)])

    def compile_epoch(self, network):
        """One epoch over batches [batches][batch][1][lags], as one graph, with an optimizer of its own."""
        optimizer = self.optimizer = make_optimizer(self.keras, self.optimizer_spec)
        if hasattr(optimizer, "build"):
            optimizer.build(network.trainable_variables)
        states = network.layers[0].states

        def clear():
            for state in states:
                state.assign(tf.zeros_like(tf.convert_to_tensor(state)))

        shape = (None, states[0].shape[0], 1)
        signature = [tf.TensorSpec((*shape, self.lags), self.dtype), tf.TensorSpec(shape, self.dtype),
                     tf.TensorSpec((), tf.bool)]

        @tf.function(input_signature=signature)
        def epoch(inputs, targets, per_row):
            for batch in tf.range(tf.shape(inputs)[0]):
                if per_row:
                    clear()
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(network(inputs[batch], training=True) - targets[batch]))
                variables = network.trainable_variables
                optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

        return epoch

    def start(self, weights):
        (w,) = weights
        dense = np.reshape(w["dense_kernel"], (-1, 1)), np.reshape(w["dense_bias"], (1,))
        self.network.set_weights([np.array(w["kernel"]), np.array(w["recurrent_kernel"]), np.array(w["bias"]), *dense])
        self.reset_optimizer()
        self.reset_state()

    def weights(self):
        return [self.layout(self.network.get_weights())]

    @staticmethod
    def layout(weights):
        kernel, recurrent, bias, dense, dense_bias = [w.tolist() for w in weights]
        return {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias,
                "dense_kernel": [row[0] for row in dense], "dense_bias": dense_bias[0]}

    def reset_optimizer(self):
        """Zero moments and no steps; its rate is a variable as well, and stays."""
        variables = self.optimizer.variables
        for variable in variables() if callable(variables) else variables:
            if "learning_rate" not in getattr(variable, "path", variable.name):
                variable.assign(tf.zeros_like(tf.convert_to_tensor(variable)))

    def reset_state(self):
        self.clear(self.network)

    @staticmethod
    def clear(network):
        for state in network.layers[0].states:
            state.assign(tf.zeros_like(tf.convert_to_tensor(state)))

    def fit(self, inputs, targets, epochs, batch, state):
        network, epoch = self.network, self.epoch
        if batch > 1:
            network = self.make_network(batch)
            network.set_weights(self.network.get_weights())
            epoch, self.epoch = self.compile_epoch(network), None
        x = tf.constant(np.asarray(inputs, self.dtype).reshape(-1, batch, 1, self.lags))
        t = tf.constant(np.asarray(targets, self.dtype).reshape(-1, batch, 1))
        for _ in range(epochs):
            epoch(x, t, tf.constant(state == "per_row"))
            if state != "carry":
                self.clear(network)
        if batch > 1:
            self.network.set_weights(network.get_weights())

    def forecast(self, inputs):
        x = tf.constant(np.asarray(inputs, self.dtype).reshape(1, 1, self.lags))
        if not hasattr(self, "compiled"):
            self.compiled = tf.function(lambda row: self.network(row, training=False))
        return np.asarray(self.compiled(x), np.float64)[0]
