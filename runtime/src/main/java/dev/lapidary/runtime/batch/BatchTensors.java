package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.Shapes;
import dev.lapidary.runtime.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of an executor's batch, in direct memory that it keeps: ONNX Runtime reads them where
 * they lie. Of one thread.
 */
final class BatchTensors {
  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  private final List<ByteBuffer> kept = new ArrayList<>();

  /** The inputs of all, the rows one after the other. Valid until the next call. */
  List<Tensor> gather(List<BatchItem> batch, int rows) {
    int inputs = batch.get(0).inputs().size();
    List<Tensor> all = new ArrayList<>(inputs);
    for (int i = 0; i < inputs; i++) {
      int place = i;
      List<Tensor> parts = batch.stream().map(item -> item.inputs().get(place)).toList();
      all.add(
          parts.get(0) instanceof Tensor.Numbers ? numbers(i, parts, rows) : texts(parts, rows));
    }
    return all;
  }

  private Tensor numbers(int place, List<Tensor> parts, int rows) {
    Tensor.Numbers first = (Tensor.Numbers) parts.get(0);
    if (parts.size() == 1 && first.data().isDirect()) {
      return first;
    }
    int bytes = 0;
    for (Tensor part : parts) {
      bytes = Math.addExact(bytes, ((Tensor.Numbers) part).data().remaining());
    }
    ByteBuffer target = room(place, bytes);
    for (Tensor part : parts) {
      target.put(((Tensor.Numbers) part).data());
    }
    return new Tensor.Numbers(
        first.name(), first.type(), shape(first.shape(), parts.size(), rows), target.flip());
  }

  private ByteBuffer room(int place, int bytes) {
    while (kept.size() <= place) {
      kept.add(NONE);
    }
    if (kept.get(place).capacity() < bytes) {
      kept.set(place, ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }
    return kept.get(place).clear();
  }

  private static Tensor texts(List<Tensor> parts, int rows) {
    List<byte[]> elements = new ArrayList<>();
    parts.forEach(part -> elements.addAll(((Tensor.Texts) part).elements()));
    Tensor first = parts.get(0);
    return new Tensor.Texts(first.name(), shape(first.shape(), parts.size(), rows), elements);
  }

  private static List<Long> shape(List<Long> one, int parts, int rows) {
    if (parts == 1) {
      return one;
    }
    List<Long> shape = new ArrayList<>(one);
    shape.set(0, (long) rows);
    return shape;
  }

  /**
   * One item's rows of the batch's outputs.
   *
   * @param from the first
   */
  static List<Tensor> rows(List<Tensor> outputs, int from, BatchItem item, int rows) {
    List<Tensor> own = new ArrayList<>(item.outputs().size());
    for (Tensor output : outputs) {
      if (item.outputs().contains(output.name())) {
        own.add(item.rows() == rows ? output : slice(output, from, item.rows(), rows));
      }
    }
    return own;
  }

  private static Tensor slice(Tensor output, int from, int count, int rows) {
    List<Long> shape = new ArrayList<>(output.shape());
    shape.set(0, (long) count);
    int elements = Math.toIntExact(Shapes.elements(output.shape()) / rows);
    if (output instanceof Tensor.Numbers numbers) {
      int bytes = elements * numbers.type().size();
      return new Tensor.Numbers(
          numbers.name(), numbers.type(), shape, numbers.data().slice(from * bytes, count * bytes));
    }
    return new Tensor.Texts(
        output.name(),
        shape,
        ((Tensor.Texts) output).elements().subList(from * elements, (from + count) * elements));
  }

  /**
   * @throws IllegalStateException if the outputs of several items cannot be told apart
   */
  static void requireRows(List<Tensor> outputs, int rows) {
    for (Tensor output : outputs) {
      if (output.shape().isEmpty() || output.shape().get(0) != rows) {
        throw new IllegalStateException(
            "the network gave %s of shape %s for a batch of %d"
                .formatted(output.name(), output.shape(), rows));
      }
    }
  }
}
