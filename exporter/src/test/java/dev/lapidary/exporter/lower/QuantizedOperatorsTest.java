package dev.lapidary.exporter.lower;

import static dev.lapidary.exporter.testing.PackedLayers.bias;
import static dev.lapidary.exporter.testing.PackedLayers.convolution;
import static dev.lapidary.exporter.testing.PackedLayers.linear;
import static dev.lapidary.exporter.testing.PackedLayers.noBias;
import static dev.lapidary.exporter.testing.PackedLayers.weight;
import static dev.lapidary.exporter.testing.PackedLayers.weightByOutput;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each operator on quantized tensors as a line of TorchScript, x: [N,3,8,8] of uniform numbers.
 * What moves, chooses or cuts integers is the same number in libtorch and in ONNX Runtime; what
 * computes is rounded to the grid at its end, from numbers that two runtimes sum and multiply in
 * another order, so that what lies between two integers may fall to either: one step apart, and
 * seldom.
 */
class QuantizedOperatorsTest {
  /**
   * Of the numbers that are rounded; most seen are three of a hundred, where bilinear weights are
   * quarters.
   */
  private static final double SELDOM = 0.05;

  @TempDir static Path folder;

  /**
   * The layers' inputs are integers up to 127, as PyTorch's own {@code reduce_range} has them: on
   * CPUs without VNNI both runtimes add two products of 8 bits in 16, which 255 * 127 overflows.
   */
  private static final String INPUTS =
      """
        q = torch.quantize_per_tensor(x, 0.0079, 128, 13)
        p = torch.quantize_per_tensor(torch.mul(x, x), 0.0051, 23, 13)
        h = torch.quantize_per_tensor(x, 0.0159, 64, 13)
        s = torch.quantize_per_tensor(x, 0.0083, -3, 12)
        t = torch.quantize_per_tensor(torch.mul(x, x), 0.0079, -128, 12)
      """;

  private static Map<String, PyValue> attributes() {
    Map<String, PyValue> all = new LinkedHashMap<>();
    all.put(
        "square",
        convolution(weight("square", 0.013, 0, 3, 3, 3, 3), bias("b3", 3), 1, 1, 1, 1, 1, 1, 1));
    all.put(
        "shifted",
        convolution(weight("shifted", 0.011, 5, 4, 3, 3, 3), bias("b4", 4), 1, 1, 1, 1, 1, 1, 1));
    all.put(
        "oblong",
        convolution(weightByOutput("oblong", 0.006, 3, 3, 3, 3), noBias(), 2, 1, 3, 1, 1, 2, 1));
    all.put(
        "point",
        convolution(
            weightByOutput("point", 0.008, 5, 3, 1, 1), bias("b5", 5), 1, 2, 0, 0, 1, 1, 1));
    all.put(
        "depthwise",
        convolution(weightByOutput("depth", 0.01, 3, 1, 3, 3), bias("b3", 3), 1, 1, 1, 1, 1, 1, 3));
    all.put(
        "grouped",
        convolution(weightByOutput("grouped", 0.01, 6, 1, 5, 3), noBias(), 2, 2, 2, 0, 1, 1, 3));
    all.put("dense", linear(weight("dense", 0.012, -2, 8, 8), bias("b8", 8)));
    all.put("rows", linear(weightByOutput("rows", 0.005, 8, 8), bias("b8", 8)));
    all.put("bare", linear(weightByOutput("bare", 0.005, 5, 8), noBias()));
    all.put("v3", new PyTensor(Uniform.tensor("v3", 3), false));
    all.put("m3", new PyTensor(Uniform.tensor("m3", 3), false));
    all.put("scale", new PyTensor(Tensor.of(new float[] {0.0079f}), false));
    all.put("zero", new PyTensor(Tensor.of(new long[] {101}), false));
    all.put("scales", new PyTensor(Tensor.of(new float[] {0.004f, 0.009f, 0.0017f}, 3), false));
    Tensor zeros = Tensor.zeros(DType.INT32, 3);
    zeros.bytes().putInt(0, 120).putInt(4, 64).putInt(8, 7);
    all.put("zeros", new PyTensor(zeros, false));
    return all;
  }

