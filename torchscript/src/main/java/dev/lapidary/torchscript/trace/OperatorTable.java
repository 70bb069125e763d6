package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.operator.ActivationOperators;
import dev.lapidary.torchscript.trace.operator.ArithmeticOperators;
import dev.lapidary.torchscript.trace.operator.ArrangingOperators;
import dev.lapidary.torchscript.trace.operator.AttentionOperators;
import dev.lapidary.torchscript.trace.operator.CellOperators;
import dev.lapidary.torchscript.trace.operator.ComplexOperators;
import dev.lapidary.torchscript.trace.operator.ConvolutionOperators;
import dev.lapidary.torchscript.trace.operator.CopyOperators;
import dev.lapidary.torchscript.trace.operator.DerivedOperators;
import dev.lapidary.torchscript.trace.operator.DiagonalOperators;
import dev.lapidary.torchscript.trace.operator.DistanceOperators;
import dev.lapidary.torchscript.trace.operator.ElementwiseOperators;
import dev.lapidary.torchscript.trace.operator.FactoryOperators;
import dev.lapidary.torchscript.trace.operator.FourierOperators;
import dev.lapidary.torchscript.trace.operator.JoinOperators;
import dev.lapidary.torchscript.trace.operator.LinearAlgebraOperators;
import dev.lapidary.torchscript.trace.operator.MathOperators;
import dev.lapidary.torchscript.trace.operator.MatrixOperators;
import dev.lapidary.torchscript.trace.operator.NormalizationOperators;
import dev.lapidary.torchscript.trace.operator.PartOperators;
import dev.lapidary.torchscript.trace.operator.PlaceOperators;
import dev.lapidary.torchscript.trace.operator.PoolingOperators;
import dev.lapidary.torchscript.trace.operator.QuantileOperators;
import dev.lapidary.torchscript.trace.operator.RankingOperators;
import dev.lapidary.torchscript.trace.operator.RecurrentOperators;
import dev.lapidary.torchscript.trace.operator.ReductionOperators;
import dev.lapidary.torchscript.trace.operator.ResizeOperators;
import dev.lapidary.torchscript.trace.operator.SamplingOperators;
import dev.lapidary.torchscript.trace.operator.ScatterOperators;
import dev.lapidary.torchscript.trace.operator.SequenceOperators;
import dev.lapidary.torchscript.trace.operator.SeriesOperators;
import dev.lapidary.torchscript.trace.operator.ShapeOperators;
import dev.lapidary.torchscript.trace.operator.StatisticsOperators;
import dev.lapidary.torchscript.trace.operator.VolumeOperators;
import dev.lapidary.torchscript.trace.operator.WindowOperators;
import dev.lapidary.torchscript.trace.quantized.FakeQuantizeOperators;
import dev.lapidary.torchscript.trace.quantized.QuantizedOperators;
import dev.lapidary.torchscript.trace.value.PackedParams;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All operators: what each does to real tensors, and to complex ones. */
final class OperatorTable {
  static final OperatorTable ALL = new OperatorTable();

  private final Map<String, Operator> real = new HashMap<>();
  private final Map<String, Operator> complex = new HashMap<>();

  private OperatorTable() {
    ConvolutionOperators.addTo(real);
    PoolingOperators.addTo(real);
    NormalizationOperators.addTo(real);
    ElementwiseOperators.addTo(real);
    ArithmeticOperators.addTo(real);
    ReductionOperators.addTo(real);
    RankingOperators.addTo(real);
    MatrixOperators.addTo(real);
    AttentionOperators.addTo(real);
    ShapeOperators.addTo(real);
    PartOperators.addTo(real);
    PlaceOperators.addTo(real);
    ScatterOperators.addTo(real);
    JoinOperators.addTo(real);
    FactoryOperators.addTo(real);
    CopyOperators.addTo(real);
    ResizeOperators.addTo(real);
    SamplingOperators.addTo(real);
    SequenceOperators.addTo(real);
    WindowOperators.addTo(real);
    StatisticsOperators.addTo(real);
    ActivationOperators.addTo(real);
    SeriesOperators.addTo(real);
    RecurrentOperators.addTo(real);
    CellOperators.addTo(real);
    DistanceOperators.addTo(real);
    VolumeOperators.addTo(real);
    DerivedOperators.addTo(real);
    MathOperators.addTo(real);
    DiagonalOperators.addTo(real);
    ArrangingOperators.addTo(real);
    LinearAlgebraOperators.addTo(real);
    QuantileOperators.addTo(real);
    ComplexOperators.addTo(real);
    FourierOperators.addTo(real);
    QuantizedOperators.addTo(real);
    FakeQuantizeOperators.addTo(real);
    ComplexOperators.addOfComplex(complex);
  }

  /** Names of all operators, with their namespaces. */
  Set<String> names() {
    Stream<String> called =
        Stream.concat(real.keySet().stream(), complex.keySet().stream())
            .map(name -> name.contains("::") ? name : "aten::" + name);
    return Stream.concat(called, PackedParams.PACKING.stream()).collect(Collectors.toSet());
  }

  /**
   * @param operator with its namespace
   * @param ofComplex whether an argument is a complex tensor
   */
  Operator find(String operator, boolean ofComplex) {
    Operator found = (ofComplex ? complex : real).get(operator.replaceFirst("^aten::", ""));
    if (found == null) {
      throw Refusal.unsupported("%s of %s numbers", operator, ofComplex ? "complex" : "real");
    }
    return found;
  }
}
