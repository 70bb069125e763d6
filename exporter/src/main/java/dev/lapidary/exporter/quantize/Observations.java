package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the float graph's values were over the calibration images. */
final class Observations {
  /** What one call of the runtime may give back, in bytes: memory stays bounded for any network. */
  private static final long CALL_BYTES = 192L << 20;

  private static final int LARGEST_BATCH = 32;

  private final Map<String, Histogram> histograms = new LinkedHashMap<>();
  private final Map<String, double[]> channelSums = new LinkedHashMap<>();
  private final Map<String, Long> perChannel = new LinkedHashMap<>();

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
    try (RuntimeModel model = RuntimeModel.observing(graph, computed)) {
      Map<String, Long> bytes = bytesPerImage(model, computed, images);
      for (List<String> part : parts(bytes)) {
        int batch = batchSize(part, bytes);
        for (int from = 0; from < images.count(); from += batch) {
          int to = Math.min(images.count(), from + batch);
          var tensors = model.run(images.batch(from, to), images.shape(to - from), part);
          for (int i = 0; i < part.size(); i++) {
            seen.add(part.get(i), tensors.get(i));
          }
        }
      }
    }
    for (String value : values) {
      if (graph.isInput(value)) {
        for (int i = 0; i < images.count(); i++) {
          seen.add(value, tensor(images.batch(i, i + 1), images.shape(1)));
        }
      }
    }
    return seen;
  }

  /** Groups of values that fit into one call with a single image. */
  private static List<List<String>> parts(Map<String, Long> bytes) {
    List<List<String>> parts = new ArrayList<>();
    List<String> part = new ArrayList<>();
    long sum = 0;
    for (var value : bytes.entrySet()) {
      if (sum + value.getValue() > CALL_BYTES && !part.isEmpty()) {
        parts.add(part);
        part = new ArrayList<>();
        sum = 0;
      }
      part.add(value.getKey());
      sum += value.getValue();
    }
    parts.add(part);
    return parts;
  }

  private static int batchSize(List<String> part, Map<String, Long> bytes) {
    long one = part.stream().mapToLong(value -> bytes.getOrDefault(value, 0L)).sum();
    return (int) Math.max(1, Math.min(LARGEST_BATCH, CALL_BYTES / Math.max(1, one)));
  }

  private static Map<String, Long> bytesPerImage(
      RuntimeModel model, List<String> values, CalibrationSet images) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    List<Tensor> one = model.run(images.batch(0, 1), images.shape(1), values);
    for (int i = 0; i < one.size(); i++) {
      bytes.put(values.get(i), one.get(i).numel() * Float.BYTES);
    }
    return bytes;
  }

  private static Tensor tensor(ByteBuffer bytes, long[] shape) {
    return Tensor.over(DType.FLOAT32, Storage.over(bytes), shape);
  }

  private void add(String value, Tensor tensor) {
    float[] values = tensor.toFloats();
    try {
      histograms.computeIfAbsent(value, key -> new Histogram()).add(values);
    } catch (Histogram.NonFiniteValue e) {
      throw Failure.failed(
          "cannot calibrate: %s of %s in the float model; int8 cannot hold it, see which image or"
              + " weight makes it",
          String.valueOf(e.getMessage()), value);
    }
    addChannels(value, values, tensor.shape());
  }

  private void addChannels(String value, float[] values, long[] shape) {
    if (shape.length < 2) {
      return;
    }
    // What is convolved has its channels at axis 1; lower ranks end with their features.
    int axis = shape.length >= 4 ? 1 : shape.length - 1;
    int channels = (int) shape[axis];
    int inner = 1;
    for (int d = axis + 1; d < shape.length; d++) {
      inner *= (int) shape[d];
    }
    double[] sums = channelSums.computeIfAbsent(value, key -> new double[channels]);
    for (int from = 0, c = 0; from < values.length; from += inner, c = (c + 1) % channels) {
      double sum = 0;
      for (int i = from; i < from + inner; i++) {
        sum += values[i];
      }
      sums[c] += sum;
    }
    perChannel.merge(value, (long) values.length / channels, Long::sum);
  }

  /** The range of each observed value by a calibrator's rule. */
  Map<String, Range> ranges(Calibrator calibrator) {
    Map<String, Range> ranges = new LinkedHashMap<>();
    histograms.forEach((value, histogram) -> ranges.put(value, calibrator.range(histogram)));
    return ranges;
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