  /** Elements of their operands, or integers cut to a range. */
  static Stream<String> exact() {
    return Stream.of(
        "q",
        "s",
        "torch.quantize_per_tensor(x, self.scale, self.zero, 13)",
        "torch.quantize_per_tensor(torch.mul(x, 100), 0.0079, 128, 13)",
        "torch.relu(q)",
        "torch.relu(s)",
        "torch.relu_(q)",
        "torch.max_pool2d(q, [3, 3], [2, 2], [1, 1], [1, 1], True)",
        "torch.max_pool2d(s, [2, 2], [2, 2], [0, 0], [1, 1], False)",
        "torch.flatten(q, 1)",
        "torch.reshape(torch.permute(q, [0, 2, 3, 1]), [-1, 24, 8])",
        "torch.view(q, [-1, 8, 3, 8])",
        "torch.transpose(s, 1, 2)",
        "torch.slice(q, 2, 1, 7, 2)",
        "torch.select(q, 1, -1)",
        "torch.narrow(q, 3, 2, 5)",
        "(torch.chunk(q, 2, 2))[1]",
        "(torch.split(q, 3, 2))[2]",
        "(torch.split_with_sizes(s, [1, 2], 1))[1]",
        "(torch.unbind(q, 1))[0]",
        "torch.squeeze(torch.unsqueeze(q, 1), 1)",
        "torch.expand(torch.slice(q, 1, 0, 1), [-1, 3, -1, -1])",
        "torch.contiguous(torch.detach(torch.clone(q)))",
        "torch.dropout(q, 0.5, False)",
        "ops.quantized.dropout(q, 0.0079, 128, 0.5, False)",
        "torch.upsample_nearest2d(q, [16, 12], None)",
        "torch.pixel_shuffle(torch.view(q, [-1, 12, 4, 4]), 2)",
        "torch.channel_shuffle(torch.view(q, [-1, 12, 4, 4]), 3)",
        "torch.index_select(q, 3, torch.tensor([7, 0, 3]))",
        "torch.stack([q, q], 1)",
        "torch.reflection_pad2d(q, [1, 2, 0, 3])",
        "torch.pad(q, [2, 1, 3, 0], \"reflect\")",
        "torch.constant_pad_nd(q, [2, 1, 3, 0], 0.3)",
        "torch.pad(q, [1, 1, 0, 2], \"constant\", None)",
        "torch.cat([torch.relu_(torch.slice(q, 1, 1, 2)), q], 1)",
        "torch.cat([torch.relu_(torch.slice(q, 2, 1, 8, 2)), torch.slice(q, 2, 0, 4)], 2)",
        "torch.cat([torch.hardtanh_(torch.select(q, 1, 0), -0.2, 0.2), torch.select(q, 1, 0)], 1)",
        "torch.hardtanh(q, -0.5, 0.3)",
        "torch.hardtanh(s, -0.5, 0.3)",
        "torch.relu6(torch.quantize_per_tensor(torch.mul(x, 9), 0.0671, 100, 13))",
        "ops.quantized.relu6(torch.quantize_per_tensor(torch.mul(x, 9), 0.0671, 100, 13), False)",
        "torch.clamp(q, -0.3, 0.7)",
        "torch.adaptive_avg_pool2d(q, [8, 8])",
        "ops.quantized.cat([q, q], 1, None, None)",
        "ops.quantized.cat([q, torch.relu(q)], 2, 0.0079, 128)",
        "torch.cat([s, s], 1)",
        "ops.quantized.clamp(q, -0.3, 0.7)",
        "ops.quantized.clamp(s, None, 0.2)",
        "ops.quantized.cat_relu([q, q], 1, None, None)",
        "ops.quantized.mul_scalar(q, 0.37)",
        "ops.quantized.mul_scalar(q, -1.7)",
        "ops.quantized.mul_scalar(s, -1.7)",
        "ops.quantized.mul_scalar(q, 0)",
        "ops.quantized.mul_scalar_relu(q, 0.37)",
        "ops.quantized.mul_scalar_relu(p, -2.)",
        "ops.quantized.mul(q, 0.5)",
        "ops.quantized.mul(0.5, q)",
        "ops.quantized.mul_relu(q, 0.5)",
        "ops.quantized.add_scalar(q, 0.31)",
        "ops.quantized.add_scalar(s, -0.31)",
        "ops.quantized.add_scalar_relu(q, -0.31)",
        "ops.quantized.add(q, 0.31)",
        "ops.quantized.add(0.31, q)",
        "ops.quantized.add_relu(q, 0.31)",
        "torch.mul(torch.to(torch.int_repr(q), 6), 0.5)",
        "torch.mul(torch.to(torch.int_repr(s), 6), 0.5)",
        "torch.add(torch.mul(x, torch.q_scale(p)), torch.q_zero_point(p))",
        "torch.relu(torch.quantize_per_tensor(x, 0.0079, 0, 13))");
  }

