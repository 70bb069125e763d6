package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
  /** What the runtime may give back at a time, in bytes: memory stays bounded for any network. */
  private static final long CALL_BYTES = 192L << 20;

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
    try (RuntimeModel model = RuntimeModel.observing(graph, computed)) {
      for (List<String> part : parts(model, computed, images)) {
        seen.add(
            images.count(), image -> model.run(images.one(image), images.shape(1), part), part);
      }
    }
    seen.add(
        images.count(),
        image -> given.stream().map(v -> tensor(images.one(image), images.shape(1))).toList(),
        given);
    return seen;
  }

  /** Groups of values that fit into one call on each thread. */
  static List<List<String>> parts(RuntimeModel model, List<String> values, CalibrationSet images) {
    List<List<String>> parts = new ArrayList<>();
    if (values.isEmpty()) {
      return parts; // all that is asked for is the network's input
    }
    List<Tensor> one = model.run(images.one(0), images.shape(1), values);
    List<String> part = new ArrayList<>();
    long sum = 0;
    for (int i = 0; i < values.size(); i++) {
      long bytes = one.get(i).numel() * Float.BYTES;
      if (sum + bytes > CALL_BYTES / InOrder.threads() && !part.isEmpty()) {
        parts.add(part);
        part = new ArrayList<>();
        sum = 0;
      }
      part.add(values.get(i));
      sum += bytes;
    }
    parts.add(part);
    return parts;
  }

  private static Tensor tensor(ByteBuffer bytes, long[] shape) {
    return Tensor.over(DType.FLOAT32, Storage.over(bytes), shape);
  }

  /** Adds some values of each image; a thread that is idle takes any histograms to count in. */
  private void add(int images, IntFunction<List<Tensor>> run, List<String> values) {
    Queue<Map<String, Histogram>> idle = new ConcurrentLinkedQueue<>();
    InOrder.run(
        images,
        image -> {
          Map<String, Histogram> counts = Optional.ofNullable(idle.poll()).orElseGet(HashMap::new);
          List<Channels> channels = new ArrayList<>();
          List<Tensor> tensors = run.apply(image);
          for (int i = 0; i < values.size(); i++) {
            channels.add(count(counts, values.get(i), tensors.get(i)));
          }
          idle.add(counts);
          return channels;
        },
        channels -> {
          for (int i = 0; i < values.size(); i++) {
            add(values.get(i), channels.get(i));
          }
        });
    for (Map<String, Histogram> counts : idle) {
      counts.forEach(
          (value, part) -> histograms.computeIfAbsent(value, key -> new Histogram()).add(part));
    }
  }

  private static Channels count(Map<String, Histogram> counts, String value, Tensor tensor) {
    float[] values = tensor.toFloats();
    try {
      counts.computeIfAbsent(value, key -> new Histogram()).add(values);
    } catch (Histogram.NonFiniteValue e) {
      throw Failure.failed(
          "cannot calibrate: %s of %s in the float model; int8 cannot hold it, see which image or"
              + " weight makes it",
          String.valueOf(e.getMessage()), value);
    }
    return Channels.of(values, tensor.shape());
  }

  private void add(String value, Channels image) {
    int channels = image.sums().length;
    double[] sums = channelSums.computeIfAbsent(value, key -> new double[channels]);
    float[] largest = channelMagnitudes.computeIfAbsent(value, key -> new float[channels]);
    for (int c = 0; c < channels; c++) {
      sums[c] += image.sums()[c];
      largest[c] = Math.max(largest[c], image.magnitudes()[c]);
    }
    perChannel.merge(value, image.each(), Long::sum);
  }

  /**
   * One image's values by channel: axis 1 from rank 4 on, else the last one; none below rank 2.
   *
   * @param magnitudes the greatest of each
   * @param each how many values a channel has
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Channels(double[] sums, float[] magnitudes, long each) {
    static Channels of(float[] values, long[] shape) {
      if (shape.length < 2) {
        return new Channels(new double[0], new float[0], 0);
      }
      // What is convolved has its channels at axis 1; lower ranks end with their features.
      int axis = shape.length >= 4 ? 1 : shape.length - 1;
      int channels = (int) shape[axis];
      int inner = 1;
      for (int d = axis + 1; d < shape.length; d++) {
        inner *= (int) shape[d];
      }
      Channels all =
          new Channels(
              new double[channels],
              new float[channels],
              channels == 0 ? 0 : values.length / channels);
      int from = 0;
      for (; inner > 1 && from + 4 * inner <= values.length; from += 4 * inner) {
        all.addFour(values, from, inner);
      }
      for (; from < values.length; from += inner) {
        double sum = 0;
        float largest = 0;
        for (int i = from; i < from + inner; i++) {
          sum += values[i];
          float magnitude = Math.abs(values[i]);
          largest = magnitude > largest ? magnitude : largest;
        }
        all.add(from / inner % channels, sum, largest);
      }
      return all;
    }

    /** Four channels side by side: a processor else waits for each sum before the next value. */
    private void addFour(float[] values, int from, int inner) {
      double sum0 = 0;
      double sum1 = 0;
      double sum2 = 0;
      double sum3 = 0;
      float largest0 = 0;
      float largest1 = 0;
      float largest2 = 0;
      float largest3 = 0;
      for (int i = from; i < from + inner; i++) {
        float value0 = values[i];
        float value1 = values[i + inner];
        float value2 = values[i + 2 * inner];
        float value3 = values[i + 3 * inner];
        sum0 += value0;
        sum1 += value1;
        sum2 += value2;
        sum3 += value3;
        largest0 = Math.max(largest0, Math.abs(value0));
        largest1 = Math.max(largest1, Math.abs(value1));
        largest2 = Math.max(largest2, Math.abs(value2));
        largest3 = Math.max(largest3, Math.abs(value3));
      }
      int channels = sums.length;
      int first = from / inner;
      add(first % channels, sum0, largest0);
      add((first + 1) % channels, sum1, largest1);
      add((first + 2) % channels, sum2, largest2);
      add((first + 3) % channels, sum3, largest3);
    }

    private void add(int channel, double sum, float largest) {
      sums[channel] += sum;
      magnitudes[channel] = Math.max(magnitudes[channel], largest);
    }
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
