/* lstm_one.h - training one neuron on one input by Adam, with the divider never idle. Part of lstm_kernel.c.
 *
 * A step of so small a model waits mostly for its own chain of results: z, gates, c', h', y, deltas, moments, weights.
 * Adam's 14 divisions and 14 square roots a lane keep the divider busy for nearly as long as the chain takes, yet while
 * the chain goes through forward and backward it stands idle. So the lanes are trained in two halves that are half a step
 * apart, and what either does is written down in the order in which a processor can begin it: each place of a cycle has a
 * weight that one half moves, and the stages on their way from a row to its deltas that both halves have come to. A half
 * begins its next row as soon as the weights of the candidate gate have moved, while its other weights still wait.
 * What happens in each lane, and in which order, is what train() of lstm_kernel.c does: the bits are the same. */
#ifndef LSTM_ONE_H
#define LSTM_ONE_H

enum { HALF = LANES / 2 };
#define EACH_HALF_LANE _Pragma("omp simd") for (int l = 0; l < HALF; l++)

/* The parameters in their order: W, U and b of the gates i, f, c, o; then v, d. Between them is a second bias vector, where
 * there is one. Its gradients are those of the first, and so are its moments: it goes wherever the first goes. */
enum { ONE_INPUT = 0, ONE_RECURRENT = 4, ONE_BIAS = 8, ONE_DENSE = 12, ONE_DENSE_BIAS = 13, ONE_PARAMETERS = 14 };
#define ONE_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) /* as straight code */
enum { GATE_IN, GATE_FORGET, GATE_CANDIDATE, GATE_OUT, GATES };

/* A function of elementary.h for REAL; those for tanh all have a float and a double version. */
#define TANH_PART(name) _Generic((REAL)0, float : name##_float, double : name##_double)

/* Half of the lanes, and the row that it is at. */
typedef struct {
    _Alignas(64) REAL hidden[HALF]; /* the state before the row, with cell */
    REAL cell[HALF];
    REAL hidden_next[HALF], cell_next[HALF];    /* as its forward pass leaves it */
    REAL hidden_after[HALF], cell_after[HALF];  /* before the row after it */
    REAL scale[HALF], rest[HALF], series[HALF]; /* of the tanh that is under way; see tanh() in elementary.h */
    REAL gates[GATES][HALF], squashed[HALF], y[HALF], dy[HALF], d_hidden[HALF], d_cell[HALF], deltas[GATES][HALF];
    REAL *w, *m, *v;        /* [parameters][LANES], from the half's first lane on */
    double *loss;           /* [HALF]; NULL: not recorded */
    int lane;               /* that one */
    REAL x, target, x_next; /* x_next: of the row after it */
} half;

/* Where a parameter begins, in numbers. */
INLINE size_t offset_of(const constants k, int parameter) {
    return (size_t)(parameter < ONE_DENSE ? parameter : parameter + (k.bias_vectors - 1) * GATES) * LANES;
}

/* From a bias to that of the second vector. */
enum { TO_SECOND_BIAS = GATES * LANES };

/* z = a(z), z [HALF]. */
INLINE void activate_half(activation a, REAL *z) {
#define ACTIVATE(CONSTANT, name)                                                                                       \
    case ACTIVATION_##CONSTANT: EACH_HALF_LANE z[l] = activation_##name(z[l]); break;
    switch (a) { ACTIVATIONS(ACTIVATE) }
#undef ACTIVATE
}

/* delta = delta a'(z) by the activated y = a(z); [HALF]. */
INLINE void through_half_slope(activation a, const REAL *y, REAL *delta) {
#define SLOPE(CONSTANT, name)                                                                                          \
    case ACTIVATION_##CONSTANT: EACH_HALF_LANE delta[l] *= slope_##name(y[l]); break;
    switch (a) { ACTIVATIONS(SLOPE) }
#undef SLOPE
}

/* --- a cycle ---------------------------------------------------------------------------------------------------- */

/* A cycle has a place for each weight of either half. At places 0 ... 13 a half's own weights are moved, in this order. */
static const int order_of_weights[ONE_PARAMETERS] = {2, 6, 10, 0, 1, 8, 4, 5, 9, 12, 7, 3, 11, 13};

/* The places where its stages from a row to its deltas are begun: those before place 14 are of the next row already, each
 * after the weights that it needs. Both orders were found by trying hundreds, measured on Zen 4 with AVX2 and AVX-512; what
 * makes one good is that hardly anything stands long before its operands are there. */
