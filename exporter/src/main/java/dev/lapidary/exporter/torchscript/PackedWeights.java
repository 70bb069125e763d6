package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.trace.value.PackedParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Weights that libtorch packs for its kernels when it loads the archive, once, in place of nodes
 * that would pack them for each image: objects as {@code torch.ao.quantization} leaves them, in the
 * layout that {@link PackedParams} reads.
 *
 * @param graph without the nodes that pack
 * @param objects by the number of the value that such a node gave
 */
record PackedWeights(Graph graph, Map<Integer, Packed> objects) {
  private static final String CLASSES = "__torch__.torch.classes.quantized.";
  private static final int DIMENSIONS = 2;

  /**
   * @param module the layer's place in the state_dict
   */
  record Packed(String module, PyObject object) {}

  static PackedWeights of(Graph graph) {
    Map<Integer, Node> makers = new HashMap<>();
    Map<Integer, Packed> objects = new HashMap<>();
    Set<Integer> read = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.operator().equals("aten::_make_per_channel_quantized_tensor")) {
        makers.put(node.output().id(), node);
      } else if (PackedParams.packs(node.operator())) {
        int made = ((Value) node.arguments().get(0)).id();
        Node weight = Objects.requireNonNull(makers.get(made), "weights of no known integers");
        objects.put(node.output().id(), packed(node, weight));
      } else {
        node.read().forEach(value -> read.add(value.id()));
      }
    }
    List<Node> remaining = new ArrayList<>(graph.nodes());
    remaining.removeIf(
        node ->
            objects.containsKey(node.output().id())
                || (makers.containsKey(node.output().id()) && !read.contains(node.output().id())));
    return new PackedWeights(
        new Graph(graph.name(), graph.inputs(), remaining, graph.outputs()), objects);
  }

  private static Packed packed(Node pack, Node weight) {
    Constant integers = (Constant) weight.argument("self");
    Tensor plain = integers.tensor().contiguous();
    PyQTensor tensor =
        new PyQTensor(
            new Tensor(
                DType.QINT8, plain.shape(), plain.strides(), plain.storage(), plain.offset()),
            new Quantizer.PerChannel(
                ((Constant) weight.argument("scale")).tensor(),
                ((Constant) weight.argument("zero_point")).tensor(),
                0));
    PyValue bias =
        pack.arguments().get(1) instanceof Constant constant
            ? new PyTensor(constant.tensor(), false)
            : PyNone.NONE;
    boolean convolves = pack.operator().equals("quantized::conv2d_prepack");
    String module = integers.name().replaceFirst("\\.?weight$", "");
    return new Packed(
        module, convolves ? convolution(pack, tensor, bias) : object("Linear", tensor, bias));
  }

  /** {@code ("2", [numbers, weight], [bias])}. */
  private static PyObject convolution(Node pack, PyQTensor weight, PyValue bias) {
    List<Long> numbers = new ArrayList<>(List.of((long) DIMENSIONS));
    for (String list : List.of("stride", "padding", "dilation")) {
      ((Argument.ListOf) pack.argument(list)).items().forEach(n -> numbers.add(number(n)));
    }
    numbers.addAll(List.of(0L, 0L, number(pack.argument("groups")), 0L));
    Tensor tensor = Tensor.zeros(DType.INT16, numbers.size());
    for (int i = 0; i < numbers.size(); i++) {
      tensor.bytes().putShort(2 * i, numbers.get(i).shortValue());
    }
    return object(
        "Conv2d",
        new PyString("2"),
        new PyList("Tensor", List.of(new PyTensor(tensor, false), weight)),
        new PyList("", List.of(bias)));
  }

  private static long number(Argument argument) {
    return ((Argument.Int) argument).value().constant();
  }

  private static PyObject object(String kind, PyValue... state) {
    PyObject object = new PyObject(CLASSES + kind + "PackedParamsBase");
    object.attributes().put(PyObject.STATE, new PyTuple(List.of(state)));
    return object;
  }
}
