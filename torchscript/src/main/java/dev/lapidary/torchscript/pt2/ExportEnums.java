package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;

/** The file's own numbers of enumerations: {@code torch/_export/serde/schema.py}. */
final class ExportEnums {
  private static final int STRIDED = 7;

  private ExportEnums() {}

  /** The element type of a tensor that the file holds. */
  static DType dtype(long number) {
    return DType.ofScalarType(scalarType(number))
        .orElseThrow(
            () ->
                Failure.unsupported(
                    "tensors of the element type %d of torch.export's table", number));
  }

  /** What TorchScript text calls an element type by. */
  static long scalarType(long number) {
    return switch ((int) Math.min(number, Integer.MAX_VALUE)) {
      case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 -> number - 1;
      case 13 -> DType.BFLOAT16.scalarType();
      default ->
          throw Failure.unsupported(
              "the element type %d of torch.export's table (1 to 13 are read)", number);
    };
  }

  /**
   * The same of a memory format: 0 contiguous, 1 preserve, 2 channels last, 3 of three dimensions.
   */
  static String memoryFormat(long number) {
    return switch ((int) Math.min(number, Integer.MAX_VALUE)) {
      case 1 -> "0";
      case 2 -> "2";
      case 3 -> "3";
      case 4 -> "1";
      default -> throw Failure.unsupported("the memory format %d of torch.export's table", number);
    };
  }

  static void requireStrided(long layout) {
    if (layout != STRIDED) {
      throw Failure.unsupported(
          "a tensor of the layout %d, expected %d (strided); make it dense before the export",
          layout, STRIDED);
    }
  }
}
