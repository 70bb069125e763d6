package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelFiles;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelState;
import dev.lapidary.serve.repository.ModelStatus;
import dev.lapidary.serve.repository.ModelUnavailable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Triton's model repository extension: which models there are, and loading and unloading them where
 * the server's user lets clients do so. Of a request's body only {@code ready} is heeded: nobody
 * hands this server a configuration or a file.
 */
@Controller("/v2/repository")
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL) // in truth JSON
final class RepositoryController {
  private static final Logger LOG = LoggerFactory.getLogger(RepositoryController.class);
  private static final int MAX_BYTES = 64 << 10;

  private final ServerState state;

  RepositoryController(ServerState state) {
    this.state = state;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the future itself is returned
  private CompletableFuture<byte[]> body(HttpRequest<?> request) {
    Admission.Permit permit = state.admission().open();
    Deadline deadline = Deadline.after(state.settings().timeouts().deadline());
    CompletableFuture<byte[]> body =
        BodyReader.read(
            (ServerHttpRequest<?>) request,
            state.bodies(),
            permit,
            deadline,
            new BodyReader.Limits(MAX_BYTES, MAX_BYTES, () -> RetryAfter.UNKNOWN));
    body.whenComplete((bytes, error) -> permit.close());
    return body;
  }

  private record IndexRequest(@Nullable Boolean ready) {}

  private record Entry(String name, String version, String state, String reason) {}

  @Post("/index")
  CompletionStage<HttpResponse<byte[]>> index(HttpRequest<?> request) {
    return body(request)
        .thenApply(
            body -> {
              boolean ready = wantsReady(body);
              List<Entry> entries =
                  index(state).stream()
                      .filter(s -> !ready || s.state() == ModelState.READY)
                      .map(RepositoryController::entry)
                      .toList();
              return (HttpResponse<byte[]>) Json.answer(HttpStatus.OK, entries);
            })
        .exceptionally(error -> ErrorBody.of(request, BodyWork.refusal(error)));
  }

  /** As clients may see it. */
  static List<ModelStatus> index(ServerState state) {
    return state.repository().index().stream()
        .map(
            s ->
                new ModelStatus(
                    s.id(), s.state(), s.code(), ServerState.reasonToClients(s.code(), s.reason())))
        .toList();
  }

  private static Entry entry(ModelStatus status) {
    return new Entry(
        status.id().name(), status.id().version(), status.state().name(), status.reason());
  }

  private static boolean wantsReady(byte[] body) {
    if (body.length == 0) {
      return false;
    }
    try {
      IndexRequest asked = Json.MAPPER.readValue(body, IndexRequest.class);
      return asked != null && Boolean.TRUE.equals(asked.ready());
    } catch (IOException e) {
      throw Refusal.badRequest("invalid_json", "expected {\"ready\":true} or nothing");
    }
  }

  @Post("/models/{model}/load")
  CompletionStage<HttpResponse<byte[]>> load(
      HttpRequest<?> request, @PathVariable("model") String model) {
    return change(request, files -> files.load(model));
  }

  @Post("/models/{model}/unload")
  CompletionStage<HttpResponse<byte[]>> unload(
      HttpRequest<?> request, @PathVariable("model") String model) {
    return change(request, files -> files.unload(model));
  }

  @FunctionalInterface
  interface Step {
    void take(ModelFiles<AnsweringModel> files) throws ModelUnavailable, LoadFailed;
  }

  private CompletionStage<HttpResponse<byte[]>> change(HttpRequest<?> request, Step step) {
    return body(request)
        .thenApplyAsync(
            body -> {
              change(state, step);
              return (HttpResponse<byte[]>) HttpResponse.<byte[]>ok();
            },
            state.workers().control())
        .exceptionally(error -> ErrorBody.of(request, BodyWork.refusal(error)));
  }

  /**
   * @throws Refusal if clients may not, or it fails
   */
  static void change(ServerState state, Step step) {
    state.requireNotStopping();
    ModelFiles<AnsweringModel> files =
        state
            .files()
            .filter(f -> state.clientsLoad())
            .orElseThrow(
                () ->
                    Refusal.forbidden(
                        "clients may not load or unload models of this server; its user lets them"
                            + " by --model-control explicit"));
    try {
      step.take(files);
      state.shadowTroubles().forEach(LOG::warn);
    } catch (ModelUnavailable e) {
      throw Refusal.notFound("%s", e.getMessage());
    } catch (LoadFailed e) {
      LOG.warn("a model was not loaded: {}", e.getMessage());
      throw Refusal.badRequest(
          e.code(), "%s", ServerState.reasonToClients(e.code(), e.getMessage()));
    } catch (Failure e) {
      LOG.warn("a model was not loaded: {}", Failure.reason(e));
      throw Refusal.badRequest(
          ModelRepository.FAILED,
          "%s",
          ServerState.reasonToClients(ModelRepository.FAILED, Failure.reason(e)));
    }
  }
}
