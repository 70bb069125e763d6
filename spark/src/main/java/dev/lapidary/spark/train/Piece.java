package dev.lapidary.spark.train;

import dev.lapidary.trainer.run.round.Contribution;
import dev.lapidary.trainer.run.round.Slice;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * A slice of a worker's share on its way to where the slice is put together.
 *
 * @param worker whose share it is of
 * @param images that it trained on
 * @param total numbers in the whole share
 * @param summed how many of them are to be summed
 * @param values of the slice; none of a worker without images
 * @param heads the share's, beside the first slice alone
 */
@SuppressWarnings("ArrayRecordComponent") // travels, never compared
record Piece(
    int worker, long images, int total, int summed, float[] values, List<Contribution.Head> heads)
    implements Serializable {
  static Piece of(Contribution share, int number, int count) {
    Contribution.Head head = share.head();
    Slice slice = Slice.of(number, count, share.values().length);
    return new Piece(
        head.worker(),
        head.images(),
        share.values().length,
        head.summed(),
        Arrays.copyOfRange(share.values(), slice.from(), slice.to()),
        number == 0 ? List.of(head) : List.of());
  }
}