enum {
    SUM_CANDIDATE = 6,
    CANDIDATE_REDUCE = 7,
    CANDIDATE_BEGIN = 9,
    CANDIDATE_END = 10,
    CANDIDATE_FINISH = 13,
    SUM_IN = 8,
    OPEN_IN = 10,
    SUM_FORGET = 12,
    OPEN_FORGET = 14,
    SUM_OUT = 16,
    OPEN_OUT = 17,
    NEXT_CELL = 15,
    SQUASH_REDUCE = 15,
    SQUASH_BEGIN = 17,
    SQUASH_END = 19,
    SQUASH_FINISH = 23,
    OUTPUT = 25,
    DELTA_HIDDEN = 25,
    DELTA_CELL = 25,
    DELTA_CANDIDATE = 26,
    DELTA_IN = 27,
    DELTA_FORGET = 27,
    DELTA_OUT = 25,
    ADD_LOSS = 27
};

/* The inputs of a gate, by the weights as they have just been moved. */
INLINE void sum_gate(half *s, const constants k, int gate) {
    const REAL *input = s->w + (ONE_INPUT + gate) * LANES, *recurrent = s->w + (ONE_RECURRENT + gate) * LANES,
               *bias = s->w + (ONE_BIAS + gate) * LANES, *hidden = s->hidden_after;
    EACH_HALF_LANE {
        REAL biases = k.bias_vectors == 2 ? bias[l] + bias[TO_SECOND_BIAS + l] : bias[l];
        s->gates[gate][l] = biases + input[l] * s->x_next + recurrent[l] * hidden[l];
    }
}

/* A tanh is the longest part of the chain. Written in one piece, what waits in it would fill the processor's registers, and
 * it could not look as far ahead as to the other half; so it is taken in four steps, with what they hand on in the half. */
INLINE void reduce_tanh(half *s, const REAL *z) {
    EACH_HALF_LANE s->rest[l] = TANH_PART(tanh_reduce)(z[l], &s->scale[l]);
}
INLINE void begin_series(half *s) { EACH_HALF_LANE s->series[l] = TANH_PART(expm1_begin)(s->rest[l]); }
INLINE void end_series(half *s) { EACH_HALF_LANE s->series[l] = TANH_PART(expm1_end)(s->series[l], s->rest[l]); }
INLINE void finish_tanh(half *s, REAL *z) {
    EACH_HALF_LANE z[l] = TANH_PART(tanh_finish)(s->series[l], s->scale[l], z[l]);
}

INLINE void next_cell(half *s) {
    const REAL *forget = s->gates[GATE_FORGET], *in = s->gates[GATE_IN], *candidate = s->gates[GATE_CANDIDATE];
    EACH_HALF_LANE {
        s->cell_next[l] = forget[l] * s->cell[l] + in[l] * candidate[l];
        s->squashed[l] = s->cell_next[l];
    }
}

INLINE void output_row(half *s, const constants k) {
    const REAL *dense = s->w + offset_of(k, ONE_DENSE), *dense_bias = s->w + offset_of(k, ONE_DENSE_BIAS);
    EACH_HALF_LANE {
        s->hidden_next[l] = s->gates[GATE_OUT][l] * s->squashed[l];
        s->y[l] = dense_bias[l] + s->hidden_next[l] * dense[l];
        s->dy[l] = 2 * (s->y[l] - s->target);
    }
}

/* delta = d loss / d a, by what a was multiplied by, and through its slope. */
INLINE void delta_gate(half *s, activation a, int gate, const REAL *d, const REAL *factor) {
    EACH_HALF_LANE s->deltas[gate][l] = d[l] * factor[l];
    through_half_slope(a, s->gates[gate], s->deltas[gate]);
}

/* Called, not inlined: doubles of half the lanes take vectors so wide that some processors slow down for them. */
static __attribute__((noinline)) void add_half_loss(half *s) {
    for (int l = 0; l < HALF; l++) s->loss[l] += (double)((s->y[l] - s->target) * (s->y[l] - s->target));
}

