package dev.lapidary.serve.http;

import dev.lapidary.serve.batch.Admission;
import dev.lapidary.serve.batch.Outcome;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.body.CloseableAvailableByteBody;
import io.micronaut.http.exceptions.BufferLengthExceededException;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    CompletableFuture<HttpResponse<byte[]>> answer;
    try {
      answer = answer(request);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.exceptionally(error -> ErrorBody.of(request, refusal(error)));
  }

  /** The request's way, from its header to its answer. */
  private CompletableFuture<HttpResponse<byte[]>> answer(HttpRequest<?> request) {
    Serving serving = state.requireReady();
    PredictQuery query = PredictQuery.of(request, state.settings());
    serving.requireMeetable(query.deadline());
    Admission.Permit permit = admit(serving, query);

    CompletableFuture<HttpResponse<byte[]>> work =
        read(request)
            // A client that stalls within its body holds its place no longer than that.
            .orTimeout(query.deadline().leftNanos(), TimeUnit.NANOSECONDS)
            .thenApplyAsync(query.form()::uploads, serving.decoders())
            .thenApply(uploads -> admitAll(serving, permit, uploads))
            .thenCompose(
                uploads ->
                    serving
                        .classify(uploads, query.deadline())
                        .thenApply(results -> respond(serving, query, uploads, results)))
            .whenComplete((response, error) -> permit.close());
    // The client hears of its deadline then; the permit is held until the work has ended.
    return work.copy().orTimeout(query.deadline().leftNanos(), TimeUnit.NANOSECONDS);
  }

  /** Takes the body's bytes and room for one image before anything of the body is read. */
  private Admission.Permit admit(Serving serving, PredictQuery query) {
    return state.admission().admit(1, query.bodyBytes()).orElseThrow(() -> queueFull(serving));
  }

  private CompletableFuture<byte[]> read(HttpRequest<?> request) {
    return ((ServerHttpRequest<?>) request)
        .byteBody()
        .buffer()
        .thenApply(
            body -> {
              try (CloseableAvailableByteBody whole = body) {
                return whole.toByteArray();
              }
            });
  }

  private List<Upload> admitAll(Serving serving, Admission.Permit permit, List<Upload> uploads) {
    if (!permit.extend(uploads.size() - 1)) {
      throw queueFull(serving);
    }
    return uploads;
  }

  private Refusal queueFull(Serving serving) {
    return Refusal.queueFull(state.admission().images(), serving.retryAfterSeconds());
  }

  private static HttpResponse<byte[]> respond(
      Serving serving, PredictQuery query, List<Upload> uploads, List<Serving.Result> results) {
    List<PredictAnswer.Prediction> predictions = new ArrayList<>(uploads.size());
    for (int i = 0; i < uploads.size(); i++) {
      predictions.add(prediction(uploads.get(i).name(), results.get(i), serving, query));
    }
    boolean any = predictions.stream().anyMatch(PredictAnswer.Classified.class::isInstance);
    PredictAnswer answer =
        new PredictAnswer(PredictAnswer.ModelId.of(serving.model()), predictions);
    return HttpResponse.<byte[]>status(any ? HttpStatus.OK : failure(predictions))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .body(Json.write(answer));
  }

  private static PredictAnswer.Prediction prediction(
      String image, Serving.Result result, Serving serving, PredictQuery query) {
    if (result instanceof Serving.Result.Refused refused) {
      return new PredictAnswer.Unclassified(image, refused.error());
    }
    Outcome outcome = ((Serving.Result.Ran) result).outcome();
    if (outcome instanceof Outcome.Classified classified) {
      return PredictAnswer.of(image, classified.logits(), serving.model(), query);
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

  private static Refusal refusal(Throwable error) {
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
