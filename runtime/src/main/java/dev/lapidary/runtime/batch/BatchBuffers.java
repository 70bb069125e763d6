package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of an executor's batch, in direct memory that it keeps: ONNX Runtime reads them where
 * they lie. Of one thread.
 */
final class BatchBuffers {
  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  private final List<ByteBuffer> kept = new ArrayList<>();

  /** The inputs of all, the rows one after the other. Valid until the next call. */
  List<TypedTensor> gather(List<BatchItem> batch, int rows) {
    int inputs = batch.get(0).inputs().size();
    List<TypedTensor> all = new ArrayList<>(inputs);
    for (int i = 0; i < inputs; i++) {
      int index = i;
      List<TypedTensor> parts = batch.stream().map(item -> item.inputs().get(index)).toList();
      all.add(
          parts.get(0) instanceof TypedTensor.Numbers
              ? numbers(i, parts, rows)
              : texts(parts, rows));
    }
    return all;
  }

  private TypedTensor numbers(int index, List<TypedTensor> parts, int rows) {
    TypedTensor.Numbers first = (TypedTensor.Numbers) parts.get(0);
    if (parts.size() == 1 && first.data().isDirect()) {
      return first;
    }
    List<Long> shape = shape(first.shape(), parts.size(), rows);
    long bytes = Math.multiplyExact(TensorShapes.elements(shape), first.type().size());
    ByteBuffer target = room(index, Math.toIntExact(bytes));
    for (TypedTensor part : parts) {
      target.put(((TypedTensor.Numbers) part).data());
    }
    return new TypedTensor.Numbers(first.name(), first.type(), shape, target.flip());
  }

  private ByteBuffer room(int index, int bytes) {
    while (kept.size() <= index) {
      kept.add(NONE);
    }
    if (kept.get(index).capacity() < bytes) {
      kept.set(index, ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }
    return kept.get(index).clear();
  }

  private static TypedTensor texts(List<TypedTensor> parts, int rows) {
    List<byte[]> elements = new ArrayList<>();
    parts.forEach(part -> elements.addAll(((TypedTensor.Texts) part).elements()));
    TypedTensor first = parts.get(0);
    return new TypedTensor.Texts(first.name(), shape(first.shape(), parts.size(), rows), elements);
  }

  private static List<Long> shape(List<Long> one, int parts, int rows) {
    return parts == 1 ? one : TensorShapes.ofBatch(one, rows);
  }

  /**
   * One item's rows of the batch's outputs.
   *
   * @param from the first
   */
  static List<TypedTensor> rows(List<TypedTensor> outputs, int from, BatchItem item, int rows) {
    List<TypedTensor> own = new ArrayList<>(item.outputs().size());
    for (TypedTensor output : outputs) {
      if (item.outputs().contains(output.name())) {
        own.add(item.rows() == rows ? output : slice(output, from, item.rows(), rows));
      }
    }
    return own;
  }

  private static TypedTensor slice(TypedTensor output, int from, int count, int rows) {
    List<Long> shape = TensorShapes.ofBatch(output.shape(), count);
    int elements = Math.toIntExact(TensorShapes.elements(output.shape()) / rows);
    if (output instanceof TypedTensor.Numbers numbers) {
      int bytes = elements * numbers.type().size();
      return new TypedTensor.Numbers(
          numbers.name(), numbers.type(), shape, numbers.data().slice(from * bytes, count * bytes));
    }
    return new TypedTensor.Texts(
        output.name(),
        shape,
        ((TypedTensor.Texts) output)
            .elements()
            .subList(from * elements, (from + count) * elements));
  }

  /**
   * @throws IllegalStateException if the outputs of several items cannot be told apart
   */
  static void requireRows(List<TypedTensor> outputs, int rows) {
    for (TypedTensor output : outputs) {
      if (output.shape().isEmpty() || output.shape().get(0) != rows) {
        throw new IllegalStateException(
            "the network gave %s of shape %s for a batch of %d"
                .formatted(output.name(), output.shape(), rows));
      }
    }
  }
}
