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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Heads and their trunks, which find each other by the trunk's file. Thread-safe. */
final class Trunks {
  private final ModelRepository<AnsweringModel> repository;

  Trunks(ModelRepository<AnsweringModel> repository) {
    this.repository = repository;
  }

  /**
   * The trunk, whatever it is called.
   *
   * @return to be closed
   * @throws LoadFailed if it is not loaded; the head may be loaded once it is
   */
  Lease<AnsweringModel> require(Trunk trunk) throws LoadFailed {
    for (ModelStatus each : ready()) {
      Optional<Lease<AnsweringModel>> lease = lease(each.id(), Optional.of(each.id().version()));
      if (lease.isPresent()) {
        if (isFile(lease.get().model(), trunk.sha256())) {
          return lease.get();
        }
        lease.get().close();
      }
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

  private List<ModelStatus> ready() {
    return repository.index().stream().filter(s -> s.state() == ModelState.READY).toList();
  }

  private Optional<Lease<AnsweringModel>> lease(ModelId id, Optional<String> version) {
    try {
      return Optional.of(repository.lease(id.name(), version));
    } catch (ModelUnavailable e) {
      return Optional.empty(); // it was unloaded in this moment
    }
  }

  /**
   * Its heads that answer, each in its latest version, in the order of their names.
   *
   * @return to be closed
   */
  List<Lease<AnsweringModel>> heads(ServedModel trunk) {
    List<Lease<AnsweringModel>> found = new ArrayList<>();
    for (String name : repository.names()) {
      Optional<Lease<AnsweringModel>> lease = lease(new ModelId(name, "1"), Optional.empty());
      if (lease.isPresent()) {
        if (lease.get().model().isHeadOf(trunk)) {
          found.add(lease.get());
        } else {
          lease.get().close();
        }
      }
    }
    return found;
  }

  /** Of a model that answers from now on: if it is a trunk loaded again, its heads move to it. */
  void loaded(ModelId id) {
    Optional<Lease<AnsweringModel>> own = lease(id, Optional.of(id.version()));
    if (own.isEmpty()) {
      return;
    }
    try (Lease<AnsweringModel> trunk = own.get()) {
      if (trunk.model().images().isPresent()) {
        for (ModelStatus each : ready()) {
          Optional<Lease<AnsweringModel>> head = lease(each.id(), Optional.of(each.id().version()));
          head.ifPresent(lease -> move(lease, trunk));
        }
      }
    }
  }

  private static void move(Lease<AnsweringModel> lease, Lease<AnsweringModel> trunk) {
    try (lease) {
      ServedModel below = trunk.model().requireImages().model();
      if (lease.model().isHeadOf(below)) {
        lease.model().head().orElseThrow().move(trunk.again(), below);
      }
    }
  }
}
