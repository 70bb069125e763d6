package dev.lapidary.exporter.onnx;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A value's name, element type and shape.
 *
 * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html">ONNX IR, ValueInfoProto</a>
 */
public record ValueInfo(String name, DType dtype, List<Axis> shape) {
  public ValueInfo {
    shape = List.copyOf(shape);
  }

  /**
   * @param symbol the name of a size that the caller chooses ({@code N}); empty if it is fixed
   * @param size the fixed size; 0 where there is a symbol
   */
  public record Axis(String symbol, long size) {
    public static final Axis BATCH = new Axis("N", 0);

    public static Axis of(long size) {
      return new Axis("", size);
    }

    public static Axis of(SymInt dim) {
      return dim.perBatch() ? new Axis(dim.toString(), 0) : of(dim.factor());
    }

    public boolean isSymbolic() {
      return !symbol.isEmpty();
    }

    @Override
    public String toString() {
      return isSymbolic() ? symbol : Long.toString(size);
    }
  }

  public static ValueInfo of(String name, DType dtype, List<SymInt> shape) {
    return new ValueInfo(name, dtype, shape.stream().map(Axis::of).toList());
  }

  public int rank() {
    return shape.size();
  }

  public ValueInfo named(String other) {
    return new ValueInfo(other, dtype, shape);
  }

  @Override
  public String toString() {
    return name
        + " "
        + dtype
        + shape.stream().map(Axis::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
