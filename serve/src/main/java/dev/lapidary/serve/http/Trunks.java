package dev.lapidary.serve.http;

import dev.lapidary.core.card.Trunk;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelState;
import dev.lapidary.serve.repository.ModelStatus;
import dev.lapidary.serve.repository.ModelUnavailable;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Heads and their trunks, which find each other by the trunk's file. Thread-safe. */
record Trunks(ModelRepository<AnsweringModel> repository) {
  /**
   * The trunk, whatever it is called.
   *
   * @return to be closed
   * @throws LoadFailed if it is not loaded; the head may be loaded once it is
   */
  Lease<AnsweringModel> require(Trunk trunk) throws LoadFailed {
    Optional<Lease<AnsweringModel>> found =
        ready()
            .map(id -> lease(id.name(), Optional.of(id.version()), m -> isFile(m, trunk.sha256())))
            .flatMap(Optional::stream)
            .findFirst();
    if (found.isPresent()) {
      return found.get();
    }
    throw LoadFailed.untilAnotherIs(
        "trunk_missing",
        "its trunk, the file with the SHA-256 %s, is not loaded, expected it in the same folder;"
                .formatted(trunk.sha256())
            + " put it there, or export the head for the trunk that is there");
  }

  private static boolean isFile(AnsweringModel model, String sha256) {
    return model.images().filter(serving -> serving.model().sha256().equals(sha256)).isPresent();
  }

  private Stream<ModelId> ready() {
    return repository.index().stream()
        .filter(status -> status.state() == ModelState.READY)
        .map(ModelStatus::id);
  }

  /** Empty if it is not wanted, or not loaded any more. */
  private Optional<Lease<AnsweringModel>> lease(
      String name, Optional<String> version, Predicate<AnsweringModel> wanted) {
    try {
      Lease<AnsweringModel> lease = repository.lease(name, version);
      if (wanted.test(lease.model())) {
        return Optional.of(lease);
      }
      lease.close();
    } catch (ModelUnavailable e) {
      // it was unloaded in this moment
    }
    return Optional.empty();
  }

  /**
   * Its heads that answer, each in its latest version, in the order of their names.
   *
   * @return to be closed
   */
  List<Lease<AnsweringModel>> heads(ServedModel trunk) {
    return repository.names().stream()
        .map(name -> lease(name, Optional.empty(), model -> model.isHeadOf(trunk)))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Of a model that answers from now on: if it is a trunk loaded again, its heads move to it. */
  void loaded(ModelId id) {
    lease(id.name(), Optional.of(id.version()), model -> model.images().isPresent())
        .ifPresent(this::moveHeads);
  }

  private void moveHeads(Lease<AnsweringModel> trunk) {
    try (trunk) {
      ServedModel below = trunk.model().requireImages().model();
      ready()
          .map(id -> lease(id.name(), Optional.of(id.version()), model -> model.isHeadOf(below)))
          .flatMap(Optional::stream)
          .forEach(head -> move(head, trunk, below));
    }
  }

  private static void move(
      Lease<AnsweringModel> head, Lease<AnsweringModel> trunk, ServedModel below) {
    try (head) {
      head.model().head().orElseThrow().move(trunk.again(), below);
    }
  }
}