  /** With the step of the result's grid. */
  static Stream<String> rounded() {
    return Stream.of(
        "0.03 | ops.quantized.conv2d(h, self.square, 0.03, 120)",
        "0.03 | ops.quantized.conv2d_relu(h, self.square, 0.03, 0)",
        "0.03 | ops.quantized.conv2d_relu(h, self.square, 0.03, 40)",
        "0.03 | ops.quantized.conv2d(h, self.shifted, 0.03, 131)",
        "0.05 | ops.quantized.conv2d(h, self.oblong, 0.05, 120)",
        "0.05 | ops.quantized.conv2d_relu(h, self.oblong, 0.05, 3)",
        "0.03 | ops.quantized.conv2d(h, self.point, 0.03, 120)",
        "0.03 | ops.quantized.conv2d(h, self.depthwise, 0.03, 120)",
        "0.03 | ops.quantized.conv2d_relu(h, self.depthwise, 0.03, 0)",
        "0.04 | ops.quantized.conv2d(h, self.grouped, 0.04, 110)",
        "0.03 | ops.quantized.linear(h, self.dense, 0.03, 120)",
        "0.03 | ops.quantized.linear_relu(h, self.dense, 0.03, 0)",
        "0.03 | ops.quantized.linear(torch.select(torch.select(h, 1, 0), 1, 0), self.rows, 0.03, 12)",
        "0.03 | ops.quantized.linear_relu(h, self.rows, 0.03, 33)",
        "0.03 | ops.quantized.linear(h, self.bare, 0.03, 120)",
        "0.03 | torch.quantize_per_tensor(ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(x, 0.0159, 64, self.rows), 0.03, 120, 13)",
        "0.011 | ops.quantized.add(q, p, 0.011, 90)",
        "0.011 | ops.quantized.add_relu(q, p, 0.011, 90)",
        "0.011 | ops.quantized.add_relu(q, p, 0.011, 0)",
        "0.017 | ops.quantized.add(s, t, 0.017, -30)",
        "0.009 | ops.quantized.mul(q, p, 0.009, 110)",
        "0.009 | ops.quantized.mul_relu(q, p, 0.009, 110)",
        "0.009 | ops.quantized.mul(s, t, 0.009, 10)",
        "0.012 | ops.quantized.cat([q, p, q], 1, 0.012, 77)",
        "0.0079 | ops.quantized.cat([q, p], 1, None, None)",
        "0.0051 | torch.cat([p, q], 2)",
        "0.004 | ops.quantized.hardswish(q, 0.004, 90)",
        "0.004 | ops.quantized.sigmoid(q, 0.004, 3)",
        "0.00390625 | torch.sigmoid(q)",
        "0.00390625 | torch.sigmoid(s)",
        "0.0078125 | torch.tanh(q)",
        "0.0078125 | torch.tanh(s)",
        "0.00390625 | torch.hardsigmoid(q)",
        "0.00390625 | torch.hardsigmoid(s)",
        "0.0079 | torch.leaky_relu(q, 0.2)",
        "0.006 | ops.quantized.leaky_relu(q, 0.2, False, 0.006, 60)",
        "0.007 | ops.quantized.elu(q, 0.007, 100)",
        "0.007 | ops.quantized.elu(q, 0.007, 100, 1.2, 1.1, 0.9)",
        "0.02 | ops.quantized.batch_norm2d(q, self.v3, self.m3, self.m3, torch.add(self.v3, 2),"
            + " 1e-05, 0.02, 120)",
        "0.02 | ops.quantized.batch_norm2d_relu(q, self.v3, self.m3, self.m3, torch.add(self.v3,"
            + " 2), 1e-05, 0.02, 30)",
        "0.02 | ops.quantized.batch_norm(q, self.v3, self.m3, self.m3, torch.add(self.v3, 2),"
            + " 1e-05, 0.02, 120)",
        "0.02 | ops.quantized.batch_norm_relu(q, self.v3, self.m3, self.m3, torch.add(self.v3, 2),"
            + " 1e-05, 0.02, 30)",
        "0.02 | ops.quantized.batch_norm1d(torch.flatten(q, 2), self.v3, self.m3, self.m3,"
            + " torch.add(self.v3, 2), 1e-05, 0.02, 120)",
        "0.02 | ops.quantized.batch_norm1d_relu(torch.flatten(q, 2), self.v3, self.m3, self.m3,"
            + " torch.add(self.v3, 2), 1e-05, 0.02, 120)",
        "0.03 | ops.quantized.layer_norm(q, [8], None, None, 1e-05, 0.03, 128)",
        "0.03 | ops.quantized.layer_norm(torch.permute(q, [0, 2, 3, 1]), [3], self.v3, self.m3,"
            + " 1e-05, 0.03, 128)",
        "0.03 | ops.quantized.group_norm(q, 3, self.v3, self.m3, 1e-05, 0.03, 128)",
        "0.03 | ops.quantized.group_norm(q, 1, None, None, 1e-05, 0.03, 128)",
        "0.03 | ops.quantized.instance_norm(q, self.v3, self.m3, 1e-05, 0.03, 128)",
        "0.03 | ops.quantized.matmul(q, p, 0.03, 120)",
        "0.00390625 | ops.quantized.softmax(q, -1, 0.00390625, 0)",
        "0.011 | ops.quantized.cat_relu([q, p], 1, 0.011, 20)",
        "0.007 | ops.quantized.celu(q, 0.007, 100)",
        "0.007 | ops.quantized.celu(q, 0.007, 100, 1.3)",
        "0.0138 | ops.quantized.add_scalar(q, 2.7)",
        "0.015 | ops.quantized.add_scalar(q, -2.9)",
        "0.015 | ops.quantized.add_scalar_relu(s, 2.9)",
        "0.0079 | torch.avg_pool2d(q, [3, 3], [2, 2], [1, 1], False, True, None)",
        "0.0079 | torch.avg_pool2d(q, [3, 3], [2, 2], [1, 1], True, False, None)",
        "0.0083 | torch.avg_pool2d(s, [3, 3], [1, 1], [0, 0], False, True, None)",
        "0.0079 | torch.adaptive_avg_pool2d(q, [1, 1])",
        "0.0079 | torch.adaptive_avg_pool2d(q, [3, 5])",
        "0.0083 | torch.mean(s, [2, 3])",
        "0.0079 | torch.mean(q, [2, 3])",
        "0.0079 | torch.mean(q, [1], True)",
        "0.0079 | torch.upsample_bilinear2d(q, [16, 13], False, None)",
        "0.0079 | torch.upsample_bilinear2d(q, [16, 13], True, None)",
        "0.0083 | torch.upsample_bilinear2d(s, [16, 16], False, None)");
  }

