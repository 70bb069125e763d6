package dev.lapidary.models.trace;

import dev.lapidary.models.archive.PyValue;
import dev.lapidary.models.archive.PyValue.PyObject;
import dev.lapidary.models.archive.PyValue.PyQTensor;
import java.util.Set;

/**
 * Archives that were quantized before they were saved ({@code torch.ao.quantization}) are refused:
 * their integers say nothing of the ranges that another runtime's kernels need.
 */
final class Quantized {
  private static final Set<String> OPERATORS =
      Set.of(
          "aten::quantize_per_tensor",
          "aten::quantize_per_channel",
          "aten::quantize_per_tensor_dynamic",
          "aten::dequantize",
          "aten::int_repr",
          "aten::q_scale",
          "aten::q_zero_point");

  private static final String REMEDY =
      "the archive is quantized already; give the float model and --quantize int8";

  private Quantized() {}

  static void refuse(String operator) {
    if (operator.startsWith("quantized::") || OPERATORS.contains(operator)) {
      throw Refusal.unsupported("operator %s: %s", operator, REMEDY);
    }
  }

  /** An attribute that only a quantized module has: integers, or weights packed for a kernel. */
  static void refuse(String path, PyValue value) {
    boolean packed =
        value instanceof PyObject object
            && object.className().startsWith("__torch__.torch.classes.quantized.");
    if (packed || value instanceof PyQTensor) {
      throw Refusal.unsupported("attribute %s: %s", path, REMEDY);
    }
  }
}
