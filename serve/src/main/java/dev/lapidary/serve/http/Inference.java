package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.InferenceAnswer;
import dev.lapidary.serve.inference.InferenceRequest;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import dev.lapidary.serve.inference.InvalidRequest;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.inference.ModelStatistics.Stages;
import dev.lapidary.serve.inference.RequestCheck;
import dev.lapidary.serve.inference.WantedOutputs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model's answers to requests of the Open Inference Protocol, whichever way they come: tensors
 * are run as they are, image files are decoded and batched as those of {@code /predict} are.
 */
final class Inference {
  private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

  private final AnsweringModel model;
  private final ServerState state;
  private final ModelStatistics statistics;

  Inference(AnsweringModel model, ServerState state) {
    this.model = model;
    this.state = state;
    this.statistics = state.statistics(model.id());
  }

  /**
   * A request that is worked for.
   *
   * @param answer complete once nothing works for it any more
   * @param deadline the earlier one of the transport's and the request's own
   * @param cancel drops what has not begun
   */
  record Work(CompletableFuture<InferenceAnswer> answer, Deadline deadline, Runnable cancel) {}

  /**
   * Refuses before the body is read what finds no room.
   *
   * @param priority 1 where it may be any
   * @throws Refusal 429 or 504
   */
  void requireRoom(Deadline deadline, int priority) {
    if (model.images().isPresent()) {
      model.images().get().requireRoom(deadline, priority);
    } else if (state.admission().isFull(priority)) {
      state.admission().refuse(priority);
      throw queueFull();
    }
  }

  private Refusal queueFull() {
    return Refusal.queueFull(state.admission().held().images(), retryAfter());
  }

  Duration retryAfter() {
    return RetryAfter.of(model.pace().backlogNanos(state.admission().backlog(model.pace())));
  }

  /**
   * @param textual names of inputs that came as text, in which images are base64
   * @param otherwise the priority where the request names none; 0 for the usual one
   * @throws InvalidRequest if the model does not take it
   * @throws Refusal 429 or 504 if there is no room or no time
   */
  Work begin(
      InferenceRequest request,
      Set<String> textual,
      Admission.Permit permit,
      Deadline transport,
      long otherwise,
      long beganNanos) {
    Deadline deadline = earlier(transport, request);
    long named = request.priority();
    int priority = state.settings().priority(named == 0 ? otherwise : named);
    int maxBatch = state.settings().batch().maxBatch();
    RequestCheck check = new RequestCheck(model.tensors(), maxBatch, model.images().isPresent());
    Optional<List<byte[]>> images = check.images(request);
    Call call = new Call(request, check.outputs(request), deadline, priority, beganNanos);
    if (images.isPresent()) {
      boolean base64 = textual.contains(request.inputs().get(0).name());
      return images(call, images.get(), base64, permit);
    }
    check.requireInputs(request);
    if (!permit.admit(model.pace(), check.weight(request), 0, priority)) {
      throw queueFull();
    }
    return tensors(call);
  }

  /** A request that the model takes. */
  private record Call(
      InferenceRequest request,
      List<Wanted> wanted,
      Deadline deadline,
      int priority,
      long beganNanos) {}

  private static Deadline earlier(Deadline transport, InferenceRequest request) {
    if (request.timeoutMicros() == 0) {
      return transport;
    }
    long nanos = Math.min(Long.MAX_VALUE / 4000, request.timeoutMicros()) * 1000;
    Deadline own = Deadline.after(Duration.ofNanos(nanos));
    return own.leftNanos() < transport.leftNanos() ? own : transport;
  }

  private Work tensors(Call call) {
    List<TypedTensor> inputs = call.request().inputs();
    Set<String> names = call.wanted().stream().map(Wanted::name).collect(Collectors.toSet());
    boolean batched = model.tensors().isBatched();
    int rows = batched ? (int) (long) inputs.get(0).shape().get(0) : 1;
    long submittedNanos = System.nanoTime();
    CompletableFuture<Outcome> outcome =
        model.batcher().submit(inputs, names, call.deadline(), call.priority());
    if (model.images().isPresent()) {
      model.images().get().copy(inputs, outcome);
    }
    CompletableFuture<InferenceAnswer> answer =
        outcome.handle(
            (ran, cancelled) ->
                timed(
                    call,
                    () -> {
                      if (ran == null) {
                        throw Refusal.clientGone();
                      }
                      Outcome.Ran done = ran(ran, "these inputs");
                      statistics.ran(rows, done.batchSize(), done.inferNanos());
                      List<TypedTensor> outputs =
                          WantedOutputs.asWanted(
                              done.outputs(), call.wanted(), batched, model.labels());
                      long input = submittedNanos - call.beganNanos();
                      return succeeded(call, outputs, input, done.queueNanos(), done.inferNanos());
                    }));
    return new Work(answer, call.deadline(), () -> outcome.cancel(false));
  }

