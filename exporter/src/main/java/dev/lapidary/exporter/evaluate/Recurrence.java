package dev.lapidary.exporter.evaluate;

import java.util.List;

/**
 * LSTM with the default activations, {@code X: [length, batch, in]}. Gates are in the order input,
 * output, forget, cell.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__LSTM.html">ONNX, LSTM</a>
 */
final class Recurrence {
  private static final int LENGTHS = 4;
  private static final int PEEPHOLES = 7;

  private final Kernel.Call call;
  private final int length;
  private final int batch;
  private final int width;
  private final Grid output;
  private final Grid hidden;
  private final Grid cells;

  private Recurrence(Kernel.Call call) {
    Grid x = call.in(0);
    int directions = call.in(1).shape()[0];
    this.call = call;
    this.length = x.shape()[0];
    this.batch = x.shape()[1];
    this.width = call.in(2).shape()[2];
    this.output = Grid.zeros(x.dtype(), length, directions, batch, width);
    this.hidden = Grid.zeros(x.dtype(), directions, batch, width);
    this.cells = Grid.zeros(x.dtype(), directions, batch, width);
  }

  static void addTo(Evaluator e) {
    e.several("LSTM", Recurrence::lstm);
  }

  private static List<Grid> lstm(Kernel.Call call) {
    for (String attribute : List.of("activations", "clip", "input_forget")) {
      if (call.node().attribute(attribute).isPresent()) {
        throw call.declined(attribute + " is not computed here");
      }
    }
    if (call.has(LENGTHS) || call.has(PEEPHOLES) || call.node().intOr("layout", 0) != 0) {
      throw call.declined("lengths, peepholes and another layout are not computed here");
    }
    Recurrence recurrence = new Recurrence(call);
    String direction = call.node().textOr("direction", "forward");
    int directions = call.in(1).shape()[0];
    for (int d = 0; d < directions; d++) {
      boolean backwards = direction.equals("reverse") || d == 1;
      for (int b = 0; b < call.in(0).shape()[1]; b++) {
        recurrence.run(d, b, backwards);
      }
    }
    return List.of(recurrence.output, recurrence.hidden, recurrence.cells);
  }

  /** One sequence in one direction. */
  private void run(int direction, int sample, boolean backwards) {
    int state = (direction * batch + sample) * width;
    double[] h = initial(5, state);
    double[] c = initial(6, state);
    for (int step = 0; step < length; step++) {
      int at = backwards ? length - 1 - step : step;
      double[] gates = gates(direction, at * batch + sample, h);
      for (int i = 0; i < width; i++) {
        double input = sigmoid(gates[i]);
        double out = sigmoid(gates[width + i]);
        double forget = sigmoid(gates[2 * width + i]);
        c[i] = forget * c[i] + input * Math.tanh(gates[3 * width + i]);
        h[i] = out * Math.tanh(c[i]);
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

  /** {@code W x + R h + Wb + Rb}, before the activations. */
  private double[] gates(int direction, int sample, double[] h) {
    int rows = 4 * width;
    double[] gates = new double[rows];
    double[] x = call.in(0).values();
    double[] w = call.in(1).values();
    double[] r = call.in(2).values();
    int features = call.in(0).shape()[2];
    for (int i = 0; i < rows; i++) {
      double sum = 0;
      if (call.has(3)) {
        int bias = direction * 2 * rows + i;
        sum = call.in(3).values()[bias] + call.in(3).values()[bias + rows];
      }
      for (int k = 0; k < features; k++) {
        sum += w[(direction * rows + i) * features + k] * x[sample * features + k];
      }
      for (int k = 0; k < width; k++) {
        sum += r[(direction * rows + i) * width + k] * h[k];
      }
      gates[i] = sum;
    }
    return gates;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