  /**
   * Averages of four integers, of which every fourth lies just between two. Rounding to even is
   * what both do, but libtorch's kernels when the zero point is added and ONNX's definition before:
   * where that is odd, the halves fall to the other side.
   */
  static Stream<String> halves() {
    return Stream.of(
        "0.0079 | torch.avg_pool2d(q, [2, 2], [2, 2], [0, 0], False, True, None)",
        "0.0083 | torch.avg_pool2d(s, [2, 2], [2, 2], [0, 0], False, True, None)",
        "0.0079 | torch.adaptive_avg_pool2d(q, [4, 4])",
        "0.0083 | torch.adaptive_avg_pool2d(s, [4, 4])",
        "0.0083 | torch.adaptive_avg_pool2d(s, [4, 2])");
  }

  @ParameterizedTest
  @MethodSource("exact")
  void whatMovesAndChoosesIsExact(String expression) throws IOException {
    agrees(archive(expression), 0, 0);
  }

  @ParameterizedTest
  @MethodSource("rounded")
  void whatComputesIsAStepApartAtMost(String line) throws IOException {
    String[] parts = line.split(" \\| ", 2);
    agrees(archive(parts[1]), Double.parseDouble(parts[0]), SELDOM);
  }

  @ParameterizedTest
  @MethodSource("halves")
  void whatLiesJustBetweenTwoIntegersFallsToEither(String line) throws IOException {
    String[] parts = line.split(" \\| ", 2);
    agrees(archive(parts[1]), Double.parseDouble(parts[0]), 0.25);
  }

