package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a head made of what its trunk made.
 *
 * @param results the trunk's, in which features are exchanged for the head's logits
 * @param rows that ran
 * @param nanos of the head alone
 */
record HeadRun(List<Serving.Result> results, int rows, long nanos) {
  HeadRun {
    results = List.copyOf(results);
  }

  /** In one run, on the thread that answers. */
  static HeadRun of(HeadModel head, List<Serving.Result> trunk) {
    List<Outcome.Ran> ran = new ArrayList<>();
    for (Serving.Result result : trunk) {
      if (result instanceof Serving.Result.Ran each && each.outcome() instanceof Outcome.Ran done) {
        ran.add(done);
      }
    }
    if (ran.isEmpty()) {
      return new HeadRun(trunk, 0, 0);
    }
    long began = System.nanoTime();
    try {
      float[] logits = head.logits(joined(ran));
      long nanos = System.nanoTime() - began;
      String name = head.network().outputs().get(0).name();
      return new HeadRun(exchanged(name, trunk, logits, ran.size()), ran.size(), nanos);
    } catch (TensorNetwork.Unrunnable | RuntimeException e) {
      return new HeadRun(failed(trunk, Failure.reason(e)), 0, 0);
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

  private static List<Serving.Result> exchanged(
      String name, List<Serving.Result> trunk, float[] logits, int rows) {
    int classes = logits.length / rows;
    List<Serving.Result> all = new ArrayList<>(trunk.size());
    int next = 0;
    for (Serving.Result result : trunk) {
      if (result instanceof Serving.Result.Ran each && each.outcome() instanceof Outcome.Ran done) {
        float[] row = Arrays.copyOfRange(logits, next, next + classes);
        next += classes;
        all.add(
            new Serving.Result.Ran(
                new Outcome.Ran(
                    List.of(FloatNetwork.floats(name, List.of(1L, (long) classes), row)),
                    done.batchSize(),
                    done.queueNanos(),
                    done.inferNanos())));
      } else {
        all.add(result);
      }
    }
    return all;
  }

  private static List<Serving.Result> failed(List<Serving.Result> trunk, String reason) {
    List<Serving.Result> all = new ArrayList<>(trunk.size());
    for (Serving.Result result : trunk) {
      boolean ran =
          result instanceof Serving.Result.Ran each && each.outcome() instanceof Outcome.Ran;
      all.add(ran ? new Serving.Result.Ran(new Outcome.Failed(reason)) : result);
    }
    return all;
  }
}
