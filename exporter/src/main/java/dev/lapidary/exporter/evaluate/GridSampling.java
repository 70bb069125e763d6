package dev.lapidary.exporter.evaluate;

import java.util.Arrays;

/**
 * GridSample of images {@code X: [N, C, H, W]} at {@code grid: [N, H', W', 2]}, whose last axis is
 * (x, y). What is beyond the border is mapped inside, or counts nothing.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__GridSample.html">ONNX, GridSample</a>
 */
final class GridSampling {
  private static final int OUTSIDE = -1;

  private final String mode;
  private final String padding;
  private final boolean aligned;

  /** The pixels along an axis that a place is made of, and how much of each. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never shared
  private record Taps(int[] pixels, double[] weights) {}

  private GridSampling(Kernel.Call call) {
    this.mode = call.node().textOr("mode", "linear");
    this.padding = call.node().textOr("padding_mode", "zeros");
    this.aligned = call.node().intOr("align_corners", 0) == 1;
  }

  static void addTo(Evaluator e) {
    e.single("GridSample", GridSampling::sample);
  }

  private static Grid sample(Kernel.Call call) {
    if (call.in(0).rank() != 4) {
      throw call.declined("volumes are not computed here");
    }
    call.hold(call.in(1).values().length / 2, call.in(0).shape()[1]);
    long taps = 16;
    call.spend(call.in(1).values().length / 2, call.in(0).shape()[1], taps);
    return new GridSampling(call).sampled(call.in(0), call.in(1));
  }

  private Grid sampled(Grid x, Grid grid) {
    int[] s = x.shape();
    int places = grid.shape()[1] * grid.shape()[2];
    Grid y = Grid.zeros(x.dtype(), s[0], s[1], grid.shape()[1], grid.shape()[2]);
    for (int i = 0; i < s[0] * places; i++) {
      Taps columns = taps(grid.values()[2 * i], s[3]);
      Taps rows = taps(grid.values()[2 * i + 1], s[2]);
      for (int c = 0; c < s[1]; c++) {
        int plane = i / places * s[1] + c;
        y.values()[plane * places + i % places] =
            mixed(x.values(), plane * s[2] * s[3], s[3], rows, columns);
      }
    }
    return y;
  }

  private static double mixed(double[] x, int plane, int width, Taps rows, Taps columns) {
    double sum = 0;
    for (int r = 0; r < rows.pixels.length; r++) {
      for (int c = 0; c < columns.pixels.length; c++) {
        if (rows.pixels[r] != OUTSIDE && columns.pixels[c] != OUTSIDE) {
          double value = x[plane + rows.pixels[r] * width + columns.pixels[c]];
          sum += rows.weights[r] * columns.weights[c] * value;
        }
      }
    }
    return sum;
  }

  /**
   * @param place from -1 to 1
   */
  private Taps taps(double place, int size) {
    double at = aligned ? (place + 1) / 2 * (size - 1) : ((place + 1) * size - 1) / 2;
    double[] weights =
        switch (mode) {
          case "nearest" -> new double[] {1};
          case "linear", "bilinear" ->
              new double[] {1 - Resampling.fraction(at), Resampling.fraction(at)};
          default -> Resampling.cubic(-0.75, Resampling.fraction(at));
        };
    int[] pixels = new int[weights.length];
    int before = weights.length / 2 - 1;
    if (mode.equals("nearest")) {
      pixels[0] = pixel(Math.rint(inside(at, size)), size);
    } else {
      Arrays.setAll(pixels, k -> pixel(inside(Math.floor(at) - before + k, size), size));
    }
    return new Taps(pixels, weights);
  }

  private static int pixel(double at, int size) {
    return at >= 0 && at < size ? (int) at : OUTSIDE;
  }

  private double inside(double at, int size) {
    return switch (padding) {
      case "border" -> Math.min(Math.max(at, 0), size - 1);
      case "reflection" -> Math.min(Math.max(reflected(at, size), 0), size - 1);
      default -> at;
    };
  }

  /** At the outer pixels' centres if corners are aligned, else at their outer edges. */
  private double reflected(double at, int size) {
    double low = aligned ? 0 : -0.5;
    double span = aligned ? size - 1 : size;
    if (span == 0) {
      return 0;
    }
    double from = Math.abs(at - low);
    double rest = from % span;
    return low + (Math.floor(from / span) % 2 == 0 ? rest : span - rest);
  }
}
