package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.tensor.Tensor;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.repository.Lease;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.exceptions.BufferLengthExceededException;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /predict}: images in, classes out. No thread waits while a request does. */
@Controller
final class PredictController {
  private static final Logger LOG = LoggerFactory.getLogger(PredictController.class);

  private final ServerState state;

  PredictController(ServerState state) {
    this.state = state;
  }

  @Post("/predict")
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL) // in truth JSON; an Accept without it is disregarded, as RFC 9110 allows
  CompletionStage<HttpResponse<byte[]>> predict(HttpRequest<?> request) {
    return predict(request, state::requireOnlyModel);
  }

  @Post("/predict/{model}")
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL)
  CompletionStage<HttpResponse<byte[]>> predict(
      HttpRequest<?> request, @PathVariable("model") String name) {
    return predict(request, () -> state.requireModel(name, Optional.empty()));
  }

  private CompletionStage<HttpResponse<byte[]>> predict(
      HttpRequest<?> request, Supplier<Lease<LoadedModel>> model) {
    state.requests().received();
    CompletableFuture<HttpResponse<byte[]>> answer;
    try {
      answer = answer(request, model.get());
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.handle((found, error) -> counted(request, found, error));
  }

  private HttpResponse<byte[]> counted(
      HttpRequest<?> request, @Nullable HttpResponse<byte[]> answer, @Nullable Throwable error) {
    if (answer != null) {
      state.requests().predictions();
      return answer;
    }
    Refusal refusal = refusal(error);
    if (refusal.code().equals(Refusal.CLIENT_GONE)) {
      state.requests().gone();
    } else {
      state.requests().refused(refusal);
    }
    MutableHttpResponse<byte[]> response = ErrorBody.of(request, refusal);
    return refusal.code().equals(Refusal.TOO_SLOW)
        ? response.header(HttpHeaders.CONNECTION, "close")
        : response;
  }

  private CompletableFuture<HttpResponse<byte[]>> answer(
      HttpRequest<?> request, Lease<LoadedModel> lease) {
    try {
      LoadedModel model = lease.model();
      Serving serving = model.requireImages();
      PredictQuery query = PredictQuery.of(request, state.settings());
      serving.requireRoom(query.deadline());
      return answer(request, model, serving, query, lease);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  /** The request's way, from its header to its answer. */
  @SuppressWarnings("FutureReturnValueIgnored") // to cancel throws nothing
  private CompletableFuture<HttpResponse<byte[]>> answer(
      HttpRequest<?> request,
      LoadedModel model,
      Serving serving,
      PredictQuery query,
      Lease<LoadedModel> lease) {
    Admission.Permit permit = state.admission().open();

    CompletableFuture<byte[]> body = read(request, permit, query, serving);
    CompletableFuture<List<Upload>> uploads =
        body.thenApplyAsync(
            bytes ->
                query.form().uploads(bytes, more -> hold(permit, bytes.length + more, serving)),
            serving.forms());
    CompletableFuture<RequestWork> work =
        uploads.thenApply(images -> serving.classify(images, permit, query.deadline()));
    CompletableFuture<HttpResponse<byte[]>> answer =
        work.thenCompose(RequestWork::results)
            .thenCombine(
                uploads, (results, images) -> respond(model, serving, query, images, results))
            .whenComplete(
                (response, error) -> {
                  permit.close();
                  lease.close();
                });

    // The client hears of its deadline then, and nothing more is done for one that is gone; the
    // permit is held until what has begun has ended.
    CompletableFuture<HttpResponse<byte[]>> told = answer.copy();
    ConnectionGuard.Watch watch =
        ConnectionGuard.watch(request, () -> told.completeExceptionally(Refusal.clientGone()));
    return told.orTimeout(query.deadline().leftNanos(), TimeUnit.NANOSECONDS)
        .whenComplete(
            (response, error) -> {
              watch.end();
              if (error != null) {
                body.completeExceptionally(error);
                work.thenAccept(RequestWork::cancel);
              }
            });
  }

  private static void hold(Admission.Permit permit, long bytes, Serving serving) {
    if (!permit.hold(bytes)) {
      throw Refusal.bodiesFull(serving.retrySeconds());
    }
  }

  private CompletableFuture<byte[]> read(
      HttpRequest<?> request, Admission.Permit permit, PredictQuery query, Serving serving) {
    int most = state.settings().limits().bodyBytes();
    long said = request.getContentLength();
    int likely = said > 0 ? (int) Math.min(said, most) : most;
    return BodyReader.read(
        (ServerHttpRequest<?>) request,
        state.bodies(),
        permit,
        query.deadline(),
        new BodyReader.Limits(most, likely, serving::retrySeconds));
  }

  private static HttpResponse<byte[]> respond(
      LoadedModel model,
      Serving serving,
      PredictQuery query,
      List<Upload> uploads,
      List<Serving.Result> results) {
    List<PredictAnswer.Prediction> predictions = new ArrayList<>(uploads.size());
    for (int i = 0; i < uploads.size(); i++) {
      predictions.add(prediction(uploads.get(i).name(), results.get(i), serving, query));
    }
    boolean any = predictions.stream().anyMatch(PredictAnswer.Classified.class::isInstance);
    PredictAnswer answer = new PredictAnswer(model.answerId(serving.model()), predictions);
    return HttpResponse.<byte[]>status(any ? HttpStatus.OK : failure(predictions))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .body(Json.write(answer));
  }

  private static PredictAnswer.Prediction prediction(
      String image, Serving.Result result, Serving serving, PredictQuery query) {
    if (result instanceof Serving.Result.Refused refused) {
      return new PredictAnswer.Unclassified(image, refused.error());
    }
    if (result instanceof Serving.Result.Dropped) {
      throw Refusal.deadlinePassed(); // with a neighbour that was late; else nobody reads this
    }
    Outcome outcome = ((Serving.Result.Ran) result).outcome();
    if (outcome instanceof Outcome.Ran ran) {
      float[] logits = FloatNetwork.values((Tensor.Numbers) ran.outputs().get(0));
      return PredictAnswer.of(image, logits, serving.model(), query);
    }
    if (outcome instanceof Outcome.Late) {
      throw Refusal.deadlinePassed();
    }
    // The runtime's words name the machine's insides: they are for whoever runs the server.
    LOG.error("inference failed: {}", ((Outcome.Failed) outcome).message());
    return new PredictAnswer.Unclassified(
        image,
        new ImageError(
            "inference_failed", "the network failed on this image; the server's log says why"));
  }

  /** 413 if each image is too large, otherwise 422. */
  private static HttpStatus failure(List<PredictAnswer.Prediction> predictions) {
    boolean tooLarge =
        predictions.stream()
            .allMatch(
                p ->
                    p instanceof PredictAnswer.Unclassified u
                        && u.error().code().equals("too_large"));
    return tooLarge ? HttpStatus.REQUEST_ENTITY_TOO_LARGE : HttpStatus.UNPROCESSABLE_ENTITY;
  }

  private static Refusal refusal(@Nullable Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Refusal refusal) {
      return refusal;
    }
    if (cause instanceof TimeoutException) {
      return Refusal.deadlinePassed();
    }
    if (cause instanceof ContentLengthExceededException
        || cause instanceof BufferLengthExceededException) {
      return Refusal.tooLarge("the body has more bytes than the server's limit");
    }
    if (cause instanceof WireRules.MalformedBody) {
      return Refusal.malformedBody();
    }
    if (cause instanceof IOException) {
      return Refusal.clientGone(); // reading the body is the only I/O of a request
    }
    LOG.error("a request failed", cause);
    return Refusal.failed();
  }
}
