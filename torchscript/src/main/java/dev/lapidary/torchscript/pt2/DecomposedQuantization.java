package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import dev.lapidary.torchscript.pt2.ExportedProgram.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that PT2E quantized ({@code convert_pt2e}), in operators that libtorch has. Rounding to
 * integers and back is {@code fake_quantize}, which computes the same numbers; integers that the
 * file holds, the weights, stay integers behind {@code _make_per_channel_quantized_tensor}.
 */
final class DecomposedQuantization {
  private static final String NAMESPACE = "torch.ops.quantized_decomposed.";
  private static final Pattern AFFINE =
      Pattern.compile("(quantize|dequantize)_per_(tensor|channel)\\.(default|tensor|tensor2)");

  private static final Pattern WEIGHTED =
      Pattern.compile(
          "torch\\.ops\\.aten\\.(conv\\w*|_?convolution|linear|addmm|mm|matmul|bmm|embedding)\\.\\w+");

  /** What quantized tensors of libtorch are made of. */
  private static final Set<DType> INTEGERS = Set.of(DType.INT8, DType.UINT8, DType.INT32);

  private static final int FLOAT32 = DType.FLOAT32.scalarType();

  private final ExportedProgram program;
  private final List<ExportNode> nodes = new ArrayList<>();
  private final Map<String, PyTensor> constants;

  /** Values that stand for others: integers and what they mean are one rounded number here. */
  private final Map<String, String> same = new HashMap<>();

  /** What values are rounded to. */
  private final Map<String, AffineQuantization> rounded = new HashMap<>();

  /** Weights that the program rounds itself ({@code fold_quantize=False}). */
  private final Map<String, Tensor> integers = new HashMap<>();

  private DecomposedQuantization(ExportedProgram program) {
    this.program = program;
    this.constants = new LinkedHashMap<>(program.constants());
  }

  /**
   * @throws Failure exit 4 if its integers are anything but rounded numbers between plain operators
   */
  static ExportedProgram written(ExportedProgram program) {
    return is(program) ? new DecomposedQuantization(program).program() : program;
  }

  static boolean is(ExportedProgram program) {
    return program.nodes().stream().anyMatch(node -> node.target().startsWith(NAMESPACE));
  }

  /** What each target without its overload is written as. */
  static Map<String, String> names() {
    String rounded = "aten::fake_quantize_per_%s_affine, and weights as integers";
    String integers = "aten::_make_per_%s_quantized_tensor and dequantize, of weights";
    Map<String, String> names = new LinkedHashMap<>();
    for (String kind : List.of("tensor", "channel")) {
      names.put(NAMESPACE + "quantize_per_" + kind, rounded.formatted(kind));
      names.put(NAMESPACE + "dequantize_per_" + kind, integers.formatted(kind));
    }
    return names;
  }

  private ExportedProgram program() {
    program.nodes().forEach(this::add);
    List<Output> outputs = new ArrayList<>();
    for (Output output : program.result().outputs()) {
      requireReal(output.name(), "the program's result");
      outputs.add(new Output(same.getOrDefault(output.name(), output.name()), output.type()));
    }
    return program.with(nodes, constants, new Result(outputs, program.result().keys()));
  }

  private void add(ExportNode node) {
    if (!node.target().startsWith(NAMESPACE)) {
      node.refs(name -> requireReal(name, node.target()));
      List<Input> inputs = node.inputs(this::renamed);
      nodes.add(new ExportNode(node.target(), inputs, node.outputs(), node.isList(), node.stack()));
      return;
    }
    Matcher affine = AFFINE.matcher(node.target().substring(NAMESPACE.length()));
    if (!affine.matches() || node.outputs().size() != 1) {
      throw refused(node);
    }
    AffineQuantization quantization = quantization(node, affine.group(2).equals("channel"));
    String input = node.argument("input").ref().orElseThrow(() -> refused(node));
    if (affine.group(1).equals("quantize")) {
      quantize(node, quantization, same.getOrDefault(input, input));
    } else {
      dequantize(node, quantization, input);
    }
  }

