package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Operator;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The headings of PyTorch's documentation: a class each, which enters its operators in a table. */
public final class Headings {
  private Headings() {}

  public static void forEach(BiConsumer<Class<?>, Consumer<Map<String, Operator>>> heading) {
    heading.accept(Creations.class, Creations::addTo);
    heading.accept(Joining.class, Joining::addTo);
    heading.accept(Slicing.class, Slicing::addTo);
    heading.accept(SlicingSplits.class, SlicingSplits::addTo);
    heading.accept(TensorViews.class, TensorViews::addTo);
    heading.accept(Indexing.class, Indexing::addTo);
    heading.accept(IndexingScatter.class, IndexingScatter::addTo);
    heading.accept(PointwiseArithmetic.class, PointwiseArithmetic::addTo);
    heading.accept(PointwiseExponentials.class, PointwiseExponentials::addTo);
    heading.accept(PointwiseTrigonometry.class, PointwiseTrigonometry::addTo);
    heading.accept(PointwiseRounding.class, PointwiseRounding::addTo);
    heading.accept(PointwiseLogic.class, PointwiseLogic::addTo);
    heading.accept(ReductionSums.class, ReductionSums::addTo);
    heading.accept(ReductionExtremes.class, ReductionExtremes::addTo);
    heading.accept(Comparisons.class, Comparisons::addTo);
    heading.accept(ComparisonSorting.class, ComparisonSorting::addTo);
    heading.accept(Spectral.class, Spectral::addTo);
    heading.accept(OtherDiagonals.class, OtherDiagonals::addTo);
    heading.accept(OtherOrder.class, OtherOrder::addTo);
    heading.accept(OtherCumulative.class, OtherCumulative::addTo);
    heading.accept(OtherCombinations.class, OtherCombinations::addTo);
    heading.accept(BlasProducts.class, BlasProducts::addTo);
    heading.accept(Convolutions.class, Convolutions::addTo);
    heading.accept(Pooling.class, Pooling::addTo);
    heading.accept(Activations.class, Activations::addTo);
    heading.accept(Normalizations.class, Normalizations::addTo);
    heading.accept(Linear.class, Linear::addTo);
    heading.accept(VisionPadding.class, VisionPadding::addTo);
    heading.accept(VisionInterpolation.class, VisionInterpolation::addTo);
    heading.accept(VisionGridSample.class, VisionGridSample::addTo);
    heading.accept(Recurrent.class, Recurrent::addTo);
    heading.accept(TensorMethods.class, TensorMethods::addTo);
    heading.accept(ComplexNumbers.class, ComplexNumbers::addTo);
  }
}
