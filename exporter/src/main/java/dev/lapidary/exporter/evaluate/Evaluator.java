package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Evaluates a node; the operators it knows are the kernels of this package's classes. */
public final class Evaluator {
  private static final Evaluator ALL = new Evaluator();

  private final Map<String, Kernel> kernels = new TreeMap<>();

  private Evaluator() {
    Elementwise.addTo(this);
    Movement.addTo(this);
    Places.addTo(this);
    Reduction.addTo(this);
    MatrixProduct.addTo(this);
    Convolution.addTo(this);
    Pool.addTo(this);
    Normalization.addTo(this);
    Resampling.addTo(this);
    GridSampling.addTo(this);
    Quantization.addTo(this);
    EinsteinSum.addTo(this);
    Recurrence.addTo(this);
  }

  /**
   * @param inputs in the node's order, empty where the node has none
   * @param allowance what this may cost, of what is left
   * @return the outputs, or nothing if the operator, in this form, is not known here or costs more
   */
  public static Optional<List<Tensor>> evaluate(
      OnnxNode node, List<Optional<Tensor>> inputs, Allowance allowance) {
    Kernel kernel = ALL.kernels.get(node.op());
    boolean quantized =
        inputs.stream().flatMap(Optional::stream).anyMatch(t -> t.dtype() == DType.QINT8);
    if (kernel == null || quantized) {
      return Optional.empty();
    }
    List<Optional<Grid>> grids = new ArrayList<>();
    inputs.forEach(input -> grids.add(input.map(Grid::of)));
    try {
      List<Grid> results = kernel.apply(new Kernel.Call(node, grids, allowance));
      int count = node.outputs().size();
      return results.size() < count
          ? Optional.empty()
          : Optional.of(results.stream().limit(count).map(Grid::tensor).toList());
    } catch (Kernel.Declined e) {
      return Optional.empty();
    }
  }

  public static boolean knows(String op) {
    return ALL.kernels.containsKey(op);
  }

  void single(String op, Kernel.Single kernel) {
    several(op, call -> List.of(kernel.apply(call)));
  }

  void several(String op, Kernel kernel) {
    if (kernels.put(op, kernel) != null) {
      throw new IllegalStateException(op + " is registered twice");
    }
  }
}