  private void requireReal(String name, String reader) {
    if (rounded.containsKey(name) || integers.containsKey(name)) {
      throw Failure.unsupported(
          "the program is quantized (PT2E), and %s reads integers, where only dequantize is"
              + " supported; give what convert_pt2e makes, without further rewriting",
          Quote.of(reader));
    }
  }

  private static Failure refused(ExportNode node) {
    return node.target().contains("choose_qparams")
        ? dynamic()
        : Failure.unsupported(
            "the program is quantized by %s; quantize_per_tensor and quantize_per_channel of eight"
                + " bits are supported: quantize it statically, or give the float program, and"
                + " --quantize int8 makes the file small",
            Quote.of(node.target()));
  }

  private static Failure dynamic() {
    return Failure.unsupported(
        "the program is quantized dynamically (PT2E, choose_qparams): its scales depend on the"
            + " image; quantize it statically, or give the float program, and --quantize int8"
            + " makes the file small");
  }

  private void quantize(ExportNode node, AffineQuantization quantization, String value) {
    requireReal(value, node.target());
    String result = node.outputs().get(0).name();
    Optional<PyTensor> weight = program.known(value);
    if (weight.isPresent()
        && weight.get().tensor().dtype() == DType.FLOAT32
        && quantization.hasEight()) {
      integers.put(result, quantization.round(weight.get().tensor()));
      return;
    }
    List<Input> inputs = new ArrayList<>();
    inputs.add(new Input("self", new ExportArgument.Ref(value)));
    AffineQuantization written = quantization.unsigned();
    addQuantization(inputs, written);
    inputs.add(new Input("quant_min", new ExportArgument.Int(written.quantMin())));
    inputs.add(new Input("quant_max", new ExportArgument.Int(written.quantMax())));
    String operator = quantization.axis().isPresent() ? "per_channel" : "per_tensor";
    nodes.add(node.by("fake_quantize_" + operator + "_affine", inputs));
    rounded.put(result, quantization);
  }

  private void dequantize(ExportNode node, AffineQuantization quantization, String name) {
    ExportArgument type = node.argument("out_dtype");
    if (type instanceof ExportArgument.ScalarType number && number.number() != FLOAT32) {
      throw refused(node);
    }
    Optional<Tensor> held =
        Optional.ofNullable(integers.get(name)).or(() -> program.known(name).map(PyTensor::tensor));
    if (rounded.containsKey(name)) {
      if (!quantization.equals(rounded.get(name))) {
        throw Failure.unsupported(
            "the program is quantized (PT2E), and %s takes its integers for others than they were"
                + " rounded to: scales, zero points and limits have to be the same",
            Quote.of(node.target()));
      }
      same.put(node.outputs().get(0).name(), name);
    } else if (held.isPresent() && INTEGERS.contains(held.get().dtype())) {
      held(node, quantization, held.get());
    } else {
      throw Failure.unsupported(
          "the program is quantized (PT2E), and %s takes %s, which are neither weights of eight or"
              + " 32 bits nor rounded before",
          Quote.of(node.target()), Quote.of(name));
    }
  }

  private void held(ExportNode node, AffineQuantization quantization, Tensor tensor) {
    String made = "\0integers" + nodes.size();
    boolean operand =
        quantization.isSigned() && tensor.dtype() == DType.INT8 && !isWeight(node.outputs().get(0));
    boolean inFile =
        node.argument("input").ref().filter(name -> !integers.containsKey(name)).isPresent();
    List<Input> inputs = new ArrayList<>();
    ExportArgument self =
        inFile && !operand ? node.argument("input") : constant(operand ? unsigned(tensor) : tensor);
    inputs.add(new Input("self", self));
    addQuantization(inputs, operand ? quantization.unsigned() : quantization);
    String operator = quantization.axis().isPresent() ? "per_channel" : "per_tensor";
    nodes.add(
        new ExportNode(
            Targets.ATEN + "_make_" + operator + "_quantized_tensor.default",
            inputs,
            List.of(new Output(made, ValueType.TENSOR)),
            false,
            node.stack()));
    Input whole = new Input("self", new ExportArgument.Ref(made));
    nodes.add(node.by("dequantize", List.of(whole)));
  }

