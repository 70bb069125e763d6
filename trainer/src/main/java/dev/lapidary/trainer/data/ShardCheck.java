package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** What each worker's own images are: said, where that is not like the whole. */
public final class ShardCheck {
  private static final int NAMED = 3;

  private ShardCheck() {}

  /**
   * @param location of the data, for messages
   * @throws Failure (exit 2) if there are more workers than images
   */
  public static void requireImages(Dataset train, int worldSize, String location) {
    if (worldSize > train.size()) {
      throw Failure.badInput(
          "[%s] world-size %d: there are %d training images, so that worker %d would own none; use"
              + " at most %d workers",
          location, worldSize, train.size(), train.size(), train.size());
    }
  }

  /** A line for each of the first workers whose images lack a class. */
  public static List<String> notes(Dataset train, int worldSize) {
    List<String> notes = new ArrayList<>();
    int incomplete = 0;
    for (int worker = 0; worker < worldSize; worker++) {
      List<String> missing = missing(train, new Shard(worker, worldSize));
      if (missing.isEmpty()) {
        continue;
      }
      incomplete++;
      if (incomplete <= NAMED) {
        notes.add(
            "warning: worker %d owns no image of class %s%s"
                .formatted(
                    worker,
                    missing.get(0),
                    missing.size() > 1 ? " and of " + (missing.size() - 1) + " others" : ""));
      }
    }
    if (incomplete > NAMED) {
      notes.add(
          "warning: %d of %d workers lack a class; fewer workers see more of the whole"
              .formatted(incomplete, worldSize));
    }
    return notes;
  }

  private static List<String> missing(Dataset train, Shard shard) {
    BitSet there = new BitSet();
    for (int i = shard.worker(); i < train.size(); i += shard.worldSize()) {
      train.samples().get(i).labels().forEach(there::set);
    }
    return IntStream.range(0, train.labels().size())
        .filter(label -> !there.get(label))
        .mapToObj(train.labels()::get)
        .toList();
  }
}
