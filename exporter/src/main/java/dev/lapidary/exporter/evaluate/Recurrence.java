package dev.lapidary.exporter.evaluate;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.List;
import java.util.Optional;

/**
 * LSTM, GRU and RNN with the default activations, and RNN with Relu, {@code X: [length, batch,
 * in]}. Gates are in the order input, output, forget, cell, and update, reset, hidden.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__LSTM.html">ONNX, LSTM</a>
 */
final class Recurrence {
  private static final int INPUT_WEIGHT = 1;
  private static final int RECURRENT_WEIGHT = 2;
  private static final int BIAS = 3;
  private static final int LENGTHS = 4;
  private static final int HIDDEN = 5;
  private static final int CELL = 6;
  private static final int PEEPHOLES = 7;

  private final Kernel.Call call;
  private final boolean rectifies;
  private final int length;
  private final int batch;
  private final int width;
  private final Grid output;
  private final Grid hidden;
  private final Grid cells;

  private Recurrence(Kernel.Call call) {
    Grid x = call.in(0);
    int directions = call.in(INPUT_WEIGHT).shape()[0];
    this.call = call;
    this.rectifies = call.node().attribute("activations").equals(each("Relu", directions));
    this.length = x.shape()[0];
    this.batch = x.shape()[1];
    this.width = call.in(RECURRENT_WEIGHT).shape()[2];
    this.output = Grid.zeros(x.dtype(), length, directions, batch, width);
    this.hidden = Grid.zeros(x.dtype(), directions, batch, width);
    this.cells = Grid.zeros(x.dtype(), directions, batch, width);
  }

  static void addTo(Evaluator e) {
    e.several("LSTM", Recurrence::run);
    e.several("GRU", Recurrence::run);
    e.several("RNN", Recurrence::run);
  }

  private static Optional<Attribute> each(String activation, int directions) {
    return Optional.of(new Attribute.Texts(java.util.Collections.nCopies(directions, activation)));
  }

  private static List<Grid> run(Kernel.Call call) {
    int directions = call.in(INPUT_WEIGHT).shape()[0];
    requireKnown(call, directions);
    Grid x = call.in(0);
    long weights = call.in(INPUT_WEIGHT).values().length;
    weights += call.in(RECURRENT_WEIGHT).values().length;
    call.spend(x.shape()[0], x.shape()[1], weights);
    Recurrence recurrence = new Recurrence(call);
    String direction = call.node().textOr("direction", "forward");
    for (int d = 0; d < directions; d++) {
      boolean backwards = direction.equals("reverse") || d == 1;
      for (int b = 0; b < x.shape()[1]; b++) {
        recurrence.run(d, b, backwards);
      }
    }
    return call.node().is("LSTM")
        ? List.of(recurrence.output, recurrence.hidden, recurrence.cells)
        : List.of(recurrence.output, recurrence.hidden);
  }

  private static void requireKnown(Kernel.Call call, int directions) {
    Optional<Attribute> activations = call.node().attribute("activations");
    boolean plain =
        activations.isEmpty()
            || (call.node().is("RNN")
                && (activations.equals(each("Tanh", directions))
                    || activations.equals(each("Relu", directions))));
    for (String attribute : List.of("clip", "input_forget")) {
      plain &= call.node().attribute(attribute).isEmpty();
    }
    if (!plain) {
      throw call.declined("other activations, clip and input_forget are not computed here");
    }
    if (call.has(LENGTHS) || call.has(PEEPHOLES) || call.node().intOr("layout", 0) != 0) {
      throw call.declined("lengths, peepholes and another layout are not computed here");
    }
  }

  /** One sequence in one direction. */
  private void run(int direction, int sample, boolean backwards) {
    int state = (direction * batch + sample) * width;
    double[] h = initial(HIDDEN, state);
    double[] c = initial(CELL, state);
    for (int step = 0; step < length; step++) {
      int at = backwards ? length - 1 - step : step;
      double[] x = sums(INPUT_WEIGHT, direction, call.in(0).values(), at * batch + sample);
      double[] r = sums(RECURRENT_WEIGHT, direction, h, 0);
      switch (call.node().op()) {
        case "LSTM" -> lstm(x, r, h, c);
        case "GRU" -> gru(x, r, h, direction);
        default -> rnn(x, r, h);
      }
      int row = ((at * output.shape()[1] + direction) * batch + sample) * width;
      System.arraycopy(h, 0, output.values(), row, width);
    }
    System.arraycopy(h, 0, hidden.values(), state, width);
    System.arraycopy(c, 0, cells.values(), state, width);
  }

  private double[] initial(int index, int from) {
    double[] state = new double[width];
    if (call.has(index)) {
      System.arraycopy(call.in(index).values(), from, state, 0, width);
    }
    return state;
  }

  private void lstm(double[] x, double[] r, double[] h, double[] c) {
    for (int i = 0; i < width; i++) {
      double input = sigmoid(x[i] + r[i]);
      double out = sigmoid(x[width + i] + r[width + i]);
      double forget = sigmoid(x[2 * width + i] + r[2 * width + i]);
      c[i] = forget * c[i] + input * Math.tanh(x[3 * width + i] + r[3 * width + i]);
      h[i] = out * Math.tanh(c[i]);
    }
  }

  private void gru(double[] x, double[] r, double[] h, int direction) {
    boolean linearBeforeReset = call.node().intOr("linear_before_reset", 0) == 1;
    double[] reset = new double[width];
    double[] rest = new double[width];
    for (int i = 0; i < width; i++) {
      reset[i] = sigmoid(x[width + i] + r[width + i]);
      rest[i] = reset[i] * h[i];
    }
    double[] ofRest = linearBeforeReset ? r : sums(RECURRENT_WEIGHT, direction, rest, 0);
    for (int i = 0; i < width; i++) {
      double update = sigmoid(x[i] + r[i]);
      double factor = linearBeforeReset ? reset[i] : 1;
      double fresh = Math.tanh(x[2 * width + i] + factor * ofRest[2 * width + i]);
      h[i] = (1 - update) * fresh + update * h[i];
    }
  }

  private void rnn(double[] x, double[] r, double[] h) {
    for (int i = 0; i < width; i++) {
      double sum = x[i] + r[i];
      h[i] = rectifies ? Math.max(sum, 0) : Math.tanh(sum);
    }
  }

  /**
   * {@code W x + Wb} or {@code R h + Rb}, before the activations.
   *
   * @param row of the vectors that {@code values} holds
   */
  private double[] sums(int weight, int direction, double[] values, int row) {
    int rows = call.in(weight).shape()[1];
    int columns = call.in(weight).shape()[2];
    double[] w = call.in(weight).values();
    double[] sums = new double[rows];
    for (int i = 0; i < rows; i++) {
      if (call.has(BIAS)) {
        int block = 2 * direction + (weight == INPUT_WEIGHT ? 0 : 1);
        sums[i] = call.in(BIAS).values()[block * rows + i];
      }
      for (int k = 0; k < columns; k++) {
        sums[i] += w[(direction * rows + i) * columns + k] * values[row * columns + k];
      }
    }
    return sums;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
