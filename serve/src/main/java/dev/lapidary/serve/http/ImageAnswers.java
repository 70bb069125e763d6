package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.tracing.Worked;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answer to a request of images, and what is counted of it. */
record ImageAnswers(
    ServerState state,
    Answering answering,
    PredictQuery query,
    List<Upload> uploads,
    long beganNanos) {
  private static final Logger LOG = LoggerFactory.getLogger(ImageAnswers.class);

  /**
   * @param results of the network, one an upload
   * @throws Refusal 504 if one came too late
   */
  HttpResponse<byte[]> of(List<Serving.Result> results) {
    List<Answering.Part> parts = answering.parts(results);
    List<PredictAnswer> answers;
    try {
      answers = parts.stream().map(this::answer).toList();
    } catch (Refusal e) {
      count(results, parts, false); // it was begun, so it is one of the model's
      throw e;
    }
    List<PredictAnswer.Prediction> all =
        answers.stream().flatMap(answer -> answer.predictions().stream()).toList();
    boolean any = all.stream().anyMatch(PredictAnswer.Classified.class::isInstance);
    ModelStatistics.Stages stages = count(results, parts, any);
    Object body =
        answering.isOfHeads() ? new HeadAnswers(answering.trunk(), answers) : answers.get(0);
    HttpResponse<byte[]> response =
        Json.answer(any ? HttpStatus.OK : failure(all), body)
            .header(ServerTiming.HEADER, ServerTiming.of(stages));
    if (state.spans().isPresent()) {
      HttpSpan.note(response, Worked.now(answering.asked().id(), stages));
    }
    return response;
  }

  /**
   * The body of an answer of several heads.
   *
   * @param model the trunk
   * @param heads each as it would have answered alone
   */
  record HeadAnswers(PredictAnswer.ModelId model, List<PredictAnswer> heads) {}

  private PredictAnswer answer(Answering.Part part) {
    List<PredictAnswer.Prediction> predictions = new ArrayList<>(uploads.size());
    for (int i = 0; i < uploads.size(); i++) {
      predictions.add(prediction(uploads.get(i).name(), part.results().get(i), part.classes()));
    }
    return new PredictAnswer(part.model().answerId(part.classes()), predictions);
  }

  /** The network's runs once, and the request for each model that answers it. */
  private ModelStatistics.Stages count(
      List<Serving.Result> results, List<Answering.Part> parts, boolean succeeded) {
    ModelStatistics network = state.statistics(answering.runs().id());
    long queue = 0;
    long infer = 0;
    for (Outcome.Ran done : results.stream().flatMap(result -> result.ran().stream()).toList()) {
      network.ran(1, done.batchSize(), done.inferNanos());
      queue = Math.max(queue, done.queueNanos());
      infer = Math.max(infer, done.inferNanos());
    }
    long heads = 0;
    for (Answering.Part part : parts) {
      if (part.isOfHead()) {
        count(part, queue, infer + part.headNanos(), succeeded);
        heads += part.headNanos();
      }
    }
    long total = System.nanoTime() - beganNanos;
    ModelStatistics.Stages stages = stages(total, queue, infer + heads);
    if (answering.asked().id().equals(answering.runs().id())) {
      count(network, total, stages, succeeded);
    }
    return stages;
  }

  private void count(Answering.Part part, long queue, long infer, boolean succeeded) {
    ModelStatistics own = state.statistics(part.model().id());
    if (part.rows() > 0) {
      own.ran(part.rows(), part.rows(), part.headNanos());
    }
    long total = System.nanoTime() - beganNanos;
    count(own, total, stages(total, queue, infer), succeeded);
  }

  private static ModelStatistics.Stages stages(long total, long queue, long infer) {
    return new ModelStatistics.Stages(queue, Math.max(0, total - queue - infer), infer, 0);
  }

  private static void count(
      ModelStatistics of, long total, ModelStatistics.Stages stages, boolean succeeded) {
    if (succeeded) {
      of.succeeded(total, stages);
    } else {
      of.failed(total);
    }
  }

  private PredictAnswer.Prediction prediction(
      String image, Serving.Result result, ServedModel classes) {
    if (result instanceof Serving.Result.Refused refused) {
      return new PredictAnswer.Unclassified(image, refused.error());
    }
    if (result instanceof Serving.Result.Dropped) {
      throw Refusal.deadlinePassed(); // with a neighbour that was late; else nobody reads this
    }
    Outcome outcome = ((Serving.Result.Ran) result).outcome();
    if (outcome instanceof Outcome.Ran ran) {
      float[] logits = FloatNetwork.values((TypedTensor.Numbers) ran.outputs().get(0));
      return PredictAnswer.of(image, logits, classes, query);
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