/* All stages that begin at a place; see finish_forward() and backward() for the equations. */
INLINE void take_stages(half *s, const constants k, int place) {
    const REAL *dense = s->w + offset_of(k, ONE_DENSE), *out = s->gates[GATE_OUT];
    if (place == SUM_CANDIDATE) sum_gate(s, k, GATE_CANDIDATE);
    if (place == CANDIDATE_REDUCE) reduce_tanh(s, s->gates[GATE_CANDIDATE]);
    if (place == CANDIDATE_BEGIN) begin_series(s);
    if (place == CANDIDATE_END) end_series(s);
    if (place == CANDIDATE_FINISH) finish_tanh(s, s->gates[GATE_CANDIDATE]);
    if (place == SUM_IN) sum_gate(s, k, GATE_IN);
    if (place == OPEN_IN) activate_half(k.recurrent_activation, s->gates[GATE_IN]);
    if (place == SUM_FORGET) sum_gate(s, k, GATE_FORGET);
    if (place == OPEN_FORGET) activate_half(k.recurrent_activation, s->gates[GATE_FORGET]);
    if (place == SUM_OUT) sum_gate(s, k, GATE_OUT);
    if (place == OPEN_OUT) activate_half(k.recurrent_activation, s->gates[GATE_OUT]);
    if (place == NEXT_CELL) next_cell(s);
    if (place == SQUASH_REDUCE) reduce_tanh(s, s->squashed);
    if (place == SQUASH_BEGIN) begin_series(s);
    if (place == SQUASH_END) end_series(s);
    if (place == SQUASH_FINISH) finish_tanh(s, s->squashed);
    if (place == OUTPUT) output_row(s, k);
    if (place == DELTA_HIDDEN) EACH_HALF_LANE s->d_hidden[l] = s->dy[l] * dense[l];
    if (place == DELTA_CELL) {
        EACH_HALF_LANE s->d_cell[l] = s->d_hidden[l] * out[l];
        through_half_slope(ACTIVATION_TANH, s->squashed, s->d_cell);
    }
    if (place == DELTA_OUT) delta_gate(s, k.recurrent_activation, GATE_OUT, s->d_hidden, s->squashed);
    if (place == DELTA_CANDIDATE) delta_gate(s, ACTIVATION_TANH, GATE_CANDIDATE, s->d_cell, s->gates[GATE_IN]);
    if (place == DELTA_IN) delta_gate(s, k.recurrent_activation, GATE_IN, s->d_cell, s->gates[GATE_CANDIDATE]);
    if (place == DELTA_FORGET) delta_gate(s, k.recurrent_activation, GATE_FORGET, s->d_cell, s->cell);
    if (place == ADD_LOSS && s->loss) add_half_loss(s);
}

/* One weight by its gradient: optimizer_adam(), with its results in registers until all are there. */
INLINE void move_weight(half *s, const constants k, const step_size *step, int parameter) {
    const size_t at = offset_of(k, parameter);
    REAL *w = s->w + at, *m = s->m + at, *v = s->v + at;
    const bool twice = k.bias_vectors == 2 && parameter >= ONE_BIAS && parameter < ONE_DENSE;
    const REAL *delta = s->deltas[parameter % GATES], *rates = step->rates + s->lane,
               *epsilons = step->epsilons + s->lane;
    EACH_HALF_LANE {
        REAL g = parameter < ONE_RECURRENT ? s->x * delta[l]
                 : parameter < ONE_BIAS    ? s->hidden[l] * delta[l]
                 : parameter < ONE_DENSE   ? delta[l]
                 : parameter == ONE_DENSE  ? s->hidden_next[l] * s->dy[l]
                                           : s->dy[l];
        REAL first = k.beta_1 * m[l] + k.one_minus_beta_1 * g;
        REAL second = k.beta_2 * v[l] + k.one_minus_beta_2 * (g * g);
        m[l] = first;
        v[l] = second;
        REAL change = (k.grouped ? rates[l] : step->rate) * first /
                      (square_root(second) + (k.grouped ? epsilons[l] : step->epsilon));
        w[l] -= change;
        if (twice) w[TO_SECOND_BIAS + l] -= change;
    }
}

/* A weight that one half moves, and what both have come to meanwhile. */
INLINE void take_halves(half *moves, half *other, const constants k, const step_size *step, int place) {
    move_weight(moves, k, step, order_of_weights[place]);
    take_stages(other, k, ONE_PARAMETERS + place);
    take_stages(moves, k, place);
}

