package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a head made of what its trunk made.
 *
 * @param results the trunk's, in which features are exchanged for the head's logits
 * @param rows that ran
 * @param nanos of the head alone
 */
record HeadRun(List<Serving.Result> results, int rows, long nanos) {
  /** In one run, on the thread that answers. */
  static HeadRun of(HeadModel head, List<Serving.Result> trunk) {
    List<Outcome.Ran> ran =
        trunk.stream().map(Serving.Result::ran).flatMap(Optional::stream).toList();
    if (ran.isEmpty()) {
      return new HeadRun(trunk, 0, 0);
    }
    long began = System.nanoTime();
    try {
      float[] logits = head.logits(joined(ran));
      long nanos = System.nanoTime() - began;
      String name = head.network().outputs().get(0).name();
      int classes = logits.length / ran.size();
      FloatBuffer left = FloatBuffer.wrap(logits);
      return new HeadRun(
          exchanged(trunk, done -> classified(name, left, classes, done)), ran.size(), nanos);
    } catch (TensorNetwork.Unrunnable | RuntimeException e) {
      String reason = Failure.reason(e);
      return new HeadRun(exchanged(trunk, done -> new Outcome.Failed(reason)), 0, 0);
    }
  }

  private static float[] joined(List<Outcome.Ran> ran) {
    List<float[]> rows =
        ran.stream()
            .map(each -> FloatNetwork.values((TypedTensor.Numbers) each.outputs().get(0)))
            .toList();
    FloatBuffer all = FloatBuffer.allocate(rows.stream().mapToInt(row -> row.length).sum());
    rows.forEach(all::put);
    return all.array();
  }

  /** Of the next row of logits. */
  private static Outcome classified(
      String name, FloatBuffer logits, int classes, Outcome.Ran trunk) {
    float[] row = new float[classes];
    logits.get(row);
    return new Outcome.Ran(
        List.of(FloatNetwork.floats(name, List.of(1L, (long) classes), row)),
        trunk.batchSize(),
        trunk.queueNanos(),
        trunk.inferNanos());
  }

  private static List<Serving.Result> exchanged(
      List<Serving.Result> trunk, Function<Outcome.Ran, Outcome> head) {
    return trunk.stream()
        .map(
            result ->
                result
                    .ran()
                    .<Serving.Result>map(r -> new Serving.Result.Ran(head.apply(r)))
                    .orElse(result))
        .toList();
  }
}
