package dev.lapidary.spark.train;

import dev.lapidary.trainer.run.round.Contribution;
import dev.lapidary.trainer.run.round.Meeting;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * The job of a round: what workers begin with is broadcast, a task a worker gives its share, slices
 * of the shares go to where each slice is put together in the workers' order, and are collected.
 *
 * @param slices that each share is cut into
 */
record RoundJob(JavaSparkContext context, int workers, int slices) {
  private static final int SLICE_BYTES = 1 << 18;
  private static final int MAX_SLICES = 64;

  /** What a task that puts a slice together may have to hold at once. */
  private static final long MAX_BYTES = 128L << 20;

  /** A worker's part of a round, a function of these two alone. */
  interface Part<T> extends Serializable {
    Contribution work(T round, int worker);
  }

  /** With as many slices as suit. */
  static RoundJob of(JavaSparkContext context, int workers, long bytes) {
    return new RoundJob(context, workers, slices(bytes, workers));
  }

  /**
   * Pieces of 256 KB and more, and as many as keep the pieces of all workers for one slice below
   * 128 MB. The result does not depend on it.
   *
   * @param bytes of a worker's share
   */
  static int slices(long bytes, int workers) {
    long few = Math.min(MAX_SLICES, 1 + bytes / SLICE_BYTES);
    long small = (workers * bytes + MAX_BYTES - 1) / MAX_BYTES;
    return (int) Math.min(workers, Math.max(few, small));
  }

  <T extends Serializable> Meeting run(T round, Part<T> part) {
    int count = slices;
    Broadcast<T> shared = context.broadcast(round);
    try {
      List<Integer> numbers = IntStream.range(0, workers).boxed().toList();
      return meeting(
          context
              .parallelize(new ArrayList<>(numbers), workers)
              .flatMapToPair(number -> pieces(part.work(shared.value(), number), count))
              .groupByKey(new HashPartitioner(count))
              .map(slice -> CombinedSlice.of(slice._1(), count, slice._2()))
              .collect());
    } finally {
      shared.destroy();
    }
  }

  private static Iterator<Tuple2<Integer, Piece>> pieces(Contribution share, int count) {
    List<Tuple2<Integer, Piece>> pieces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pieces.add(new Tuple2<>(i, Piece.of(share, i, count)));
    }
    return pieces.iterator();
  }

  private static Meeting meeting(List<CombinedSlice> combined) {
    List<CombinedSlice> ordered = new ArrayList<>(combined);
    ordered.sort(Comparator.comparingInt(CombinedSlice::number));
    int length = ordered.stream().mapToInt(slice -> slice.values().length).sum();
    float[] values = new float[length];
    int at = 0;
    for (CombinedSlice slice : ordered) {
      System.arraycopy(slice.values(), 0, values, at, slice.values().length);
      at += slice.values().length;
    }
    return Meeting.of(ordered.get(0).heads(), values);
  }
}
