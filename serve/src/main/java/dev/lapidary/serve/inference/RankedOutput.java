package dev.lapidary.serve.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The classification extension (Triton's extension_classification.md): of each row of an output its
 * greatest values as text, {@code value:index} or {@code value:index:label}.
 */
final class RankedOutput {
  private static final Set<DataType> WITHOUT_ORDER =
      EnumSet.of(DataType.BYTES, DataType.BOOL, DataType.FP16, DataType.BF16);

  private RankedOutput() {}

  static boolean isPossible(DataType type) {
    return !WITHOUT_ORDER.contains(type);
  }

  /**
   * @param batched whether the first dimension is the batch's; otherwise all of it is one row
   * @param labels by index; empty where there are none
   * @return {@code [N, classes]}, or {@code [classes]} of one row; fewer if a row has fewer values
   */
  static TypedTensor of(
      TypedTensor.Numbers output, int classes, boolean batched, List<String> labels) {
    long rows = batched && !output.shape().isEmpty() ? output.shape().get(0) : 1;
    int length = rows == 0 ? 0 : (int) (output.count() / rows);
    int max = Math.min(classes, length);
    List<byte[]> texts = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int first = row * length;
      IntStream.range(first, first + length)
          .boxed()
          .sorted(greatestFirst(output))
          .limit(max)
          .forEach(
              at -> {
                String own = value(output, at) + ":" + (at - first);
                boolean labelled = labels.size() == length;
                String text = labelled ? own + ":" + labels.get(at - first) : own;
                texts.add(text.getBytes(UTF_8));
              });
    }
    List<Long> shape = batched ? List.of(rows, (long) max) : List.of((long) max);
    return new TypedTensor.Texts(output.name(), shape, texts);
  }

  private static Comparator<Integer> greatestFirst(TypedTensor.Numbers output) {
    return switch (output.type()) {
      case FP32, FP64 -> Comparator.comparingDouble(output::real).reversed();
      case UINT64 -> (a, b) -> Long.compareUnsigned(output.whole(b), output.whole(a));
      default -> Comparator.comparingLong(output::whole).reversed();
    };
  }

  private static String value(TypedTensor.Numbers output, int at) {
    return switch (output.type()) {
      case FP32, FP64 -> Phrase.of("%f", output.real(at));
      case UINT64 -> Long.toUnsignedString(output.whole(at));
      default -> Long.toString(output.whole(at));
    };
  }
}