/* The input of the next row, and the state that it starts from. */
INLINE void look_ahead(half *s, const lstm_rows *rows, int row_after, row_state state, bool resets) {
    s->x_next = (REAL)rows->inputs[row_after];
    if (resets) {
        EACH_HALF_LANE s->hidden_after[l] = 0;
        EACH_HALF_LANE s->cell_after[l] = 0;
    } else if (state == ROW_STATE_KEPT) {
        EACH_HALF_LANE s->hidden_after[l] = s->hidden[l];
        EACH_HALF_LANE s->cell_after[l] = s->cell[l];
    } else {
        EACH_HALF_LANE s->hidden_after[l] = s->hidden_next[l];
        EACH_HALF_LANE s->cell_after[l] = s->cell_next[l];
    }
}

/* On to that row, which is under way by now. */
INLINE void go_on(half *s, const lstm_rows *rows, int row) {
    s->x = s->x_next;
    s->target = (REAL)rows->targets[row];
    EACH_HALF_LANE s->hidden[l] = s->hidden_after[l];
    EACH_HALF_LANE s->cell[l] = s->cell_after[l];
}

INLINE void begin_half(half *s, lstm *model, int lane) {
    s->lane = lane;
    s->w = (REAL *)model->weights + lane;
    s->m = (REAL *)model->moment_1 + lane;
    s->v = (REAL *)model->moment_2 + lane;
    s->loss = model->records_loss ? model->loss + lane : NULL;
    memcpy(s->hidden, (REAL *)model->hidden + lane, sizeof s->hidden);
    memcpy(s->cell, (REAL *)model->cell + lane, sizeof s->cell);
}

INLINE void end_half(const half *s, lstm *model, int lane) {
    memcpy((REAL *)model->hidden + lane, s->hidden, sizeof s->hidden);
    memcpy((REAL *)model->cell + lane, s->cell, sizeof s->cell);
}

/* The moments of the second bias vector, which nothing but a fit of another kind asks for. */
INLINE void copy_moments(lstm *model) {
    REAL *m = (REAL *)model->moment_1 + ONE_BIAS * LANES, *v = (REAL *)model->moment_2 + ONE_BIAS * LANES;
    for (int b = 0; b < TO_SECOND_BIAS; b += LANES) {
        EACH_LANE m[TO_SECOND_BIAS + b + l] = m[b + l];
        EACH_LANE v[TO_SECOND_BIAS + b + l] = v[b + l];
    }
}

/* train() for one input, one neuron, Adam and tanh, and epoch after epoch without a pause. */
INLINE int train_halves(lstm *model, const constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    half ahead, behind; /* the first is half a cycle ahead of the second */
    step_size step;
    if (epochs->n == 0) return 0;
    begin_half(&ahead, model, 0);
    begin_half(&behind, model, HALF);
    look_ahead(&ahead, rows, 0, ROW_STATE_KEPT, false);
    look_ahead(&behind, rows, 0, ROW_STATE_KEPT, false);
#define BEGIN(place) take_stages(&ahead, k, place), take_stages(&behind, k, place);
    ONE_EACH(BEGIN)
    go_on(&ahead, rows, 0);
    go_on(&behind, rows, 0);
#define GO_AHEAD(place) take_stages(&ahead, k, ONE_PARAMETERS + (place));
    ONE_EACH(GO_AHEAD)
    int epoch = 0;
    for (int row = 0; epoch < epochs->n;) {
        bool ends = row + 1 == rows->n;
        int after = ends ? 0 : row + 1;
        epoch += ends;
        next_step(model, k, &step);
        look_ahead(&ahead, rows, after, epochs->state, ends && epochs->reset);
#define MOVE_AHEAD(place) take_halves(&ahead, &behind, k, &step, place);
        ONE_EACH(MOVE_AHEAD)
        go_on(&ahead, rows, after);
        look_ahead(&behind, rows, after, epochs->state, ends && epochs->reset);
        if (epoch == epochs->n) {
#define MOVE_LAST(place) move_weight(&behind, k, &step, order_of_weights[place]);
            ONE_EACH(MOVE_LAST)
        } else {
#define MOVE_BEHIND(place) take_halves(&behind, &ahead, k, &step, place);
            ONE_EACH(MOVE_BEHIND)
        }
        go_on(&behind, rows, after);
        row = after;
        if (ends && has_diverged(model, k)) break;
    }
    end_half(&ahead, model, 0);
    end_half(&behind, model, HALF);
    if (k.bias_vectors == 2) copy_moments(model);
    if (epochs->reset) lstm_reset_state(model); /* that of a batch's places, too */
    return epoch;
}

#endif
