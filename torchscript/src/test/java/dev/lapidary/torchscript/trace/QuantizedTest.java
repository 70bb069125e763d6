package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Archives that were quantized before they were saved: what their programs mean, or are refused.
 */
class QuantizedTest {
  private static final String CLASSES = "__torch__.torch.classes.quantized.";
  private static final String Q = "q = torch.quantize_per_tensor(x, 0.1, 7, 13)\n";
  private static final String CALL =
      Q + "return torch.dequantize(ops.quantized.conv2d(q, self.p, 0.1, 0))";

  @Test
  void aLayerIsTheFloatOperatorBetweenGrids() {
    Scripts script = Scripts.forward(CALL).attribute("p", convolution());
    assertThat(script.operators())
        .containsExactly(
            "quantize_per_tensor",
            "dequantize",
            "_make_per_tensor_quantized_tensor",
            "dequantize",
            "conv2d",
            "quantize_per_tensor",
            "dequantize");
    assertThat(Scripts.shape(script.trace())).isEqualTo("[N, 2, 2, 2]");
  }

  /** VGG's first linear layer has 102,760,448 weights, more than a value of an image may have. */
  @Test
  void aWeightMayBeAsGreatAsTheArchive() {
    Scripts script = Scripts.forward(CALL).attribute("p", convolution());
    TraceOptions options = TraceOptions.of(3, 4, 4).withLimits(sample(48));
    assertThat(Tracer.trace(script.archive(), options).nodes()).hasSize(7);
    assertThatThrownBy(() -> Tracer.trace(script.archive(), options.withLimits(sample(47))))
        .hasMessageContaining("a value of 48 elements for one image; at most 47 are supported");
  }

