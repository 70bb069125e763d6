package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntFunction;

/**
 * What the float graph's values were over the calibration images. Each image is run by itself, on
 * one thread, and what is summed is summed in the images' order: the numbers depend on nothing but
 * the graph and the images.
 */
final class Observations {
  private final Map<String, Histogram> histograms = new LinkedHashMap<>();
  private final Map<String, ChannelSums> channels = new HashMap<>();
  private final Map<Calibrator, Map<String, Range>> ranges = new HashMap<>();

  private Observations() {}

  /**
   * Runs the graph over all images.
   *
   * @param values to observe; the graph's input may be among them
   */
  static Observations of(OnnxGraph graph, Set<String> values, CalibrationSet images) {
    Observations seen = new Observations();
    values.forEach(value -> seen.histograms.put(value, new Histogram()));
    List<String> computed = values.stream().filter(v -> !graph.isInput(v)).toList();
    List<String> given = values.stream().filter(graph::isInput).toList();
    Queue<Map<String, Histogram>> idle = new ConcurrentLinkedQueue<>();
    ObservedRuns.over(
        graph,
        computed,
        images,
        images.count(),
        (image, tensors) -> count(idle, tensors.names(), tensors::floats, tensors::shape),
        seen::add);
    InOrder.run(
        images.count(),
        image -> count(idle, given, i -> floats(images, image), i -> images.shape(1)),
        seen::add);
    for (Map<String, Histogram> counts : idle) {
      counts.forEach(
          (value, part) ->
              seen.histograms.computeIfAbsent(value, key -> new Histogram()).add(part));
    }
    return seen;
  }

  private static float[] floats(CalibrationSet images, int image) {
    float[] values = new float[images.imageLength()];
    images.read(image, x -> x.asFloatBuffer().get(values));
    return values;
  }

  /** A thread that is idle takes any histograms to count in. */
  private static Map<String, ChannelSums> count(
      Queue<Map<String, Histogram>> idle,
      List<String> names,
      IntFunction<float[]> values,
      IntFunction<long[]> shapes) {
    Map<String, Histogram> counts = Optional.ofNullable(idle.poll()).orElseGet(HashMap::new);
    Map<String, ChannelSums> sums = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      sums.put(names.get(i), count(counts, names.get(i), values.apply(i), shapes.apply(i)));
    }
    idle.add(counts);
    return sums;
  }

  private static ChannelSums count(
      Map<String, Histogram> counts, String value, float[] values, long[] shape) {
    int count = Math.toIntExact(ValueBuffers.numel(shape));
    ChannelSums sums = ChannelSums.of(values, shape);
    if (!sums.isFinite()) {
      throw Failure.failed(
          "cannot calibrate: a value is %s of %s in the float model; int8 cannot hold it, see which"
              + " image or weight makes it",
          notFinite(values, count), value);
    }
    counts
        .computeIfAbsent(value, key -> new Histogram())
        .add(values, count, sums.low(), sums.high());
    return sums;
  }

  private static float notFinite(float[] values, int count) {
    int i = 0;
    while (i < count - 1 && Float.isFinite(values[i])) {
      i++;
    }
    return values[i];
  }

  private void add(Map<String, ChannelSums> image) {
    image.forEach((value, sums) -> channels.merge(value, sums, ChannelSums::add));
  }

  /** The greatest magnitude in each channel, as {@link #channelMeans} has them. */
  float[] channelMagnitudes(String value) {
    return known(value).map(ChannelSums::magnitudes).orElse(new float[0]);
  }

  /** The range of each observed value by a calibrator's rule, which is asked once. */
  Map<String, Range> ranges(Calibrator calibrator) {
    return ranges.computeIfAbsent(
        calibrator,
        rule -> {
          Map<String, Range> found = new LinkedHashMap<>();
          histograms.forEach((value, histogram) -> found.put(value, rule.range(histogram)));
          return Collections.unmodifiableMap(found);
        });
  }

  /** The mean of each channel: axis 1 from rank 4 on, else the last one; empty below rank 2. */
  double[] channelMeans(String value) {
    return known(value).map(ChannelSums::means).orElse(new double[0]);
  }

  private Optional<ChannelSums> known(String value) {
    return Optional.ofNullable(channels.get(value));
  }
}