  /** Quantization that is only simulated, as training for it leaves it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0079 | torch.fake_quantize_per_tensor_affine(x, 0.0079, 128, 0, 255)",
        "0.0079 | torch.fake_quantize_per_tensor_affine(x, 0.0079, -3, -128, 127)",
        "0.0079 | torch.fake_quantize_per_tensor_affine(x, 0.0079, 50, 0, 127)",
        "0.0079 | torch.fake_quantize_per_tensor_affine(x, 0.0079, 10, -64, 63)",
        "0.0079 | torch.fake_quantize_per_tensor_affine(x, self.scale, torch.to(self.zero, 3), 0,"
            + " 255)",
        "0.01 | torch.fake_quantize_per_channel_affine(x, self.scales, self.zeros, 1, 0, 255)",
        "0.01 | torch.fake_quantize_per_channel_affine(x, self.scales, self.zeros, 1, 0, 127)",
      })
  void simulated(double step, String expression) throws IOException {
    agrees(plain(expression), step, 0);
  }

  /** As scripted archives hold their layers: a module that packs them when it is loaded. */
  @ParameterizedTest
  @ValueSource(strings = {"oblong", "depthwise", "shifted"})
  void aModuleThatPacksItsWeights(String name) throws IOException {
    PyObject packed = (PyObject) Objects.requireNonNull(attributes().get(name));
    List<PyValue> state = items(packed.attributes().get(PyObject.STATE));
    PyValue weight = items(state.get(1)).get(1);
    PyValue bias = items(state.get(2)).get(0);
    long[] n = ((PyTensor) items(state.get(1)).get(0)).tensor().toLongs();
    PyObject module = new PyObject("__torch__.Conv");
    module
        .attributes()
        .put(
            PyObject.STATE,
            new PyTuple(
                List.of(
                    new PyTuple(List.of(new PyInt(n[1]), new PyInt(n[2]))),
                    new PyTuple(List.of(new PyInt(n[3]), new PyInt(n[4]))),
                    new PyTuple(List.of(new PyInt(n[5]), new PyInt(n[6]))),
                    new PyInt(n[9]),
                    weight,
                    bias)));
    String body = INPUTS + "  return torch.dequantize((self.conv).forward(h, ))\n";
    agrees(Archives.holding(folder, body, Map.of("conv", module), PACKING), 0.05, SELDOM);
  }

