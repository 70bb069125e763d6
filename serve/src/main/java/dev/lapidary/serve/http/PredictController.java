package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.tracing.Worked;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /predict}: images in, classes out. No thread waits while a request does. */
@Controller
final class PredictController {
  private static final Logger LOG = LoggerFactory.getLogger(PredictController.class);

  private final ServerState state;
  private final BodyWork bodies;

  PredictController(ServerState state, BodyWork bodies) {
    this.state = state;
    this.bodies = bodies;
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
    return predict(request, () -> state.requireTurn(name, Optional.empty()));
  }

  private CompletionStage<HttpResponse<byte[]>> predict(
      HttpRequest<?> request, Supplier<Lease<AnsweringModel>> model) {
    return bodies.counted(request, () -> answer(request, model.get()));
  }

  private CompletableFuture<HttpResponse<byte[]>> answer(
      HttpRequest<?> request, Lease<AnsweringModel> lease) {
    try {
      AnsweringModel model = lease.model();
      Serving serving = model.requireImages();
      PredictQuery query = PredictQuery.of(request, state.settings());
      serving.requireRoom(query.deadline(), query.priority());
      return bodies.run(
          request,
          lease,
          query.deadline(),
          query.priority(),
          serving::retryAfter,
          (body, room, permit) -> {
            long began = System.nanoTime();
            List<Upload> uploads = query.form().uploads(body, room);
            RequestWork work =
                serving.classify(uploads, permit, query.deadline(), query.priority());
            return new Classifying(
                work,
                query.deadline(),
                results -> respond(model, serving, query, uploads, results, began));
          });
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  /** The images of one request. */
  private record Classifying(
      RequestWork work,
      Deadline deadline,
      Function<List<Serving.Result>, HttpResponse<byte[]>> respond)
      implements BodyWork.Begun {
    @Override
    public CompletableFuture<HttpResponse<byte[]>> answer() {
      return work.results().thenApply(respond);
    }

    @Override
    public void cancel() {
      work.cancel();
    }
  }

  private HttpResponse<byte[]> respond(
      AnsweringModel model,
      Serving serving,
      PredictQuery query,
      List<Upload> uploads,
      List<Serving.Result> results,
      long beganNanos) {
    List<PredictAnswer.Prediction> predictions = new ArrayList<>(uploads.size());
    try {
      for (int i = 0; i < uploads.size(); i++) {
        predictions.add(prediction(uploads.get(i).name(), results.get(i), serving, query));
      }
    } catch (Refusal e) {
      count(model, results, false, beganNanos); // it was begun, so it is one of the model's
      throw e;
    }
    boolean any = predictions.stream().anyMatch(PredictAnswer.Classified.class::isInstance);
    PredictAnswer answer = new PredictAnswer(model.answerId(serving.model()), predictions);
    ModelStatistics.Stages stages = count(model, results, any, beganNanos);
    HttpResponse<byte[]> response =
        HttpResponse.<byte[]>status(any ? HttpStatus.OK : failure(predictions))
            .header(ServerTiming.HEADER, ServerTiming.of(stages))
            .contentType(MediaType.APPLICATION_JSON_TYPE)
            .body(Json.write(answer));
    if (state.spans().isPresent()) {
      HttpSpan.note(response, Worked.now(model.id(), stages));
    }
    return response;
  }

  private ModelStatistics.Stages count(
      AnsweringModel model, List<Serving.Result> results, boolean succeeded, long beganNanos) {
    ModelStatistics statistics = state.statistics(model.id());
    long queue = 0;
    long infer = 0;
    for (Serving.Result result : results) {
      if (result instanceof Serving.Result.Ran ran && ran.outcome() instanceof Outcome.Ran done) {
        statistics.ran(1, done.batchSize(), done.inferNanos());
        queue = Math.max(queue, done.queueNanos());
        infer = Math.max(infer, done.inferNanos());
      }
    }
    long total = System.nanoTime() - beganNanos;
    ModelStatistics.Stages stages =
        new ModelStatistics.Stages(queue, Math.max(0, total - queue - infer), infer, 0);
    if (succeeded) {
      statistics.succeeded(total, stages);
    } else {
      statistics.failed(total);
    }
    return stages;
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
      float[] logits = FloatNetwork.values((TypedTensor.Numbers) ran.outputs().get(0));
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
}
