package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.operator.Activations;
import dev.lapidary.torchscript.trace.operator.Attention;
import dev.lapidary.torchscript.trace.operator.BlasProducts;
import dev.lapidary.torchscript.trace.operator.ComparisonSorting;
import dev.lapidary.torchscript.trace.operator.Comparisons;
import dev.lapidary.torchscript.trace.operator.ComplexNumbers;
import dev.lapidary.torchscript.trace.operator.ConvolutionFold;
import dev.lapidary.torchscript.trace.operator.Convolutions;
import dev.lapidary.torchscript.trace.operator.Creations;
import dev.lapidary.torchscript.trace.operator.Distances;
import dev.lapidary.torchscript.trace.operator.Dropout;
import dev.lapidary.torchscript.trace.operator.Indexing;
import dev.lapidary.torchscript.trace.operator.IndexingScatter;
import dev.lapidary.torchscript.trace.operator.Joining;
import dev.lapidary.torchscript.trace.operator.Linear;
import dev.lapidary.torchscript.trace.operator.LinearAlgebra;
import dev.lapidary.torchscript.trace.operator.Normalizations;
import dev.lapidary.torchscript.trace.operator.OtherCombinations;
import dev.lapidary.torchscript.trace.operator.OtherCumulative;
import dev.lapidary.torchscript.trace.operator.OtherDiagonals;
import dev.lapidary.torchscript.trace.operator.OtherOrder;
import dev.lapidary.torchscript.trace.operator.PointwiseArithmetic;
import dev.lapidary.torchscript.trace.operator.PointwiseExponentials;
import dev.lapidary.torchscript.trace.operator.PointwiseLogic;
import dev.lapidary.torchscript.trace.operator.PointwiseRounding;
import dev.lapidary.torchscript.trace.operator.PointwiseTrigonometry;
import dev.lapidary.torchscript.trace.operator.Pooling;
import dev.lapidary.torchscript.trace.operator.PoolingVolumes;
import dev.lapidary.torchscript.trace.operator.Recurrent;
import dev.lapidary.torchscript.trace.operator.RecurrentCells;
import dev.lapidary.torchscript.trace.operator.ReductionExtremes;
import dev.lapidary.torchscript.trace.operator.ReductionStatistics;
import dev.lapidary.torchscript.trace.operator.ReductionSums;
import dev.lapidary.torchscript.trace.operator.Slicing;
import dev.lapidary.torchscript.trace.operator.SlicingSplits;
import dev.lapidary.torchscript.trace.operator.Sparse;
import dev.lapidary.torchscript.trace.operator.Spectral;
import dev.lapidary.torchscript.trace.operator.TensorMethods;
import dev.lapidary.torchscript.trace.operator.TensorViews;
import dev.lapidary.torchscript.trace.operator.VisionGridSample;
import dev.lapidary.torchscript.trace.operator.VisionInterpolation;
import dev.lapidary.torchscript.trace.operator.VisionPadding;
import dev.lapidary.torchscript.trace.operator.VisionShuffle;
import dev.lapidary.torchscript.trace.quantized.FakeQuantizations;
import dev.lapidary.torchscript.trace.quantized.Quantizations;
import dev.lapidary.torchscript.trace.quantized.QuantizedLayers;
import dev.lapidary.torchscript.trace.value.PackedParams;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * All operators: what each does to real tensors, and to complex ones. To add one, write it in the
 * class of its heading in PyTorch's documentation.
 */
final class OperatorTable {
  static final OperatorTable ALL = new OperatorTable();

  private final Map<String, Operator> real = new HashMap<>();
  private final Map<String, Operator> complex = new HashMap<>();
  private final Map<String, Class<?>> families = new HashMap<>();

