package dev.lapidary.models.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.models.archive.PyValue;
import dev.lapidary.models.archive.PyValue.PyObject;
import dev.lapidary.models.archive.PyValue.PyQTensor;
import dev.lapidary.models.archive.PyValue.Quantizer;
import dev.lapidary.models.failure.ExitCode;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Archives that were quantized before they were saved. */
class QuantizedTest {
  private static final String REMEDY =
      "the archive is quantized already; give the float model and --quantize int8";

  @Test
  void operatorsAreRefused() {
    refused(
        Scripts.forward("return torch.dequantize(torch.quantize_per_tensor(x, 0.1, 0, 13))"),
        "code/__torch__.py:6:",
        "operator aten::quantize_per_tensor: " + REMEDY);
    refused(
        Scripts.forward("return ops.quantized.add_relu(x, x, 0.1, 0)"),
        "code/__torch__.py:6:",
        "operator quantized::add_relu: " + REMEDY);
  }

  @Test
  void weightsAreRefused() {
    PyValue integers = new PyQTensor(Tensor.zeros(DType.QINT8, 3), new Quantizer.PerTensor(0.5, 0));
    refused(
        Scripts.forward("return torch.add(x, self.w)").attribute("w", integers),
        "attribute w: " + REMEDY);
    PyObject packed = new PyObject("__torch__.torch.classes.quantized.Conv2dPackedParamsBase");
    refused(
        Scripts.forward("return ops.quantized.conv2d(x, self._packed_params, 0.1, 0)")
            .attribute("_packed_params", packed),
        "attribute _packed_params: " + REMEDY);
  }

  private static void refused(Scripts script, String... parts) {
    assertThatThrownBy(script::trace)
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContainingAll(parts);
  }
}
