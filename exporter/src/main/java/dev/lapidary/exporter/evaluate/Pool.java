package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Pooling over any number of spatial axes. x: [N,C,...]. */
final class Pool {
  private Pool() {}

  static void addTo(Evaluator e) {
    e.several("MaxPool", Pool::max);
    e.single("AveragePool", Pool::average);
    e.single(
        "GlobalAveragePool", call -> global(call, row -> Arrays.stream(row).sum() / row.length));
    e.single("GlobalMaxPool", call -> global(call, row -> Arrays.stream(row).max().orElseThrow()));
  }

  /** What a window becomes: its pixels, without those on padding. */
  @FunctionalInterface
  private interface Summary {
    double of(double[] pixels);
  }

  /** The maxima and, where the node has a second output, their places in the whole tensor. */
  private static List<Grid> max(Kernel.Call call) {
    Grid maxima = slide(call, row -> Arrays.stream(row).max().orElse(Double.NEGATIVE_INFINITY));
    if (call.node().outputs().size() == 1) {
      return List.of(maxima);
    }
    if (call.node().intOr("storage_order", 0) == 1) {
      throw call.declined("places that are counted by columns");
    }
    double[] x = call.in(0).values();
    Window window = Window.of(call, Window.ints(call.node(), "kernel_shape", 0, 1));
    int[][] positions = window.positions();
    Grid places = Grid.zeros(DType.INT64, maxima.shape());
    for (int i = 0; i < places.values().length; i++) {
      int image = i / positions.length * window.pixels();
      double greatest = maxima.values()[i];
      places.values()[i] =
          Arrays.stream(positions[i % positions.length])
              .filter(tap -> tap >= 0)
              .map(tap -> image + tap)
              .filter(place -> x[place] == greatest)
              .findFirst()
              .orElseThrow(() -> call.declined("a window without a maximum"));
    }
    return List.of(maxima, places);
  }

  private static Grid average(Kernel.Call call) {
    boolean countsPadding = call.node().intOr("count_include_pad", 0) == 1;
    if (countsPadding && call.node().intOr("ceil_mode", 0) == 1) {
      throw call.declined("ceil_mode with counted padding means different things to runtimes");
    }
    int taps =
        Arrays.stream(Window.ints(call.node(), "kernel_shape", 0, 1))
            .reduce(1, Math::multiplyExact);
    return slide(call, row -> Arrays.stream(row).sum() / (countsPadding ? taps : row.length));
  }

  private static Grid slide(Kernel.Call call, Summary summary) {
    Grid x = call.in(0);
    Window window = Window.of(call, Window.ints(call.node(), "kernel_shape", 0, 1));
    call.hold(window.places(), window.taps());
    call.spend(x.shape()[0], x.shape()[1], window.places(), window.taps());
    int[][] positions = window.positions();
    Grid y = Grid.zeros(x.dtype(), Convolution.shape(x.shape()[0], x.shape()[1], window.out()));
    for (int i = 0; i < y.values().length; i++) {
      int image = i / positions.length * window.pixels();
      y.values()[i] =
          summary.of(
              Arrays.stream(positions[i % positions.length])
                  .filter(tap -> tap >= 0)
                  .mapToDouble(tap -> x.values()[image + tap])
                  .toArray());
    }
    return y;
  }

  private static Grid global(Kernel.Call call, Summary summary) {
    Grid x = call.in(0);
    return Reduction.reduced(x, IntStream.range(2, x.rank()).toArray(), true, summary::of);
  }
}
