package dev.lapidary.serve.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The classification extension (Triton's extension_classification.md): of each row of an output its
 * greatest values as text, {@code value:index} or {@code value:index:label}.
 */
final class RankedOutput {
  private RankedOutput() {}

  static boolean isPossible(DataType type) {
    return type != DataType.BYTES
        && type != DataType.BOOL
        && type != DataType.FP16
        && type != DataType.BF16;
  }

  /**
   * @param batched whether the first dimension is the batch's; otherwise all of it is one row
   * @param labels by index; empty where there are none
   * @return {@code [N, classes]}, or {@code [classes]} of one row; fewer if a row has fewer values
   */
  static TypedTensor of(
      TypedTensor.Numbers output, int classes, boolean batched, List<String> labels) {
    long rows = batched && !output.shape().isEmpty() ? output.shape().get(0) : 1;
    ByteBuffer data = output.data();
    int count = data.remaining() / output.type().size();
    int length = rows == 0 ? 0 : (int) (count / rows);
    int max = Math.min(classes, length);
    List<byte[]> texts = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int first = row * length;
      IntStream.range(0, length)
          .boxed()
          .sorted(greatestFirst(output.type(), data, first))
          .limit(max)
          .forEach(
              i -> texts.add(text(output.type(), data, first, i, labels, length).getBytes(UTF_8)));
    }
    List<Long> shape = batched ? List.of(rows, (long) max) : List.of((long) max);
    return new TypedTensor.Texts(output.name(), shape, texts);
  }

  private static Comparator<Integer> greatestFirst(DataType type, ByteBuffer data, int first) {
    return switch (type) {
      case FP32, FP64 ->
          Comparator.<Integer>comparingDouble(i -> real(type, data, first + i)).reversed();
      case UINT64 ->
          (a, b) ->
              Long.compareUnsigned(whole(type, data, first + b), whole(type, data, first + a));
      default -> Comparator.<Integer>comparingLong(i -> whole(type, data, first + i)).reversed();
    };
  }

  private static String text(
      DataType type, ByteBuffer data, int first, int index, List<String> labels, int length) {
    int at = first + index;
    String value =
        switch (type) {
          case FP32, FP64 -> String.format(Locale.ROOT, "%f", real(type, data, at));
          case UINT64 -> Long.toUnsignedString(whole(type, data, at));
          default -> Long.toString(whole(type, data, at));
        };
    String own = value + ":" + index;
    return labels.size() == length ? own + ":" + labels.get(index) : own;
  }

  private static double real(DataType type, ByteBuffer data, int at) {
    return type == DataType.FP32 ? data.getFloat(4 * at) : data.getDouble(8 * at);
  }

  private static long whole(DataType type, ByteBuffer data, int at) {
    return switch (type) {
      case INT8 -> data.get(at);
      case UINT8 -> data.get(at) & 0xff;
      case INT16 -> data.getShort(2 * at);
      case UINT16 -> data.getShort(2 * at) & 0xffff;
      case INT32 -> data.getInt(4 * at);
      case UINT32 -> data.getInt(4 * at) & 0xffffffffL;
      default -> data.getLong(8 * at);
    };
  }
}