  private OperatorTable() {
    enter(real, Creations.class, Creations::addTo);
    enter(real, Joining.class, Joining::addTo);
    enter(real, Slicing.class, Slicing::addTo);
    enter(real, SlicingSplits.class, SlicingSplits::addTo);
    enter(real, TensorViews.class, TensorViews::addTo);
    enter(real, Indexing.class, Indexing::addTo);
    enter(real, IndexingScatter.class, IndexingScatter::addTo);
    enter(real, PointwiseArithmetic.class, PointwiseArithmetic::addTo);
    enter(real, PointwiseExponentials.class, PointwiseExponentials::addTo);
    enter(real, PointwiseTrigonometry.class, PointwiseTrigonometry::addTo);
    enter(real, PointwiseRounding.class, PointwiseRounding::addTo);
    enter(real, PointwiseLogic.class, PointwiseLogic::addTo);
    enter(real, ReductionSums.class, ReductionSums::addTo);
    enter(real, ReductionExtremes.class, ReductionExtremes::addTo);
    enter(real, ReductionStatistics.class, ReductionStatistics::addTo);
    enter(real, Comparisons.class, Comparisons::addTo);
    enter(real, ComparisonSorting.class, ComparisonSorting::addTo);
    enter(real, Spectral.class, Spectral::addTo);
    enter(real, OtherDiagonals.class, OtherDiagonals::addTo);
    enter(real, OtherOrder.class, OtherOrder::addTo);
    enter(real, OtherCumulative.class, OtherCumulative::addTo);
    enter(real, OtherCombinations.class, OtherCombinations::addTo);
    enter(real, BlasProducts.class, BlasProducts::addTo);
    enter(real, LinearAlgebra.class, LinearAlgebra::addTo);
    enter(real, Convolutions.class, Convolutions::addTo);
    enter(real, ConvolutionFold.class, ConvolutionFold::addTo);
    enter(real, Pooling.class, Pooling::addTo);
    enter(real, PoolingVolumes.class, PoolingVolumes::addTo);
    enter(real, Attention.class, Attention::addTo);
    enter(real, Activations.class, Activations::addTo);
    enter(real, Normalizations.class, Normalizations::addTo);
    enter(real, Linear.class, Linear::addTo);
    enter(real, Dropout.class, Dropout::addTo);
    enter(real, Sparse.class, Sparse::addTo);
    enter(real, Distances.class, Distances::addTo);
    enter(real, VisionPadding.class, VisionPadding::addTo);
    enter(real, VisionInterpolation.class, VisionInterpolation::addTo);
    enter(real, VisionGridSample.class, VisionGridSample::addTo);
    enter(real, VisionShuffle.class, VisionShuffle::addTo);
    enter(real, Recurrent.class, Recurrent::addTo);
    enter(real, RecurrentCells.class, RecurrentCells::addTo);
    enter(real, TensorMethods.class, TensorMethods::addTo);
    enter(real, ComplexNumbers.class, ComplexNumbers::addTo);
    enter(real, Quantizations.class, Quantizations::addTo);
    enter(real, FakeQuantizations.class, FakeQuantizations::addTo);
    enter(real, QuantizedLayers.class, QuantizedLayers::addTo);
    enter(complex, ComplexNumbers.class, ComplexNumbers::addOfComplex);
    PackedParams.PACKING.forEach(name -> families.put(name, PackedParams.class));
  }

  private void enter(
      Map<String, Operator> table, Class<?> family, Consumer<Map<String, Operator>> operators) {
    Map<String, Operator> own = new HashMap<>();
    operators.accept(own);
    own.forEach(
        (name, operator) -> {
          if (table.put(name, operator) != null) {
            throw new IllegalStateException(name + " is entered twice");
          }
          families.putIfAbsent(name.contains("::") ? name : "aten::" + name, family);
        });
  }

  /** Names of all operators, with their namespaces. */
  Set<String> names() {
    return Collections.unmodifiableSet(families.keySet());
  }

  /** The class that an operator is in. */
  Optional<Class<?>> family(String operator) {
    return Optional.ofNullable(families.get(operator));
  }

  /**
   * @param operator with its namespace
   * @param ofComplex whether an argument is a complex tensor
   */
  Operator find(String operator, boolean ofComplex) {
    Operator found = (ofComplex ? complex : real).get(operator.replaceFirst("^aten::", ""));
    if (found == null) {
      throw ProgramRefusal.unsupported(
          "%s of %s numbers", operator, ofComplex ? "complex" : "real");
    }
    return found;
  }
}
