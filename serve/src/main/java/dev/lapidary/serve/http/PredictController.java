package dev.lapidary.serve.http;

import dev.lapidary.serve.repository.Lease;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** {@code POST /predict}: images in, classes out. No thread waits while a request does. */
@Controller
final class PredictController {
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
    PredictQuery query;
    Answering answering;
    try {
      lease.model().requireAnswersImages();
      query = PredictQuery.of(request, state.settings());
      answering = Answering.of(lease, query.heads(), state);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    try {
      Serving serving = answering.serving();
      serving.requireRoom(query.deadline(), query.priority());
      return bodies.run(
          request,
          answering::close,
          query.deadline(),
          query.priority(),
          serving::retryAfter,
          (body, room, permit) -> {
            long began = System.nanoTime();
            List<Upload> uploads = query.form().uploads(body, room);
            RequestWork work =
                serving.classify(uploads, permit, query.deadline(), query.priority());
            ImageAnswers answers = new ImageAnswers(state, answering, query, uploads, began);
            return new BodyWork.Begun(
                work.results().thenApply(answers::of), query.deadline(), work::cancel);
          });
    } catch (RuntimeException e) {
      answering.close();
      throw e;
    }
  }
}
