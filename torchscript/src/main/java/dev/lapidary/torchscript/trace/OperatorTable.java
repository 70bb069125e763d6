package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.call.Schemas;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.operator.Activations;
import dev.lapidary.torchscript.trace.operator.BlasProducts;
import dev.lapidary.torchscript.trace.operator.ComparisonSorting;
import dev.lapidary.torchscript.trace.operator.Comparisons;
import dev.lapidary.torchscript.trace.operator.ComplexNumbers;
import dev.lapidary.torchscript.trace.operator.ConvolutionFold;
import dev.lapidary.torchscript.trace.operator.Convolutions;
import dev.lapidary.torchscript.trace.operator.Creations;
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
import dev.lapidary.torchscript.trace.operator.ReductionExtremes;
import dev.lapidary.torchscript.trace.operator.ReductionStatistics;
import dev.lapidary.torchscript.trace.operator.ReductionSums;
import dev.lapidary.torchscript.trace.operator.Slicing;
import dev.lapidary.torchscript.trace.operator.SlicingSplits;
import dev.lapidary.torchscript.trace.operator.Spectral;
import dev.lapidary.torchscript.trace.operator.TensorMethods;
import dev.lapidary.torchscript.trace.operator.TensorViews;
import dev.lapidary.torchscript.trace.operator.VisionGridSample;
import dev.lapidary.torchscript.trace.operator.VisionInterpolation;
import dev.lapidary.torchscript.trace.operator.VisionPadding;
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
 * All operators: what each does to real tensors, and to complex ones. To add one, write it in
 * {@code decompositions.py} if others make it up, else in the class of its heading in PyTorch's
 * documentation.
 */
final class OperatorTable {
  private static final String DECOMPOSITIONS =
      "torchscript/src/main/resources/"
          + OperatorTable.class.getPackageName().replace('.', '/')
          + "/"
          + Decompositions.FILE;

  static final OperatorTable ALL = new OperatorTable();

  private final Map<String, Operator> real = new HashMap<>();
  private final Map<String, Operator> complex = new HashMap<>();
  private final Map<String, String> sources = new HashMap<>();

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
    enter(real, Activations.class, Activations::addTo);
    enter(real, Normalizations.class, Normalizations::addTo);
    enter(real, Linear.class, Linear::addTo);
    enter(real, Dropout.class, Dropout::addTo);
    enter(real, VisionPadding.class, VisionPadding::addTo);
    enter(real, VisionInterpolation.class, VisionInterpolation::addTo);
    enter(real, VisionGridSample.class, VisionGridSample::addTo);
    enter(real, Recurrent.class, Recurrent::addTo);
    enter(real, TensorMethods.class, TensorMethods::addTo);
    enter(real, ComplexNumbers.class, ComplexNumbers::addTo);
    enter(real, Quantizations.class, Quantizations::addTo);
    enter(real, FakeQuantizations.class, FakeQuantizations::addTo);
    enter(real, QuantizedLayers.class, QuantizedLayers::addTo);
    enter(complex, ComplexNumbers.class, ComplexNumbers::addOfComplex);
    PackedParams.PACKING.forEach(name -> sources.put(name, source(PackedParams.class)));
    for (String name : Decompositions.functions().keySet()) {
      String operator = "aten::" + name;
      if (Schemas.all().containsKey(operator) && !real.containsKey(name)) {
        real.put(name, Invocation::decomposed);
        sources.put(operator, DECOMPOSITIONS);
      }
    }
  }

  private static String source(Class<?> family) {
    return "torchscript/src/main/java/" + family.getName().replace('.', '/') + ".java";
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
          sources.putIfAbsent(name.contains("::") ? name : "aten::" + name, source(family));
        });
  }

  /** Names of all operators, with their namespaces. */
  Set<String> names() {
    return Collections.unmodifiableSet(sources.keySet());
  }

  /** The file that an operator is in, from the root of the project. */
  Optional<String> source(String operator) {
    return Optional.ofNullable(sources.get(operator));
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
