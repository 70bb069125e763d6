package dev.lapidary.spark.train;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.score.RefusalListener;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.round.Contribution;
import dev.lapidary.trainer.run.round.Meeting;
import dev.lapidary.trainer.run.round.Round;
import dev.lapidary.trainer.run.round.WorkerGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Workers as tasks: a round is one job. The common weights are broadcast; each task does one
 * worker's part, a function of the round and the worker's number alone, so that it may be done
 * again, or twice, anywhere; slices of the shares are put together in the workers' order and
 * collected.
 */
public final class ClusterWorkers implements WorkerGroup {
  private static final int SLICE_FLOATS = 1 << 16;
  private static final int MOST_SLICES = 64;

  private final JavaSparkContext context;
  private final ShippedRun run;
  private final int worldSize;

  private ClusterWorkers(JavaSparkContext context, ShippedRun run, int worldSize) {
    this.context = context;
    this.run = run;
    this.worldSize = worldSize;
  }

  /** As {@link WorkerGroup.Opening}. */
  public static WorkerGroup open(
      JavaSparkContext context, RunInputs inputs, Path checkpoints, Progress progress) {
    RunConfig config = inputs.config();
    progress.say(
        "spark %s at %s: each executor reads %s and the weights by itself, once"
            .formatted(context.version(), context.master(), config.data().train()));
    return new ClusterWorkers(
        context, ShippedRun.of(inputs, checkpoints), config.rounds().worldSize());
  }

  /** So many floats go over the network in so many pieces of each worker. */
  public static int slices(long floats, int worldSize) {
    long slices = Math.min(worldSize, 1 + floats / SLICE_FLOATS);
    return (int) Math.min(MOST_SLICES, slices);
  }

  @Override
  public Meeting round(Round round) {
    long floats = round.model().values().stream().mapToLong(bytes -> bytes.length / 4).sum();
    int count = slices(floats, worldSize);
    RefusalListener refusals = RefusalListener.of(context.sc());
    Broadcast<Round> shared = context.broadcast(round);
    ShippedRun shipped = run;
    try {
      List<Integer> workers = IntStream.range(0, worldSize).boxed().toList();
      List<CombinedSlice> slices =
          context
              .parallelize(new ArrayList<>(workers), worldSize)
              .flatMapToPair(
                  number -> pieces(ExecutorWorker.work(shipped, shared.value(), number), count))
              .groupByKey(new HashPartitioner(count))
              .map(slice -> CombinedSlice.of(slice._1(), count, slice._2()))
              .collect();
      return meeting(new ArrayList<>(slices));
    } catch (Exception e) { // Scala's methods throw what they do not declare
      throw failure(refusals, round, e);
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

  private static Meeting meeting(List<CombinedSlice> slices) {
    slices.sort(Comparator.comparingInt(CombinedSlice::number));
    int length = slices.stream().mapToInt(slice -> slice.values().length).sum();
    float[] values = new float[length];
    int at = 0;
    for (CombinedSlice slice : slices) {
      System.arraycopy(slice.values(), 0, values, at, slice.values().length);
      at += slice.values().length;
    }
    return Meeting.of(slices.get(0).heads(), values);
  }

  private static RuntimeException failure(RefusalListener refusals, Round round, Exception e) {
    Optional<Failure> refused = refusals.take();
    if (refused.isPresent()) {
      return refused.get();
    }
    if (e instanceof Failure failure) {
      return failure;
    }
    return new Failure(
        ExitCode.FAILED,
        "the round after step %d failed: %s; spark resume goes on from the last checkpoint"
            .formatted(round.at().step(), Failure.reason(e)),
        e);
  }

  @Override
  public void close() {}
}
