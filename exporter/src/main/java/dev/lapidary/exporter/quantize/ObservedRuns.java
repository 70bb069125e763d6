package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Runs a float graph over images and shows what some of its values are. Each image is run by
 * itself, on one thread; the threads keep the memory that the values lie in.
 */
final class ObservedRuns {
  /** What the runtime may give back at a time, in bytes: memory stays bounded for any network. */
  private static final long CALL_BYTES = 192L << 20;

  private ObservedRuns() {}

  /** What is made of an image's values, on any thread. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * @param values some of those asked for, or all; they are overwritten afterwards
     */
    T of(int image, ValueBuffers values);
  }

  /**
   * Of the first images. Where all values together are too large, each image runs several times,
   * for some of them.
   *
   * @param values computed ones of the graph
   * @param take gets each result on the calling thread, in the images' order
   */
  static <T> void over(
      OnnxGraph graph,
      List<String> values,
      CalibrationSet images,
      int count,
      Work<T> work,
      Consumer<T> take) {
    if (values.isEmpty()) {
      return; // all that is asked for is the network's input
    }
    try (RuntimeModel model = RuntimeModel.observing(graph, values)) {
      for (Map<String, long[]> part : parts(model, values, images)) {
        over(model, part, images, count, work, take);
      }
    }
  }

  private static <T> void over(
      RuntimeModel model,
      Map<String, long[]> part,
      CalibrationSet images,
      int count,
      Work<T> work,
      Consumer<T> take) {
    Queue<ValueBuffers> idle = new ConcurrentLinkedQueue<>();
    try {
      InOrder.run(
          count,
          image -> {
            ValueBuffers buffers =
                Optional.ofNullable(idle.poll()).orElseGet(() -> model.buffers(part));
            try {
              return work.of(
                  image, images.read(image, x -> model.run(x, images.shape(1), buffers)));
            } finally {
              idle.add(buffers);
            }
          },
          take);
    } finally {
      idle.forEach(ValueBuffers::close);
    }
  }

  /** Groups of values, with their shapes, that fit into one call on each thread. */
  private static List<Map<String, long[]>> parts(
      RuntimeModel model, List<String> values, CalibrationSet images) {
    List<Map<String, long[]>> parts = new ArrayList<>();
    Map<String, long[]> part = new LinkedHashMap<>();
    long sum = 0;
    for (Map.Entry<String, long[]> value :
        model.shapes(images.one(0), images.shape(1), values).entrySet()) {
      long bytes = ValueBuffers.numel(value.getValue()) * Float.BYTES;
      if (sum + bytes > CALL_BYTES / InOrder.threads() && !part.isEmpty()) {
        parts.add(part);
        part = new LinkedHashMap<>();
        sum = 0;
      }
      part.put(value.getKey(), value.getValue());
      sum += bytes;
    }
    parts.add(part);
    return parts;
  }
}
