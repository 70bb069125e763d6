package dev.lapidary.exporter.lower;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.List;
import java.util.Map;

/**
 * Translates a traced network to ONNX. The result has the input {@code input} and the output {@code
 * logits}; more of them are called {@code input_1}, {@code output_1} and so on.
 */
public final class GraphLowering {
  public static final String INPUT = "input";
  public static final String LOGITS = "logits";
  public static final int MIN_OPSET = 13;
  public static final int MAX_OPSET = 20;

  private final Graph graph;
  private final OnnxGraph onnx;
  private final Emitter emitter;

  private GraphLowering(Graph graph, int opset) {
    this.graph = graph;
    this.onnx = new OnnxGraph(graph.name(), opset);
    this.emitter = new Emitter(onnx, INPUT);
  }

  /** With the output {@link #LOGITS}. */
  public static OnnxGraph lower(Graph graph, int opset) {
    return lower(graph, opset, LOGITS);
  }

  /**
   * @param opset version of {@code ai.onnx}, 13 to 20
   * @param output name of the first output
   * @throws Failure (exit 4) naming the operator and its place in the archive's text
   */
  public static OnnxGraph lower(Graph graph, int opset, String output) {
    return lowered(graph, opset, output).graph();
  }

  /**
   * @param origins for the nodes' names, the PyTorch operators that they are of, with their places
   * @param values for the traced values' numbers, their names in the graph
   */
  public record Lowered(
      OnnxGraph graph, Map<String, String> origins, Map<Integer, String> values) {}

  /** The same, and where each node comes from. */
  public static Lowered lowered(Graph graph, int opset, String output) {
    if (opset < MIN_OPSET || opset > MAX_OPSET) {
      throw Failure.badInput("opset %d is not in %d to %d", opset, MIN_OPSET, MAX_OPSET);
    }
    GraphLowering lowering = new GraphLowering(graph, opset);
    return new Lowered(
        lowering.lower(output), lowering.emitter.origins(), lowering.emitter.values());
  }

  private OnnxGraph lower(String first) {
    for (int i = 0; i < graph.inputs().size(); i++) {
      Value input = graph.inputs().get(i);
      String name = i == 0 ? INPUT : INPUT + "_" + i;
      onnx.addInput(ValueInfo.of(name, input.dtype(), input.shape()));
      emitter.bind(input, name);
    }
    graph.nodes().forEach(this::lower);
    for (int i = 0; i < graph.outputs().size(); i++) {
      output(graph.outputs().get(i), i == 0 ? first : "output_" + i);
    }
    return onnx;
  }

  private void lower(Node node) {
    Lowering lowering =
        Lowerings.find(node.operator())
            .orElseThrow(
                () ->
                    Failure.unsupported(
                        "[%s] %s: the operator %s is not supported (%d are, 'exporter ops' lists"
                            + " them)",
                        graph.name(), node.location(), node.operator(), Tracer.operators().size()));
    Op op = new Op(node, emitter, graph.name());
    emitter.at(node.location() + ": " + node.operator());
    List<String> names = lowering.lower(op);
    for (int i = 0; i < node.outputs().size(); i++) {
      Value output = node.outputs().get(i);
      if (i < names.size()) {
        emitter.bind(output, names.get(i));
      } else {
        emitter.leaveOut(output, op.unsupported("is supported for its first output only"));
      }
    }
  }

  private void output(Value value, String name) {
    String computed = emitter.name(value);
    boolean renames = onnx.producer(computed).isPresent() && !onnx.isOutput(computed);
    if (renames) {
      OnnxNode producer = onnx.producer(computed).orElseThrow();
      List<String> outputs =
          producer.outputs().stream().map(o -> o.equals(computed) ? name : o).toList();
      onnx.replace(producer, producer.withOutputs(outputs));
      onnx.replaceUses(computed, name);
      emitter.bind(value, name);
    } else {
      Map<String, Attribute> none = Map.of();
      onnx.add(new OnnxNode(name, "Identity", List.of(computed), List.of(name), none));
    }
    onnx.addOutput(ValueInfo.of(name, value.dtype(), value.shape()));
  }
}