  private static List<PyValue> items(@Nullable PyValue value) {
    return value instanceof PyList list
        ? list.items()
        : ((PyTuple) Objects.requireNonNull(value)).items();
  }

  private static final String PACKING =
      """
      class Conv(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        stride : Tuple[int, int]
        _packed_params : __torch__.torch.classes.quantized.Conv2dPackedParamsBase
        def forward(self: __torch__.Conv,
          x: Tensor) -> Tensor:
          _packed_params = self._packed_params
          return ops.quantized.conv2d(x, _packed_params, 0.05, 121)
        def __getstate__(self: __torch__.Conv) -> STATE:
          w, b, = ops.quantized.conv2d_unpack(self._packed_params)
          return ((1, 1), (1, 1), (1, 1), 1, w, b)
        def __setstate__(self: __torch__.Conv,
          state: STATE) -> NoneType:
          self.stride = (state)[0]
          _0 = (self).pack((state)[4], (state)[5], (state)[1], (state)[2], (state)[3], )
          self.training = False
          return None
        def pack(self: __torch__.Conv,
          w: Tensor,
          b: Optional[Tensor],
          padding: Tuple[int, int],
          dilation: Tuple[int, int],
          groups: int) -> NoneType:
          stride = self.stride
          _1, _2, = stride
          _3, _4, = padding
          _5, _6, = dilation
          _7 = ops.quantized.conv2d_prepack(w, b, [_1, _2], [_3, _4], [_5, _6], groups)
          self._packed_params = _7
          return None
      """
          .replace(
              "STATE",
              "Tuple[Tuple[int, int], Tuple[int, int], Tuple[int, int], int, Tensor,"
                  + " Optional[Tensor]]");

  private static Path archive(String expression) throws IOException {
    boolean integers = expression.contains("int_repr") || expression.contains("q_scale");
    String result = integers ? expression : "torch.dequantize(" + expression + ")";
    return plain(result);
  }

  private static Path plain(String expression) throws IOException {
    Map<String, PyValue> used = attributes();
    used.keySet().removeIf(name -> !expression.contains("self." + name));
    return Archives.holding(folder, INPUTS + "  return " + expression + "\n", used, "");
  }

  private static void agrees(Path archive, double step, double share) throws IOException {
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
      for (int batch : new int[] {1, 3}) {
        Tensor input = Uniform.tensor("input", batch, 3, 8, 8);
        float[] expected = model.run(input).values();
        for (int opset : new int[] {13, 17, 20}) {
          OnnxGraph graph = GraphLowering.lower(traced, opset);
          assertSteps(OrtRun.first(graph, input), expected, step, share, "opset " + opset);
          Passes.run(graph);
          assertSteps(OrtRun.first(graph, input), expected, step, share, "after the passes");
          assertSteps(
              OrtRun.optimized(graph, input), expected, step, share, "as the runtime has it");
        }
      }
    }
  }

  /**
   * Equal, or a step apart.
   *
   * @param step 0 if they must be equal
   * @param share of the numbers that may be a step apart
   */
  private static void assertSteps(
      Tensor found, float[] expected, double step, double share, String what) {
    assertThat(found.dtype()).isEqualTo(DType.FLOAT32);
    float[] values = found.toFloats();
    assertThat(values).as(what).hasSameSizeAs(expected);
    int apart = 0;
    for (int i = 0; i < values.length; i++) {
      double steps = step == 0 ? 0 : Math.rint((values[i] - expected[i]) / step);
      assertThat(Math.abs(steps)).as("steps at element %d, %s", i, what).isLessThanOrEqualTo(1);
      // Integers times the scale, which the one has as float64 and the other as float32.
      assertThat((double) values[i])
          .as("element %d, %s", i, what)
          .isCloseTo(expected[i] + steps * step, org.assertj.core.data.Offset.offset(1e-6));
      apart += steps == 0 ? 0 : 1;
    }
    assertThat((double) apart)
        .as("%s: apart of %d", what, values.length)
        .isLessThanOrEqualTo(share * values.length);
  }
}
