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

/**
 * What the float graph's values were over the calibration images. Each image is run by itself, on
 * one thread, and what is summed is summed in the images' order: the numbers depend on nothing but
 * the graph and the images.
 */
final class Observations {
  private final Map<String, Histogram> histograms = new LinkedHashMap<>();
  private final Map<String, double[]> channelSums = new LinkedHashMap<>();
  private final Map<String, float[]> channelMagnitudes = new LinkedHashMap<>();
  private final Map<String, Long> perChannel = new LinkedHashMap<>();
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
        (image, tensors) -> count(idle, tensors),
        seen::add);
    InOrder.run(
        images.count(),
        image -> count(idle, given, floats(images, image), images.shape(1)),
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
      Queue<Map<String, Histogram>> idle, ValueBuffers values) {
    Map<String, Histogram> counts = Optional.ofNullable(idle.poll()).orElseGet(HashMap::new);
    Map<String, ChannelSums> channels = new LinkedHashMap<>();
    for (int i = 0; i < values.names().size(); i++) {
      String name = values.names().get(i);
      channels.put(name, count(counts, name, values.floats(i), values.shape(i)));
    }
    idle.add(counts);
    return channels;
  }

  /** The network's input, under all names that it has. */
  private static Map<String, ChannelSums> count(
      Queue<Map<String, Histogram>> idle, List<String> names, float[] values, long[] shape) {
    Map<String, Histogram> counts = Optional.ofNullable(idle.poll()).orElseGet(HashMap::new);
    Map<String, ChannelSums> channels = new LinkedHashMap<>();
    names.forEach(name -> channels.put(name, count(counts, name, values, shape)));
    idle.add(counts);
    return channels;
  }

  private static ChannelSums count(
      Map<String, Histogram> counts, String value, float[] values, long[] shape) {
    int count = Math.toIntExact(ValueBuffers.numel(shape));
    ChannelSums channels = ChannelSums.of(values, shape);
    if (!channels.isFinite()) {
      throw Failure.failed(
          "cannot calibrate: a value is %s of %s in the float model; int8 cannot hold it, see which"
              + " image or weight makes it",
          notFinite(values, count), value);
    }
    counts
        .computeIfAbsent(value, key -> new Histogram())
        .add(values, count, channels.low(), channels.high());
    return channels;
  }

  private static float notFinite(float[] values, int count) {
    int i = 0;
    while (i < count - 1 && Float.isFinite(values[i])) {
      i++;
    }
    return values[i];
  }

  private void add(Map<String, ChannelSums> image) {
    image.forEach(this::add);
  }

  private void add(String value, ChannelSums image) {
    int channels = image.sums().length;
    double[] sums = channelSums.computeIfAbsent(value, key -> new double[channels]);
    float[] largest = channelMagnitudes.computeIfAbsent(value, key -> new float[channels]);
    for (int c = 0; c < channels; c++) {
      sums[c] += image.sums()[c];
      largest[c] = Math.max(largest[c], image.magnitudes()[c]);
    }
    perChannel.merge(value, image.each(), Long::sum);
  }

  /** The greatest magnitude in each channel, as {@link #channelMeans} has them. */
  float[] channelMagnitudes(String value) {
    return channelMagnitudes.getOrDefault(value, new float[0]);
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
    double[] sums = channelSums.getOrDefault(value, new double[0]);
    double[] means = new double[sums.length];
    for (int c = 0; c < sums.length; c++) {
      means[c] = sums[c] / perChannel.getOrDefault(value, 1L);
    }
    return means;
  }
}
