/* lstm_one.h - training one neuron on one input by Adam, with the divider never idle. Part of lstm_kernel.c.
 *
 * A step of so small a model waits mostly for its own chain of results: z, gates, c', h', y, deltas, moments, weights.
 * Adam's 14 divisions and 14 square roots a lane keep the divider busy for longer than all the rest takes, yet while the
 * chain goes through forward and backward it stands idle. So the lanes are trained in two halves that are half a step
 * apart: between two weights that one half moves, the other half takes one of the stages from its next row to its deltas.
 * What happens in each lane, and in which order, is what train() of lstm_kernel.c does: the bits are the same. */
#ifndef LSTM_ONE_H
#define LSTM_ONE_H

enum { HALF = LANES / 2 };
#define EACH_HALF_LANE _Pragma("omp simd") for (int l = 0; l < HALF; l++)

/* The parameters in their order: W, U and b of the gates i, f, c, o; then v, d. */
enum { ONE_INPUT = 0, ONE_RECURRENT = 4, ONE_BIAS = 8, ONE_DENSE = 12, ONE_DENSE_BIAS = 13, ONE_PARAMETERS = 14 };
#define ONE_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) /* as straight code */
enum { GATE_IN, GATE_FORGET, GATE_CANDIDATE, GATE_OUT, GATES };

/* Half of the lanes, and the row that it is at. */
typedef struct {
    REAL *w, *m, *v; /* [ONE_PARAMETERS][LANES], from the half's first lane on */
    double *loss;    /* [HALF]; NULL: not recorded */
    int lane;        /* that one */
    REAL x, target;
    _Alignas(64) REAL hidden[HALF], cell[HALF]; /* before the row */
    REAL hidden_next[HALF], cell_next[HALF];
    REAL gates[GATES][HALF], squashed[HALF], y[HALF], dy[HALF], d_hidden[HALF], d_cell[HALF], deltas[GATES][HALF];
} half;

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

INLINE void sum_gate(half *s, int gate) {
    const REAL *input = s->w + (ONE_INPUT + gate) * LANES, *recurrent = s->w + (ONE_RECURRENT + gate) * LANES,
               *bias = s->w + (ONE_BIAS + gate) * LANES;
    EACH_HALF_LANE s->gates[gate][l] = bias[l] + input[l] * s->x + recurrent[l] * s->hidden[l];
}

INLINE void open_gate(half *s, const constants k, int gate) {
    activate_half(gate == GATE_CANDIDATE ? k.activation : k.recurrent_activation, s->gates[gate]);
}

INLINE void output_row(half *s) {
    const REAL *dense = s->w + ONE_DENSE * LANES, *dense_bias = s->w + ONE_DENSE_BIAS * LANES;
    EACH_HALF_LANE {
        s->hidden_next[l] = s->gates[GATE_OUT][l] * s->squashed[l];
        s->y[l] = dense_bias[l] + s->hidden_next[l] * dense[l];
        s->dy[l] = 2 * (s->y[l] - s->target);
    }
}

/* Called, not inlined: doubles of half the lanes take vectors so wide that some processors slow down for them. */
static __attribute__((noinline)) void add_half_loss(half *s) {
    for (int l = 0; l < HALF; l++) s->loss[l] += (double)((s->y[l] - s->target) * (s->y[l] - s->target));
}

