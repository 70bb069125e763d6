package dev.lapidary.exporter.lower;

import java.util.Optional;
import java.util.SortedSet;

/**
 * The operators that can be lowered. To add one, write it in the class of its heading and enter it.
 */
public final class Lowerings {
  private static final LoweringTable ALL = all();

  private Lowerings() {}

  private static LoweringTable all() {
    LoweringTable all = new LoweringTable();
    all.enter(Creations.class, Creations::addTo);
    all.enter(Joining.class, Joining::addTo);
    all.enter(Slicing.class, Slicing::addTo);
    all.enter(SlicingSplits.class, SlicingSplits::addTo);
    all.enter(TensorViews.class, TensorViews::addTo);
    all.enter(Indexing.class, Indexing::addTo);
    all.enter(IndexingScatter.class, IndexingScatter::addTo);
    all.enter(PointwiseArithmetic.class, PointwiseArithmetic::addTo);
    all.enter(PointwiseExponentials.class, PointwiseExponentials::addTo);
    all.enter(PointwiseTrigonometry.class, PointwiseTrigonometry::addTo);
    all.enter(PointwiseRounding.class, PointwiseRounding::addTo);
    all.enter(PointwiseLogic.class, PointwiseLogic::addTo);
    all.enter(ReductionSums.class, ReductionSums::addTo);
    all.enter(ReductionExtremes.class, ReductionExtremes::addTo);
    all.enter(Comparisons.class, Comparisons::addTo);
    all.enter(ComparisonSorting.class, ComparisonSorting::addTo);
    all.enter(OtherOrder.class, OtherOrder::addTo);
    all.enter(OtherCumulative.class, OtherCumulative::addTo);
    all.enter(OtherCombinations.class, OtherCombinations::addTo);
    all.enter(BlasProducts.class, BlasProducts::addTo);
    all.enter(Convolutions.class, Convolutions::addTo);
    all.enter(Pooling.class, Pooling::addTo);
    all.enter(Activations.class, Activations::addTo);
    all.enter(Normalizations.class, Normalizations::addTo);
    all.enter(Linear.class, Linear::addTo);
    all.enter(VisionPadding.class, VisionPadding::addTo);
    all.enter(VisionInterpolation.class, VisionInterpolation::addTo);
    all.enter(VisionGridSample.class, VisionGridSample::addTo);
    all.enter(Recurrent.class, Recurrent::addTo);
    all.enter(TensorMethods.class, TensorMethods::addTo);
    all.enter(Quantizations.class, Quantizations::addTo);
    all.enter(FakeQuantizations.class, FakeQuantizations::addTo);
    return all;
  }

  /** The names: each of them the tracer can record. */
  static SortedSet<String> names() {
    return ALL.names();
  }

  /** The class that lowers an operator; empty if it is always others or constants in a graph. */
  public static Optional<Class<?>> family(String operator) {
    return ALL.family(operator);
  }

  static Optional<Lowering> find(String operator) {
    return ALL.find(operator);
  }
}
