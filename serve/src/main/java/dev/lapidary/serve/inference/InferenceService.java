package dev.lapidary.serve.inference;

import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What the server does, for a transport beside HTTP. Every call may throw {@link ServiceError}, and
 * a future fails with it. Thread-safe.
 */
public interface InferenceService {
  boolean isReady();

  /** Name, version, and the extensions of the protocol. */
  Server server();

  Metadata metadata(String model, Optional<String> version);

  /** Of the versions of a model, or of all if the name is empty. */
  List<Statistics> statistics(String model, Optional<String> version);

  List<ModelStatus> index();

  CompletableFuture<?> load(String model);

  CompletableFuture<?> unload(String model);

  /** When what is held now will be worked off, for those who find no room. */
  Duration retryAfter();

  /**
   * Begins an answer. What goes wrong is in it, and never thrown.
   *
   * @param asked may throw {@link InvalidRequest}
   * @param bytes that the request takes
   * @param permit that is the request's, and closed with its end
   * @param leftNanos until its caller gives up; {@code Long.MAX_VALUE} if it does not say
   */
  Pending infer(Supplier<Asked> asked, long bytes, Admission.Permit permit, long leftNanos);

  /**
   * @param version empty for the latest
   */
  record Asked(String model, Optional<String> version, InferenceRequest request) {}

  /**
   * @param gone to be told that nobody waits for the answer: what has not begun is dropped then
   */
  record Pending(CompletableFuture<InferenceAnswer> answer, Runnable gone) {
    public static Pending failed(RuntimeException error) {
      return new Pending(CompletableFuture.failedFuture(error), () -> {});
    }
  }

  record Server(String name, String version, List<String> extensions) {
    public Server {
      extensions = List.copyOf(extensions);
    }
  }

  /**
   * @param versions that are ready
   * @param maxBatch 0 if it takes no batches
   */
  record Metadata(
      String name,
      List<String> versions,
      InferenceEngine engine,
      TensorNetwork network,
      int maxBatch) {
    public Metadata {
      versions = List.copyOf(versions);
    }
  }

  record Statistics(ModelId id, ModelStatistics.Snapshot counts) {}
}
