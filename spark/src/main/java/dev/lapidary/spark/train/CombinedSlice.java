package dev.lapidary.spark.train;

import dev.lapidary.trainer.run.round.Contribution;
import dev.lapidary.trainer.run.round.Slice;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A slice of all workers, put together.
 *
 * @param number of the slice
 * @param heads of all shares, in the workers' order, beside the first slice alone
 */
@SuppressWarnings("ArrayRecordComponent") // travels, never compared
record CombinedSlice(int number, List<Contribution.Head> heads, float[] values)
    implements Serializable {
  /**
   * @param count slices that there are
   * @param pieces one a worker, in any order
   */
  static CombinedSlice of(int number, int count, Iterable<Piece> pieces) {
    List<Piece> ordered = new ArrayList<>();
    pieces.forEach(ordered::add);
    ordered.sort(Comparator.comparingInt(Piece::worker));
    List<Contribution.Head> heads =
        ordered.stream().flatMap(piece -> piece.heads().stream()).toList();
    Piece first = ordered.stream().filter(piece -> piece.images() > 0).findFirst().orElseThrow();
    boolean alike = ordered.stream().allMatch(p -> p.images() == 0 || p.total() == first.total());
    if (!alike) {
      return new CombinedSlice(number, heads, new float[0]); // Meeting says what differs
    }
    float[][] parts = ordered.stream().map(Piece::values).toArray(float[][]::new);
    long[] images = ordered.stream().mapToLong(Piece::images).toArray();
    Slice slice = Slice.of(number, count, first.total());
    return new CombinedSlice(number, heads, slice.combine(parts, images, first.summed()));
  }
}