  private static TraceLimits sample(long elements) {
    return new TraceLimits(1000, 100, 10, 0, 0, 1000, elements, Duration.ofSeconds(20));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prim::dtype       | torch.eq(ops.prim.dtype(q), 13)",
        "prim::dtype       | torch.eq(ops.prim.dtype(torch.dequantize(q)), 6)",
        "prim::is_quantized| ops.prim.is_quantized(q)",
        "prim::is_quantized| ops.prim.is_quantized(torch.slice(q, 1, 0, 1))",
        "prim::is_quantized| ops.prim.is_quantized((torch.chunk(q, 3, 1))[2])",
        "prim::is_quantized| torch.__not__(ops.prim.is_quantized(torch.dequantize(q)))",
        "prim::is_quantized| torch.__not__(ops.prim.is_quantized(x))",
        "the scale         | torch.eq(torch.q_scale(torch.relu(q)), 0.1)",
        "sigmoid's         | torch.eq(torch.q_scale(torch.sigmoid(q)), 0.00390625)",
        "the zero point    | torch.eq(torch.q_zero_point(torch.mean(q, [2, 3])), 7)",
        "tanh's            | torch.eq(torch.q_zero_point(torch.tanh(q)), 128)",
        "the first one's   | torch.eq(torch.q_zero_point(torch.cat([q, torch.tanh(q)], 1)), 7)",
      })
  void aProgramKnowsWhatIsQuantized(String what, String expression) {
    Scripts script =
        Scripts.forward(
            Q
                + "if %s:\n  y = torch.neg(x)\nelse:\n  y = torch.abs(x)\nreturn y"
                    .formatted(expression));
    assertThat(script.operators()).as(what).containsExactly("neg");
  }

  @Test
  void whatANetworkGivesIsRealNumbers() {
    refused(
        Scripts.forward(Q + "return torch.relu(q)"),
        ExitCode.UNSUPPORTED,
        "the output is a quantized tensor; it must end in torch.dequantize");
  }

  /** A write into a view reaches the whole, with what it means. */
  @Test
  void writesIntoPartsStayOnTheGrid() {
    List<String> operators =
        Scripts.forward(
                Q
                    + "v = torch.slice(q, 1, 0, 1)\n"
                    + "w = torch.relu_(v)\n"
                    + "return torch.mul(torch.dequantize(q), torch.q_scale(q))")
            .operators();
    assertThat(operators)
        .containsExactly(
            "quantize_per_tensor", "dequantize", "slice", "relu", "slice", "cat", "mul");
    Scripts other =
        Scripts.forward(
            Q
                + "v = torch.slice(q, 1, 0, 1)\n"
                + "w = torch.copy_(v, torch.slice(torch.tanh(q), 1, 0, 1))\n"
                + "return torch.dequantize(q)");
    refused(other, ExitCode.UNSUPPORTED, "aten::copy_ on a tensor that is quantized otherwise");
    Scripts number = Scripts.forward(Q + "w = torch.fill_(q, 1.)\nreturn torch.dequantize(q)");
    refused(number, ExitCode.UNSUPPORTED, "aten::fill_ on a tensor that is quantized otherwise");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UNSUPPORTED | operator quantized::linear_dynamic is not supported; | ops.quantized.linear_dynamic(x, self.p)",
        "UNSUPPORTED | or give the float model, and --quantize to make it small | ops.quantized.threshold(q, 0.1, 0)",
        "UNSUPPORTED | aten::exp on a quantized tensor | torch.exp(q)",
        "UNSUPPORTED | aten::add on a quantized tensor | torch.add(q, q)",
        "UNSUPPORTED | aten::sum on a quantized tensor | torch.sum(q, [1])",
        "UNSUPPORTED | a tensor quantized to QINT32 | torch.quantize_per_tensor(x, 0.1, 0, 14)",
        "UNSUPPORTED | a tensor quantized to FLOAT32 | torch.quantize_per_tensor(x, 0.1, 0, 6)",
        "BAD_INPUT | a scale of 0.0; it must be positive and finite | torch.quantize_per_tensor(x, 0., 0, 13)",
        "BAD_INPUT | a scale of 1.0E-60; it must be | torch.quantize_per_tensor(x, 1e-60, 0, 13)",
        "BAD_INPUT | a scale of -0.5; it must be | torch.quantize_per_tensor(x, -0.5, 0, 13)",
        "BAD_INPUT | a scale of NaN; it must be | torch.quantize_per_tensor(x, nan, 0, 13)",
        "BAD_INPUT | a scale of Infinity; it must be | ops.quantized.add(q, q, inf, 0)",
        "BAD_INPUT | a zero point of 256, which QUINT8 does not hold | ops.quantized.add(q, q, 0.1, 256)",
        "BAD_INPUT | a zero point of -1, which QUINT8 does not hold | torch.quantize_per_tensor(x, 0.1, -1, 13)",
        "BAD_INPUT | a zero point of 128, which QINT8 does not hold | torch.quantize_per_tensor(x, 0.1, 128, 12)",
        "BAD_INPUT | of a tensor that is not of float32 | torch.quantize_per_tensor(q, 0.1, 0, 13)",
        "BAD_INPUT | of a tensor that is not of float32 | torch.quantize_per_tensor(torch.to(x, 4), 0.1, 0, 13)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | ops.quantized.add(x, q, 0.1, 0)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | ops.quantized.add(q, x, 0.1, 0)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | ops.quantized.cat([q, x], 1, None, None)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | ops.quantized.conv2d(x, self.p, 0.1, 0)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | ops.quantized.relu6(x)",
        "BAD_INPUT | a quantized operator on a tensor that is not quantized | torch.int_repr(x)",
        "BAD_INPUT | quantized::cat of no tensors | ops.quantized.cat([], 1, None, None)",
        "BAD_INPUT | quantized::linear of a convolution's weights | ops.quantized.linear(q, self.p, 0.1, 0)",
        "BAD_INPUT | linear_with_input_q_dq_qweight_dq_output_fp32 of a tensor that is not of float32 | ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(q, 0.1, 0, self.l)",
        "BAD_INPUT | linear_with_input_q_dq_qweight_dq_output_fp32 of a convolution's weights | ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(x, 0.1, 0, self.p)",
        "BAD_INPUT | quantized::conv2d_relu of a linear layer's weights | ops.quantized.conv2d_relu(q, self.l, 0.1, 0)",
        "BAD_INPUT | 3 channels for a convolution of 5 | ops.quantized.conv2d(q, self.five, 0.1, 0)",
        "UNSUPPORTED | no supported overload of quantized::conv2d takes | ops.quantized.conv2d(q, self.w, 0.1, 0)",
        "UNSUPPORTED | no supported overload of aten::add takes | torch.add(x, self.p)",
        "UNSUPPORTED | no supported overload of aten::add takes | torch.add(x, self.w)",
        "UNSUPPORTED | no supported overload of aten::conv2d takes | torch.conv2d(x, self.w)",
        "UNSUPPORTED | Packed has no method unpack | (self.p).unpack()",
        "UNSUPPORTED | Packed has no attribute bias | self.p.bias",
        "UNSUPPORTED | depends on the input's data | torch._make_per_tensor_quantized_tensor(torch.to(x, 1), 0.1, 0)",
        "UNSUPPORTED | aten::_make_per_tensor_quantized_tensor of INT64 | torch._make_per_tensor_quantized_tensor(torch.tensor([1, 2]), 0.1, 0)",
        "BAD_INPUT | with 1 scales and 2 zero points for 1 channels | torch.fake_quantize_per_tensor_affine(x, torch.tensor([0.1]), torch.tensor([1, 2]), 0, 255)",
        "BAD_INPUT | with 2 scales and 2 zero points for 3 channels | torch.fake_quantize_per_channel_affine(x, torch.tensor([0.1, 0.2]), torch.tensor([1, 2]), 1, 0, 255)",
        "BAD_INPUT | with a zero point of 300.0, which is none of its integers | torch.fake_quantize_per_tensor_affine(x, 0.1, 300, 0, 255)",
        "BAD_INPUT | a scale of 0.0; it must be | torch.fake_quantize_per_tensor_affine(x, 0., 3, 0, 255)",
      })
  void isRefused(ExitCode code, String part, String expression) {
    refused(
        Scripts.forward(Q + "return " + expression)
            .attribute("p", convolution())
            .attribute("l", packed("Linear", weight(2, 48), PyNone.NONE))
            .attribute(
                "five", convolution(weight(2, 5, 3, 3), numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0)))
            .attribute("w", weight(2, 3, 3, 3)),
        code,
        part);
  }

  static Stream<Arguments> objects() {
    String version = "in a version that is not supported";
    String kind = "p: packed weights that are not QINT8 with a scale for all or for each output";
    String images = "p: a packed convolution that is not of images";
    PyValue none = PyNone.NONE;
    PyValue two = new PyString("2");
    PyQTensor w = weight(2, 3, 3, 3);
    PyTensor plain = numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0);
    return Stream.of(
        Arguments.of(
            convolution(w, numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1)),
            "p: a packed transposed convolution"),
        Arguments.of(convolution(w, numbers(1, 1, 0, 1, 0, 1, 0)), images),
        Arguments.of(convolution(w, numbers(3, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0)), images),
        Arguments.of(convolution(w, numbers(3, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0)), images),
        Arguments.of(convolution(w, numbers()), images),
        Arguments.of(convolution(w, new PyTensor(Tensor.of(new float[] {2}), false)), images),
        Arguments.of(packed("Conv2d", new PyString("3"), list(plain, w), list(none)), version),
        Arguments.of(packed("Conv2d", new PyInt(2), list(plain, w), list(none)), version),
        Arguments.of(packed("Conv2d", two, list(plain, w)), version),
        Arguments.of(packed("Conv2d", two, list(plain), list(none)), version),
        Arguments.of(packed("Conv2d", two, list(plain, w), list()), version),
        Arguments.of(packed("Conv2d", two, list(none, w), list(none)), version),
        Arguments.of(packed("Conv2d", two, none, none), version),
        Arguments.of(packed("Conv2d"), version),
        Arguments.of(packed("Conv3d", two, list(plain, w), list(none)), version),
        Arguments.of(packed("Linear", weight(2, 48)), version),
        Arguments.of(packed("Embedding", weight(2, 48), none), version),
        Arguments.of(new PyObject(CLASSES + "Conv2dPackedParamsBase"), version),
        Arguments.of(packed("Conv2d", two, list(plain, none), list(none)), kind),
        Arguments.of(packed("Conv2d", two, list(plain, plain), list(none)), kind),
        Arguments.of(packed("Conv2d", two, list(plain, w), list(two)), kind),
        Arguments.of(packed("Conv2d", two, list(plain, w), list(w)), kind),
        Arguments.of(packed("Conv2d", two, list(plain, w), list(floats(3))), kind),
        Arguments.of(packed("Conv2d", two, list(plain, w), list(floats(2, 1))), kind),
        Arguments.of(packed("Conv2d", two, list(plain, w), list(plain)), kind),
        Arguments.of(convolution(weight(2, 27), plain), kind),
        Arguments.of(
            convolution(
                new PyQTensor(
                    Tensor.zeros(DType.QUINT8, 2, 3, 3, 3), new Quantizer.PerTensor(1, 0)),
                plain),
            kind),
        Arguments.of(convolution(byChannel(1, new double[] {1, 1, 1}), plain), kind),
        Arguments.of(
            convolution(byChannel(0, new double[] {1, Double.NaN}), plain), "a scale of NaN"),
        Arguments.of(convolution(byChannel(0, new double[] {0, 1}), plain), "a scale of 0.0"),
        Arguments.of(
            convolution(
                new PyQTensor(
                    Tensor.zeros(DType.QINT8, 2, 3, 3, 3), new Quantizer.PerTensor(1, 200)),
                plain),
            "a zero point of 200, which QINT8 does not hold"),
        Arguments.of(
            convolution(w, numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0)),
            "3 channels for a convolution of 0"),
        Arguments.of(
            convolution(w, numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, -1, 0)),
            "3 channels for a convolution of -3"),
        Arguments.of(convolution(w, numbers(2, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0)), ""),
        Arguments.of(convolution(w, numbers(2, -1, 1, 0, 0, 1, 1, 0, 0, 1, 0)), ""),
        Arguments.of(convolution(w, numbers(2, 1, 1, -3, 0, 1, 1, 0, 0, 1, 0)), ""),
        Arguments.of(convolution(w, numbers(2, 1, 1, 0, 0, 32767, 1, 0, 0, 1, 0)), ""),
        Arguments.of(
            convolution(w, numbers(2, 1, 1, 32767, 32767, 1, 1, 0, 0, 1, 0)), "a value of"));
  }

  @ParameterizedTest
  @MethodSource("objects")
  void damagedLayersAreRefused(PyObject packed, String part) {
    Scripts script = Scripts.forward(CALL).attribute("p", packed);
    assertThatThrownBy(script::trace)
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("code/__torch__.py:")
        .hasMessageContaining(part);
  }

  private static final String MODULE =
      """
      class Layer(Module):
        training : bool
        def forward(self: __torch__.Layer, q: Tensor) -> Tensor:
          return ops.quantized.conv2d(q, self.p, 0.1, 0)
        def __setstate__(self: __torch__.Layer, state: Tuple[Tensor, Optional[Tensor]]) -> NoneType:
          %s
          return None
      """;

  @Test
  void aModuleRestoresItself() {
    Scripts script =
        module(
            "self.p = ops.quantized.conv2d_prepack((state)[0], (state)[1], [1, 1], [0, 0], [1, 1], 1)");
    assertThat(script.operators()).contains("conv2d").endsWith("dequantize");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pass | __torch__.Layer has no attribute p",
        "a = (self).__setstate__(state, ) | deeper than",
        "a = self.p | __torch__.Layer has no attribute p",
        "self.p = 1 | no supported overload of quantized::conv2d takes",
        "self.p = ops.quantized.conv2d_prepack() | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack((state)[0], (state)[1]) | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack(state, None, [1, 1], [0, 0], [1, 1], 1) | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack((state)[0], 3, [1, 1], [0, 0], [1, 1], 1) | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack((state)[0], None, [1], [0, 0], [1, 1], 1) | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack((state)[0], None, 1, [0, 0], [1, 1], 1) | expected a list, found int 1",
        "self.p = ops.quantized.conv2d_prepack((state)[0], None, [1, self], [0, 0], [1, 1], 1) | expected a number, found",
        "self.p = ops.quantized.conv2d_prepack((state)[0], None, [1, 1], [0, 0], [1, 1], None) | expected a number, found None",
        "self.p = ops.quantized.linear_prepack((state)[0], None) | layer: packed weights that are not",
        "self.p = ops.quantized.conv2d_prepack((state)[7], None) | ",
      })
  void damagedModulesAreRefused(String statement, String part) {
    assertThatThrownBy(module(statement)::trace)
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("code/__torch__.py:")
        .hasMessageContaining(Objects.requireNonNullElse(part, ""));
  }

  @Test
  void aModuleWithoutItsCodeIsRefused() {
    Scripts script = Scripts.forward(Q + "return (self.layer).forward(q, )");
    PyObject layer = new PyObject("__torch__.Layer");
    layer.attributes().put(PyObject.STATE, new PyTuple(List.of()));
    script.attribute("layer", layer);
    assertThatThrownBy(script::trace)
        .isInstanceOf(Failure.class)
        .hasMessageContaining("an object of class __torch__.Layer, and its code has no such class");
    script.with(
        "class Layer(Module):\n  def forward(self: __torch__.Layer, q: Tensor) -> Tensor:\n    return self.p\n");
    refused(script, ExitCode.BAD_INPUT, "class __torch__.Layer has no method __setstate__");
  }

  @Test
  void aModuleRestoresItselfBeforeItIsIndexed() {
    String statement =
        "self.p = ops.quantized.conv2d_prepack((state)[0], (state)[1], [1, 1], [0, 0], [1, 1], 1)";
    Scripts script = module(statement, MODULE.replace("self.p, 0.1", "(self)[\"p\"], 0.1"));
    assertThat(script.operators()).contains("conv2d").endsWith("dequantize");
  }

  private static Scripts module(String statement) {
    return module(statement, MODULE);
  }

  private static Scripts module(String statement, String code) {
    PyObject layer = new PyObject("__torch__.Layer");
    layer.attributes().put(PyObject.STATE, new PyTuple(List.of(weight(2, 3, 3, 3), PyNone.NONE)));
    return Scripts.forward(Q + "return torch.dequantize((self.layer).forward(q, ))")
        .attribute("layer", layer)
        .with(code.formatted(statement));
  }

  private static PyObject convolution() {
    return convolution(weight(2, 3, 3, 3), numbers(2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0));
  }

  private static PyObject convolution(PyQTensor weight, PyTensor numbers) {
    return packed("Conv2d", new PyString("2"), list(numbers, weight), list(PyNone.NONE));
  }

  private static PyObject packed(String layer, PyValue... state) {
    PyObject object = new PyObject(CLASSES + layer + "PackedParamsBase");
    object.attributes().put(PyObject.STATE, new PyTuple(List.of(state)));
    return object;
  }

  private static PyList list(PyValue... items) {
    return new PyList("", List.of(items));
  }

  private static PyQTensor weight(long... shape) {
    return new PyQTensor(Tensor.zeros(DType.QINT8, shape), new Quantizer.PerTensor(0.5, 0));
  }

  private static PyQTensor byChannel(int axis, double[] scales) {
    Tensor each = Tensor.zeros(DType.FLOAT64, scales.length);
    each.bytes().asDoubleBuffer().put(scales);
    return new PyQTensor(
        Tensor.zeros(DType.QINT8, 2, 3, 3, 3),
        new Quantizer.PerChannel(each, Tensor.zeros(DType.INT64, scales.length), axis));
  }

  private static PyTensor floats(long... shape) {
    return new PyTensor(Tensor.zeros(DType.FLOAT32, shape), false);
  }

  private static PyTensor numbers(int... values) {
    Tensor numbers = Tensor.zeros(DType.INT16, values.length);
    for (int i = 0; i < values.length; i++) {
      numbers.bytes().putShort(2 * i, (short) values[i]);
    }
    return new PyTensor(numbers, false);
  }

  private static void refused(Scripts script, ExitCode code, String part) {
    assertThatThrownBy(script::trace)
        .isInstanceOfSatisfying(Failure.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageStartingWith("code/__torch__.py:")
        .hasMessageContaining(part);
  }
}
