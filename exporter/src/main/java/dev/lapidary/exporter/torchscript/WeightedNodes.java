package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.torchscript.QdqGraph.Result;
import dev.lapidary.exporter.torchscript.QdqGraph.Weights;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.ListOf;
import dev.lapidary.torchscript.graph.Argument.None;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Convolutions and matrix products by constants. Those that give integers are libtorch's quantized
 * operators on packed weights. Those that give floats are that for tokens, by an operator that
 * libtorch has on x86 alone; of features, where a network ends, they compute on floats what their
 * integers mean, as every CPU can. So do convolutions of more than {@value #MAX_GROUPS} groups:
 * FBGEMM, which libtorch takes for them, adds two products of bytes in 16 bits, which overflow.
 */
final class WeightedNodes {
  /** Up to that libtorch's x86 engine computes by oneDNN, where the CPU has VNNI. */
  private static final int MAX_GROUPS = 100;

  private final QdqGraph qdq;
  private final Forms forms;
  private final NodeList nodes;

  WeightedNodes(QdqGraph qdq, Forms forms) {
    this.qdq = qdq;
    this.forms = forms;
    this.nodes = forms.nodes();
  }

  boolean isOne(OnnxNode node) {
    boolean constant =
        qdq.weights(node).isPresent()
            || qdq.onnx()
                .initializer(node.input(1))
                .filter(weight -> weight.dtype() == DType.FLOAT32)
                .isPresent();
    return constant
        && switch (node.op()) {
          case "Conv" -> node.textOr("auto_pad", "NOTSET").equals("NOTSET");
          case "Gemm" ->
              node.intOr("transA", 0) == 0
                  && node.realOr("alpha", 1) == 1
                  && node.realOr("beta", 1) == 1
                  && (!node.hasInput(2) || qdq.bias(node).isPresent());
          case "MatMul" -> weights(node).rank() == 2;
          default -> false;
        };
  }

  private Tensor weights(OnnxNode node) {
    return qdq.weights(node)
        .map(Weights::integers)
        .or(() -> qdq.onnx().initializer(node.input(1)))
        .orElseThrow();
  }

  void add(OnnxNode node) {
    Optional<Weights> weights = qdq.weights(node);
    Optional<Result> result = qdq.result(node);
    boolean packs =
        node.is("Conv")
            ? weights(node).rank() == 4 && node.intOr("group", 1) <= MAX_GROUPS
            : node.is("Gemm", "MatMul");
    boolean integers = weights.isPresent() && qdq.dequantized(node.input(0)).isPresent();
    if (integers && packs && result.isPresent()) {
      packed(node, weights.get(), result.get());
    } else if (integers && node.is("MatMul")) {
      forms.put(node.output(), toFloats(node, weights.get()));
    } else {
      Argument weight = weights.map(w -> meant(node, w)).orElseGet(() -> plain(node));
      Value real = node.is("Conv") ? convolution(node, weight) : product(node, weight);
      Optional<Result> saturating =
          result.filter(r -> weights.isPresent() && r.rectified() && !r.cuts());
      if (saturating.isPresent()) { // which does what the Relu would
        QuantizationParameters quantization = saturating.get().quantization();
        forms.put(saturating.get().integers(), forms.quantized(real, quantization));
      } else {
        forms.put(node.output(), real);
      }
    }
  }

  private void packed(OnnxNode node, Weights weights, Result result) {
    Value integers = made(node, weights);
    Argument x = forms.integers(node.input(0)).orElseThrow().value();
    Argument scale = new Argument.Real(result.quantization().scale());
    Argument zero = Forms.integer(result.quantization().zeroPoint());
    String relu = result.rectified() ? "_relu" : "";
    Value bytes;
    if (node.is("Conv")) {
      Padding padding = Padding.of(node);
      if (!padding.outside().isEmpty()) {
        x = nodes.integers("aten::constant_pad_nd", x, padding.frame(), Forms.integer(0));
      }
      Value weight =
          nodes.weights(
              "quantized::conv2d_prepack",
              integers,
              bias(node),
              spread(node, "strides", 2),
              padding.inside(),
              spread(node, "dilations", 2),
              Forms.integer(node.intOr("group", 1)));
      bytes = nodes.integers("quantized::conv2d" + relu, x, weight, scale, zero);
    } else {
      Value weight = nodes.weights("quantized::linear_prepack", integers, bias(node));
      bytes = nodes.integers("quantized::linear" + relu, x, weight, scale, zero);
    }
    forms.put(result.integers(), new Forms.Integers(bytes, result.quantization()));
  }

  private Value toFloats(OnnxNode node, Weights weights) {
    QuantizationParameters quantization =
        qdq.quantization(qdq.dequantized(node.input(0)).orElseThrow());
    return nodes.real(
        "quantized::linear_with_input_q_dq_qweight_dq_output_fp32",
        forms.unrounded(node.input(0)),
        new Argument.Real(quantization.scale()),
        Forms.integer(quantization.zeroPoint()),
        nodes.weights("quantized::linear_prepack", made(node, weights), None.NONE));
  }

  private Value made(OnnxNode node, Weights weights) {
    String name = module(node) + "weight";
    return nodes.weights(
        "aten::_make_per_channel_quantized_tensor",
        new Constant(name, weights.integers()),
        new Constant(name + "_scale", weights.scales()),
        new Constant(name + "_zero_point", Tensor.zeros(DType.INT64, weights.integers().size(0))),
        Forms.integer(0));
  }

  /** Weights on floats that the integers mean. */
  private Argument meant(OnnxNode node, Weights weights) {
    return nodes.real("aten::dequantize", made(node, weights));
  }

  private Argument plain(OnnxNode node) {
    Tensor weight = qdq.onnx().initializer(node.input(1)).orElseThrow();
    boolean turned = !node.is("Conv") && node.intOr("transB", 0) == 0;
    return new Constant(
        module(node) + "weight", turned ? weight.permuted(1, 0).contiguous() : weight);
  }

  private Argument bias(OnnxNode node) {
    return qdq.bias(node)
        .<Argument>map(bias -> new Constant(module(node) + "bias", bias))
        .orElse(None.NONE);
  }

  /** The module's place in the state_dict, with a dot, of a node that is called after it. */
  static String module(OnnxNode node) {
    int slash = node.name().lastIndexOf('/');
    return slash < 0 ? "" : node.name().substring(0, slash) + ".";
  }

  private Value convolution(OnnxNode node, Argument weight) {
    int spatial = weights(node).rank() - 2;
    Padding padding = Padding.of(node);
    Argument x = forms.real(node.input(0));
    if (!padding.outside().isEmpty()) {
      x = nodes.real("aten::constant_pad_nd", x, padding.frame(), Forms.integer(0));
    }
    return nodes.real(
        "aten::conv" + spatial + "d",
        x,
        weight,
        bias(node),
        spread(node, "strides", spatial),
        padding.inside(),
        spread(node, "dilations", spatial),
        Forms.integer(node.intOr("group", 1)));
  }

  private Value product(OnnxNode node, Argument weight) {
    Argument bias = node.is("Gemm") ? bias(node) : None.NONE;
    return nodes.real("aten::linear", forms.real(node.input(0)), weight, bias);
  }

  private static ListOf spread(OnnxNode node, String attribute, int spatial) {
    return list(node.intsOr(attribute, LongStream.generate(() -> 1).limit(spatial).toArray()));
  }

  private static ListOf list(long[] values) {
    return new ListOf(Arrays.stream(values).mapToObj(Forms::integer).toList());
  }

  /**
   * Zeros around an image: libtorch's convolutions add as many before as after.
   *
   * @param inside what the convolution adds
   * @param outside what is added before it, from the last axis on, before and after; empty if
   *     nothing is
   */
  private record Padding(ListOf inside, List<Argument> outside) {
    static Padding of(OnnxNode node) {
      int spatial = node.intsOr("kernel_shape").length;
      long[] pads = node.intsOr("pads", new long[2 * spatial]);
      long[] before = Arrays.copyOf(pads, spatial);
      if (Arrays.equals(before, Arrays.copyOfRange(pads, spatial, 2 * spatial))) {
        return new Padding(list(before), List.of());
      }
      List<Argument> outside = new ArrayList<>();
      for (int axis = spatial - 1; axis >= 0; axis--) {
        outside.add(Forms.integer(pads[axis]));
        outside.add(Forms.integer(pads[spatial + axis]));
      }
      return new Padding(list(new long[spatial]), outside);
    }

    ListOf frame() {
      return new ListOf(outside);
    }
  }
}