/* Stage 0 ... ONE_PARAMETERS - 1 from a row to its deltas; see forward() and backward() for the equations. */
INLINE void take_stage(half *s, const constants k, int stage) {
    const REAL *dense = s->w + ONE_DENSE * LANES;
    REAL(*const gates)[HALF] = s->gates, (*const deltas)[HALF] = s->deltas;
    switch (stage) {
    case 0: sum_gate(s, GATE_CANDIDATE); break;
    case 1: open_gate(s, k, GATE_CANDIDATE); break;
    case 2: sum_gate(s, GATE_IN), open_gate(s, k, GATE_IN); break;
    case 3: sum_gate(s, GATE_FORGET), open_gate(s, k, GATE_FORGET); break;
    case 4:
        EACH_HALF_LANE s->cell_next[l] =
            gates[GATE_FORGET][l] * s->cell[l] + gates[GATE_IN][l] * gates[GATE_CANDIDATE][l];
        EACH_HALF_LANE s->squashed[l] = s->cell_next[l];
        break;
    case 5: activate_half(k.activation, s->squashed); break;
    case 6: sum_gate(s, GATE_OUT), open_gate(s, k, GATE_OUT); break;
    case 7: output_row(s); break;
    case 8: EACH_HALF_LANE s->d_hidden[l] = s->dy[l] * dense[l]; break;
    case 9:
        EACH_HALF_LANE s->d_cell[l] = s->d_hidden[l] * gates[GATE_OUT][l];
        through_half_slope(k.activation, s->squashed, s->d_cell);
        break;
    case 10:
        EACH_HALF_LANE deltas[GATE_OUT][l] = s->d_hidden[l] * s->squashed[l];
        through_half_slope(k.recurrent_activation, gates[GATE_OUT], deltas[GATE_OUT]);
        break;
    case 11:
        EACH_HALF_LANE deltas[GATE_IN][l] = s->d_cell[l] * gates[GATE_CANDIDATE][l];
        through_half_slope(k.recurrent_activation, gates[GATE_IN], deltas[GATE_IN]);
        break;
    case 12:
        EACH_HALF_LANE deltas[GATE_FORGET][l] = s->d_cell[l] * s->cell[l];
        through_half_slope(k.recurrent_activation, gates[GATE_FORGET], deltas[GATE_FORGET]);
        break;
    case 13:
        EACH_HALF_LANE deltas[GATE_CANDIDATE][l] = s->d_cell[l] * gates[GATE_IN][l];
        through_half_slope(k.activation, gates[GATE_CANDIDATE], deltas[GATE_CANDIDATE]);
        if (s->loss) add_half_loss(s);
        break;
    }
}

/* One weight by its gradient: optimizer_adam(), with its results in registers until all are there. */
INLINE void move_weight(half *s, const constants k, const step_size *step, int parameter) {
    REAL *w = s->w + parameter * LANES, *m = s->m + parameter * LANES, *v = s->v + parameter * LANES;
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
        w[l] -= (k.grouped ? rates[l] : step->rate) * first /
                (square_root(second) + (k.grouped ? epsilons[l] : step->epsilon));
    }
}

/* The weights of one half, each followed by a stage of the other half, next; NULL: it has no row left. */
INLINE void move_half(half *s, half *next, const constants k, const step_size *step, row_state state) {
#define WEIGHT(parameter)                                                                                              \
    move_weight(s, k, step, parameter);                                                                                \
    if (next) take_stage(next, k, parameter);
    ONE_EACH(WEIGHT)
#undef WEIGHT
    if (state == ROW_STATE_KEPT) return;
    EACH_HALF_LANE s->hidden[l] = s->hidden_next[l];
    EACH_HALF_LANE s->cell[l] = s->cell_next[l];
}

INLINE void set_row(half *s, const lstm_rows *rows, int r) {
    s->x = (REAL)rows->inputs[r];
    s->target = (REAL)rows->targets[r];
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

/* train() for one input, one neuron, one bias vector and Adam. */
INLINE void train_halves(lstm *model, const constants k, const lstm_rows *rows, row_state state) {
    half ahead, behind; /* the first is half a step ahead of the second */
    step_size step;
    if (rows->n == 0) return;
    begin_half(&ahead, model, 0);
    begin_half(&behind, model, HALF);
    set_row(&ahead, rows, 0);
#define STAGE(stage) take_stage(&ahead, k, stage);
    ONE_EACH(STAGE)
#undef STAGE
    for (int r = 0; r < rows->n; r++) {
        next_step(model, k, &step);
        set_row(&behind, rows, r);
        move_half(&ahead, &behind, k, &step, state);
        if (r + 1 == rows->n) {
            move_half(&behind, NULL, k, &step, state);
        } else {
            set_row(&ahead, rows, r + 1);
            move_half(&behind, &ahead, k, &step, state);
        }
    }
    end_half(&ahead, model, 0);
    end_half(&behind, model, HALF);
}

#endif
