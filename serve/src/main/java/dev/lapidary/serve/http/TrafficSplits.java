package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelUnavailable;
import dev.lapidary.serve.repository.TrafficSplit;
import dev.lapidary.serve.repository.TrafficSplit.Target;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Names that stand for several models, by which clients may ask for one of them. */
record TrafficSplits(List<TrafficSplit> all) {
  /**
   * @throws Failure (exit 2) if two have the same name
   */
  TrafficSplits {
    all = List.copyOf(all);
    Set<String> names = new HashSet<>();
    for (TrafficSplit each : all) {
      if (!names.add(each.name())) {
        throw Failure.badInput("--split says twice what %s is, expected once", each.name());
      }
    }
  }

  /**
   * @param models that there are, by their names
   * @throws Failure (exit 2) if one of those that requests are to go to is not there
   */
  void requireKnown(List<String> models) {
    for (TrafficSplit split : all) {
      for (Target target : split.targets()) {
        if (!models.contains(target.model())) {
          throw Failure.badInput(
              "--split %s: there is no model %s, expected one of %s",
              split.name(), target.model(), String.join(", ", models));
        }
      }
    }
  }

  /**
   * The first that answers of those that a name stands for.
   *
   * @param turn whether a request is to be answered, and takes its turn; one that only asks what
   *     there is does not
   * @throws ModelUnavailable why the first of them does not, if none does
   */
  Lease<AnsweringModel> lease(
      ModelRepository<AnsweringModel> repository,
      String name,
      Optional<String> version,
      boolean turn)
      throws ModelUnavailable {
    Optional<TrafficSplit> split = of(name, version);
    if (split.isEmpty()) {
      return repository.lease(name, version);
    }
    List<Target> targets = turn ? split.get().turn() : split.get().targets();
    ModelUnavailable reason = null;
    for (Target target : targets) {
      try {
        return repository.lease(target.model(), target.version());
      } catch (ModelUnavailable e) {
        reason = reason == null ? e : reason;
      }
    }
    throw Objects.requireNonNull(reason); // a split has two targets at least
  }

  /** Who names a version means that one. */
  private Optional<TrafficSplit> of(String name, Optional<String> version) {
    return version.isPresent()
        ? Optional.empty()
        : all.stream().filter(split -> split.name().equals(name)).findFirst();
  }
}
