package dev.lapidary.exporter.verify;

import dev.lapidary.core.measure.Argmax;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model gives for a batch: row-major {@code [count, classes]}. What a row holds beyond one
 * dimension is flattened.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record Logits(int count, float[] values) {

  /** One batch behind the other. */
  public static Logits joined(List<Logits> parts) {
    int length = parts.stream().mapToInt(part -> part.values().length).sum();
    FloatBuffer all = FloatBuffer.allocate(length);
    parts.forEach(part -> all.put(part.values()));
    return new Logits(parts.stream().mapToInt(Logits::count).sum(), all.array());
  }

  public int classes() {
    return count == 0 ? 0 : values.length / count;
  }

  public float[] row(int index) {
    return Arrays.copyOfRange(values, index * classes(), (index + 1) * classes());
  }

  public List<float[]> rows() {
    return IntStream.range(0, count).mapToObj(this::row).toList();
  }

  /** The position of the greatest logit; the first of equals. */
  public int argmax(int index) {
    return Argmax.of(values, index * classes(), classes());
  }

  public double maxAbs() {
    double max = 0;
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }
}
