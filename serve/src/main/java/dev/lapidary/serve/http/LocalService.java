package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.InferenceAnswer;
import dev.lapidary.serve.inference.InferenceService;
import dev.lapidary.serve.inference.ServiceError;
import dev.lapidary.serve.inference.ServiceError.Kind;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelStatus;
import dev.lapidary.serve.repository.ModelUnavailable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The server for a transport beside HTTP, which has its own words for what is refused. */
record LocalService(ServerState state) implements InferenceService {
  @Override
  public boolean isReady() {
    return state.unready().isEmpty();
  }

  @Override
  public Server server() {
    return ModelController.SERVER;
  }

  @Override
  public Metadata metadata(String model, Optional<String> version) {
    return said(
        () -> {
          try (Lease<AnsweringModel> lease = state.requireModel(model, version)) {
            return ModelController.metadata(state, lease);
          }
        });
  }

  @Override
  public List<Statistics> statistics(String model, Optional<String> version) {
    return said(
        () -> {
          if (!model.isEmpty()) {
            state.requireModel(model, version).close();
          }
          return state.repository().index().stream()
              .map(ModelStatus::id)
              .filter(id -> model.isEmpty() || id.name().equals(model))
              .filter(id -> version.map(id.version()::equals).orElse(true))
              .map(id -> new Statistics(id, state.statistics(id).snapshot()))
              .toList();
        });
  }

  @Override
  public List<ModelStatus> index() {
    return RepositoryController.index(state);
  }

  @Override
  public CompletableFuture<?> load(String model) {
    return changed(files -> files.load(model));
  }

  @Override
  public CompletableFuture<?> unload(String model) {
    return changed(files -> files.unload(model));
  }

  private CompletableFuture<?> changed(RepositoryController.Step step) {
    return CompletableFuture.supplyAsync(
        () ->
            said(
                () -> {
                  RepositoryController.change(state, step);
                  return true;
                }),
        state.workers().control());
  }

  /** Of the model that takes the longest: which one a message is for is not known yet. */
  @Override
  public Duration retryAfter() {
    Duration longest = Duration.ZERO;
    for (ModelStatus each : state.repository().index()) {
      try (Lease<AnsweringModel> lease =
          state.repository().lease(each.id().name(), Optional.of(each.id().version()))) {
        Duration own = new Inference(lease.model(), state).retryAfter();
        longest = own.compareTo(longest) > 0 ? own : longest;
      } catch (ModelUnavailable e) {
        // nothing waits for it
      }
    }
    return longest.isZero() ? RetryAfter.UNKNOWN : longest;
  }

  @Override
  public Pending infer(Supplier<Asked> asked, long bytes, Admission.Permit permit, long leftNanos) {
    state.requests().received();
    CompletableFuture<InferenceAnswer> told;
    try {
      told = begin(asked, bytes, permit, deadline(leftNanos));
    } catch (RuntimeException e) {
      permit.close();
      told = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<InferenceAnswer> waited = told;
    return new Pending(
        told.handle(this::counted), () -> waited.completeExceptionally(Refusal.clientGone()));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // to cancel throws nothing
  private CompletableFuture<InferenceAnswer> begin(
      Supplier<Asked> read, long bytes, Admission.Permit permit, Deadline deadline) {
    long beganNanos = System.nanoTime();
    if (!permit.hold(bytes)) {
      throw Refusal.bodiesFull(retryAfter());
    }
    Asked asked = read.get();
    Lease<AnsweringModel> lease = state.requireTurn(asked.model(), asked.version());
    Inference.Work work;
    try {
      Inference inference = new Inference(lease.model(), state);
      inference.requireRoom(deadline, state.settings().priority(asked.request().priority()));
      work = inference.begin(asked.request(), Set.of(), permit, deadline, 0, beganNanos);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    CompletableFuture<InferenceAnswer> answer =
        work.answer()
            .whenComplete(
                (found, error) -> {
                  permit.close();
                  lease.close();
                });
    // The client hears of its deadline then; the permit is held until what has begun has ended.
    CompletableFuture<InferenceAnswer> told = answer.copy();
    told.orTimeout(work.deadline().leftNanos(), TimeUnit.NANOSECONDS)
        .whenComplete(
            (found, error) -> {
              if (error != null) {
                work.cancel().run();
              }
            });
    return told;
  }

  private Deadline deadline(long leftNanos) {
    ServerSettings.Timeouts timeouts = state.settings().timeouts();
    boolean said = leftNanos < Long.MAX_VALUE;
    long max = timeouts.maxDeadline().toNanos();
    long nanos = said ? Math.min(leftNanos, max) : timeouts.deadline().toNanos();
    return Deadline.after(Duration.ofNanos(nanos));
  }

  private InferenceAnswer counted(@Nullable InferenceAnswer answer, @Nullable Throwable error) {
    if (answer != null) {
      state.requests().predictions();
      return answer;
    }
    Refusal refusal = Refusal.of(error);
    state.requests().refused(refusal);
    throw told(refusal);
  }

  private static <T> T said(Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      throw told(Refusal.of(e));
    }
  }

  private static ServiceError told(Refusal refusal) {
    Kind kind =
        switch (refusal.status()) {
          case NOT_FOUND -> Kind.NOT_FOUND;
          case FORBIDDEN -> Kind.FORBIDDEN;
          case TOO_MANY_REQUESTS -> Kind.EXHAUSTED;
          case SERVICE_UNAVAILABLE -> Kind.UNAVAILABLE;
          case GATEWAY_TIMEOUT -> Kind.LATE;
          case INTERNAL_SERVER_ERROR -> Kind.FAILED;
          default -> refusal.code().equals(Refusal.CLIENT_GONE) ? Kind.CANCELLED : Kind.INVALID;
        };
    return new ServiceError(kind, refusal.getMessage(), refusal.retryAfter());
  }
}