  private InferenceAnswer timed(Call call, Supplier<InferenceAnswer> answer) {
    try {
      return answer.get();
    } catch (RuntimeException e) {
      statistics.failed(System.nanoTime() - call.beganNanos());
      throw e;
    }
  }

  private InferenceAnswer succeeded(
      Call call, List<TypedTensor> outputs, long input, long queue, long infer) {
    long total = System.nanoTime() - call.beganNanos();
    Stages stages = new Stages(queue, input, infer, Math.max(0, total - input - queue - infer));
    statistics.succeeded(total, stages);
    return new InferenceAnswer(model.id(), call.request().id(), outputs, stages);
  }

  private Work images(Call call, List<byte[]> files, boolean base64, Admission.Permit permit) {
    List<Upload> uploads = new ArrayList<>(files.size());
    for (int i = 0; i < files.size(); i++) {
      uploads.add(
          new Upload.File(Integer.toString(i), base64 ? decoded(files.get(i), i) : files.get(i)));
    }
    RequestWork work =
        model.requireImages().classify(uploads, permit, call.deadline(), call.priority());
    CompletableFuture<InferenceAnswer> answer =
        work.results().thenApply(results -> timed(call, () -> answer(call, results)));
    return new Work(answer, call.deadline(), work::cancel);
  }

  private static byte[] decoded(byte[] text, int index) {
    try {
      return Base64Text.decode(new String(text, UTF_8));
    } catch (IllegalArgumentException e) {
      throw new InvalidRequest(
          "image %d is text in JSON, where images are base64: %s", index, Failure.reason(e));
    }
  }

  private InferenceAnswer answer(Call call, List<Serving.Result> results) {
    List<Outcome.Ran> rows = new ArrayList<>(results.size());
    for (int i = 0; i < results.size(); i++) {
      rows.add(row(results.get(i), i));
    }
    rows.forEach(row -> statistics.ran(1, row.batchSize(), row.inferNanos()));
    List<TypedTensor> outputs =
        WantedOutputs.asWanted(List.of(together(rows)), call.wanted(), true, model.labels());
    long queue = rows.stream().mapToLong(Outcome.Ran::queueNanos).max().orElse(0);
    long infer = rows.stream().mapToLong(Outcome.Ran::inferNanos).max().orElse(0);
    long input = Math.max(0, System.nanoTime() - call.beganNanos() - queue - infer);
    return succeeded(call, outputs, input, queue, infer);
  }

  /** One tensor of the images' rows. */
  private static TypedTensor together(List<Outcome.Ran> rows) {
    TypedTensor.Numbers first = (TypedTensor.Numbers) rows.get(0).outputs().get(0);
    ByteBuffer data = ByteBuffer.allocate(first.data().remaining() * rows.size());
    rows.forEach(row -> data.put(((TypedTensor.Numbers) row.outputs().get(0)).data()));
    List<Long> shape = new ArrayList<>(first.shape());
    shape.set(0, (long) rows.size());
    return new TypedTensor.Numbers(first.name(), first.type(), shape, data.flip());
  }

  private static Outcome.Ran row(Serving.Result result, int index) {
    if (result instanceof Serving.Result.Refused refused) {
      throw new InvalidRequest("image %d: %s", index, refused.error().message());
    }
    if (!(result instanceof Serving.Result.Ran ran)) {
      throw Refusal.deadlinePassed(); // with a neighbour that was late; else nobody reads this
    }
    return ran(ran.outcome(), "image " + index);
  }

  private static Outcome.Ran ran(Outcome outcome, String what) {
    if (outcome instanceof Outcome.Ran ran) {
      return ran;
    }
    if (outcome instanceof Outcome.Failed failed) {
      // The runtime's words name the machine's insides: they are for whoever runs the server.
      LOG.warn("inference failed: {}", failed.message());
      throw Refusal.badRequest(
          "inference_failed", "the network failed on %s; the server's log says why", what);
    }
    throw Refusal.deadlinePassed();
  }
}