  /** Whether a layer multiplies by it, so that int8 is what ONNX Runtime's kernels take. */
  private boolean isWeight(Output value) {
    return program.nodes().stream()
        .filter(reader -> WEIGHTED.matcher(reader.target()).matches())
        .flatMap(reader -> reader.inputs().stream())
        .anyMatch(input -> input.argument().equals(new ExportArgument.Ref(value.name())));
  }

  private static Tensor unsigned(Tensor integers) {
    Tensor shifted = Tensor.zeros(DType.UINT8, integers.shape());
    long[] values = integers.toLongs();
    for (int i = 0; i < values.length; i++) {
      shifted.bytes().put(i, (byte) (values[i] + 128));
    }
    return shifted;
  }

  private void addQuantization(List<Input> inputs, AffineQuantization quantization) {
    if (quantization.axis().isEmpty()) {
      inputs.add(new Input("scale", new ExportArgument.Real(quantization.scales().get(0))));
      inputs.add(new Input("zero_point", new ExportArgument.Int(quantization.zeroPoints().get(0))));
    } else {
      inputs.add(new Input("scale", constant(quantization.scaleTensor())));
      inputs.add(new Input("zero_point", constant(quantization.zeroPointTensor())));
      inputs.add(new Input("axis", new ExportArgument.Int(quantization.axis().getAsLong())));
    }
  }

  private ExportArgument constant(Tensor tensor) {
    String name = "\0grid" + constants.size();
    constants.put(name, new PyTensor(tensor, false));
    return new ExportArgument.Ref(name);
  }

  private AffineQuantization quantization(ExportNode node, boolean byChannel) {
    double[] scales = numbers(node, byChannel ? "scales" : "scale");
    double[] zeroPoints = numbers(node, byChannel ? "zero_points" : "zero_point");
    ExportArgument axis = node.argument("axis");
    boolean whole = byChannel ? axis instanceof ExportArgument.Int : scales.length == 1;
    if (!whole || scales.length != zeroPoints.length) {
      throw Failure.badInput(
          "%s has %d scales and %d zero points; the file is damaged",
          Quote.of(node.target()), scales.length, zeroPoints.length);
    }
    return new AffineQuantization(
        Arrays.stream(scales).boxed().toList(),
        Arrays.stream(zeroPoints).mapToObj(zeroPoint -> (long) zeroPoint).toList(),
        axis instanceof ExportArgument.Int a ? OptionalLong.of(a.value()) : OptionalLong.empty(),
        (long) numbers(node, "quant_min")[0],
        (long) numbers(node, "quant_max")[0]);
  }

  /** A number, or the numbers of a tensor that the file holds. */
  private double[] numbers(ExportNode node, String name) {
    ExportArgument argument = node.argument(name);
    if (argument instanceof ExportArgument.Real real) {
      return new double[] {real.value()};
    }
    if (argument instanceof ExportArgument.Int whole) {
      return new double[] {whole.value()};
    }
    if (argument instanceof ExportArgument.Ref ref) {
      Tensor tensor = program.known(ref.name()).orElseThrow(() -> dynamic()).tensor();
      if (tensor.numel() > 0 && tensor.numel() <= MAX_CHANNELS) {
        return tensor.toDoubles();
      }
    }
    throw Failure.badInput(
        "%s without a usable %s; the file is damaged", Quote.of(node.target()), name);
  }

  private static final int MAX_CHANNELS = 1 << 20;

  private ExportArgument renamed(ExportArgument.Ref ref) {
    return new ExportArgument.Ref(same.getOrDefault(ref.name(), ref.name()));
  }
}
