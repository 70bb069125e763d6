package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import java.io.Serializable;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a worker brings to the meeting at a round's end.
 *
 * @param values the tensors of the head, one after the other
 */
@SuppressWarnings("ArrayRecordComponent") // travels, never compared
public record Contribution(Head head, float[] values) implements Serializable {

  /**
   * What is not added number by number.
   *
   * @param worker from 0
   * @param sums over the images that it trained on; without any it has no tensors
   * @param names of float32 tensors: {@code gradient.NAME}, {@code model.NAME}, {@code
   *     optimizer.NAME.SLOT}
   * @param lengths of each of them
   * @param summed how many of the values, from the first on, are to be summed; the others are
   *     averaged
   * @param counts buffers and optimizer state of other types, which are equal for all workers
   */
  public record Head(
      int worker,
      Sums sums,
      List<String> names,
      List<Integer> lengths,
      int summed,
      LinkedHashMap<String, byte[]> counts)
      implements Serializable {

    public long images() {
      return sums.images();
    }
  }

  /**
   * @param summed tensors to sum, by name
   * @param averaged likewise
   */
  static Contribution of(
      int worker,
      Sums sums,
      Map<String, float[]> summed,
      Map<String, float[]> averaged,
      Map<String, byte[]> counts) {
    Map<String, float[]> all = new LinkedHashMap<>(summed);
    all.putAll(averaged);
    List<Integer> lengths = all.values().stream().map(tensor -> tensor.length).toList();
    FloatBuffer values = FloatBuffer.allocate(lengths.stream().mapToInt(n -> n).sum());
    all.values().forEach(values::put);
    int first = summed.values().stream().mapToInt(tensor -> tensor.length).sum();
    List<String> names = new ArrayList<>(all.keySet());
    return new Contribution(
        new Head(worker, sums, names, lengths, first, new LinkedHashMap<>(counts)), values.array());
  }

  /** Of a worker that has no image left in this epoch. */
  static Contribution none(int worker) {
    return of(worker, Sums.ZERO, Map.of(), Map.of(), Map.of());
  }
}
