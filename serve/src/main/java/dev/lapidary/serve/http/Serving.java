package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.ImageSize;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.batch.AnswerThreads;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.admission.Pace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that takes images: its batcher, and what its pace makes of the images in flight. Images
 * are decoded before they are batched, each for itself, so a bad one reaches no batch.
 */
final class Serving implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

  private final ServedModel model;
  private final List<ServedModel> beside;
  private final Admission admission;
  private final Workers workers;
  private final ExecutorService answers = AnswerThreads.start();
  private final Batcher batcher;
  private final Pace pace;
  private final ImageLimits imageLimits;
  private final Optional<Tuner> tuner;
  private final Optional<Shadow> shadow;

  /**
   * @param shadow that gets copies of its images, if it has one
   * @throws Failure (exit 2) if the largest batch does not fit into memory
   */
  Serving(
      ReadModel.OfImages read,
      Admission admission,
      ServerSettings settings,
      Workers workers,
      Optional<Shadow> shadow) {
    this.model = read.model();
    this.beside = read.beside();
    this.admission = admission;
    this.imageLimits = settings.limits().image();
    // A graph of one image at a time still has a queue, it only never runs two together.
    BatchPolicy policy = model.batches() ? settings.batch() : BatchPolicy.greedy(1);
    requireFits(policy.maxBatch(), model.preprocessing().inputLength());
    List<TensorNetwork> executors = new ArrayList<>(List.of(model.tensors()));
    beside.forEach(other -> executors.add(other.tensors()));
    this.batcher = new Batcher(executors, policy, answers);
    this.pace = new Pace(settings.decodeThreads(), batcher.statistics(), batcher::executors);
    this.workers = workers;
    this.shadow = shadow;
    this.tuner =
        settings.tuning().isOn()
                && beside.isEmpty()
                && policy.maxDelay().isZero()
                && model.runsItsFile()
            ? Optional.of(new Tuner(model, batcher, admission, settings.tuning()))
            : Optional.empty();
  }

  /**
   * Runs as it is known to be best, or begins to find that out.
   *
   * @return whether it is known
   */
  boolean tune() {
    return tuner.map(Tuner::begin).orElse(false);
  }

  /** The batch is one buffer, which Java counts in 31 bits, outside the heap but as large. */
  private static void requireFits(int maxBatch, int inputLength) {
    long limit = Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 2);
    long image = (long) Float.BYTES * inputLength;
    if (image * maxBatch > limit) {
      throw Failure.badInput(
          "--max-batch %d takes %d MB for the largest batch, expected at most %d MB on this JVM;"
              + " up to %d images fit",
          maxBatch, (image * maxBatch) >> 20, limit >> 20, Math.max(1, limit / image));
    }
  }

  /** What became of one image: a network's outcome, or why it never came to one. */
  sealed interface Result {
    /** What the network made of it, if it did. */
    default Optional<Outcome.Ran> ran() {
      return this instanceof Ran of && of.outcome() instanceof Outcome.Ran done
          ? Optional.of(done)
          : Optional.empty();
    }

    record Ran(Outcome outcome) implements Result {}

    record Refused(ImageError error) implements Result {}

    /** Nobody waits for it any more. */
    record Dropped() implements Result {}
  }

  /**
   * Admits all images of one request, and begins to classify them. The permit is told what is
   * decoded, and not closed.
   *
   * @param priority from 1, the highest, on
   * @throws Refusal 429 if there is no room, 504 if they cannot be done by the deadline
   */
  RequestWork classify(
      List<Upload> uploads, Admission.Permit permit, Deadline deadline, int priority) {
    long[] weights = new long[uploads.size()];
    long bytes = 0;
    long weight = 0;
    for (int i = 0; i < weights.length; i++) {
      if (uploads.get(i) instanceof Upload.File file) {
        weights[i] = weight(file.bytes());
        weight += weights[i];
        bytes += file.bytes().length;
      }
    }
    pace.read(bytes, weights.length, weight);
    requireMeetable(deadline, priority, weights.length, weight);
    // From here on the images are held, no longer the body that they came in.
    if (!permit.hold(bytes) || !permit.admit(pace, weights.length, weight, priority)) {
      throw queueFull();
    }
    RequestWork work = new RequestWork();
    for (int i = 0; i < weights.length; i++) {
      begin(uploads.get(i), new Slot(work, work.next(), permit, deadline, priority, weights[i]));
    }
    return work;
  }

  /** One image's place in its request. */
  private record Slot(
      RequestWork work,
      CompletableFuture<Result> result,
      Admission.Permit permit,
      Deadline deadline,
      int priority,
      long weight) {}

  /** What is over a limit is refused from its header, and costs nothing. */
  private long weight(byte[] file) {
    long pixels = ImageSize.pixels(file);
    return Pace.weight(pixels > imageLimits.maxPixels() ? 0 : pixels);
  }

  private void begin(Upload upload, Slot slot) {
    if (upload instanceof Upload.File file) {
      workers.decode(slot.priority(), () -> decodeAndSubmit(file, slot));
    } else {
      slot.result().complete(new Result.Refused(((Upload.Unreadable) upload).error()));
    }
  }

  private void decodeAndSubmit(Upload.File file, Slot slot) {
    try {
      if (slot.work().isCancelled()) {
        batcher.statistics().cancelled();
        slot.result().complete(new Result.Dropped());
      } else if (wouldBeLate(slot)) {
        batcher.statistics().late();
        slot.result().complete(new Result.Ran(new Outcome.Late()));
        slot.work().cancel(); // without this image the request has no answer
      } else {
        submit(decode(file, slot), slot);
      }
    } catch (UndecodableImage e) {
      ImageError error = new ImageError(e.code().text(), String.valueOf(e.getMessage()));
      slot.result().complete(new Result.Refused(error));
    } catch (RuntimeException | Error e) {
      LOG.error("an image could not be decoded", e);
      slot.result().completeExceptionally(e);
    } finally {
      slot.permit().decoded(slot.weight());
    }
  }

  private TypedTensor decode(Upload.File file, Slot slot) {
    Pace.Decode decode = pace.begin(slot.weight());
    try {
      TypedTensor input = model.tensorOf(file.bytes(), imageLimits);
      decode.end();
      return input;
    } catch (RuntimeException | Error e) {
      decode.fail();
      throw e;
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what follows the answer throws nothing
  private void submit(TypedTensor input, Slot slot) {
    CompletableFuture<Outcome> answer =
        batcher.submit(
            List.of(input), Set.of(model.signature().output()), slot.deadline(), slot.priority());
    slot.work().waits(answer);
    copy(List.of(input), answer);
    answer.whenComplete(
        (outcome, cancelled) -> {
          if (outcome == null) {
            slot.result().complete(new Result.Dropped());
            return;
          }
          slot.result().complete(new Result.Ran(outcome));
          if (outcome instanceof Outcome.Late) {
            slot.work().cancel();
          }
        });
  }

  /** Its shadow gets what it answers, if it has one: behind what is told of the answer later on. */
  @SuppressWarnings("FutureReturnValueIgnored") // an offer throws nothing
  void copy(List<TypedTensor> inputs, CompletableFuture<Outcome> answer) {
    if (shadow.isPresent()) {
      answer.thenAccept(
          outcome -> {
            if (outcome instanceof Outcome.Ran ran) {
              long backlog = pace.backlogNanos(admission.backlog(pace));
              shadow.get().offer(model, inputs, ran, backlog);
            }
          });
    }
  }

  /** With nothing else in flight always try: an estimate that refused all could not recover. */
  private boolean wouldBeLate(Slot slot) {
    int before = batcher.depth(slot.priority());
    long needed = before == 0 ? 0 : pace.decodeNanos(slot.weight()) + pace.runNanos(before + 1);
    return slot.deadline().leftNanos() <= needed;
  }

  /**
   * Refuses before the body is read what finds no room, or no time, whatever its images are.
   *
   * @param priority 1 where it may be any
   * @throws Refusal 429 or 504
   */
  void requireRoom(Deadline deadline, int priority) {
    if (admission.isFull(priority)) {
      admission.refuse(priority);
      throw queueFull();
    }
    requireMeetable(deadline, priority, 1, 0);
  }

  private void requireMeetable(Deadline deadline, int priority, int images, long weight) {
    Admission.Backlog backlog = admission.backlog(pace, priority);
    long left = deadline.leftNanos();
    long expected = pace.backlogNanos(backlog, images, weight);
    if (!backlog.isEmpty() && expected > left) { // else an estimate that refused all stood for ever
      admission.refuse(priority);
      throw Refusal.deadlineUnmeetable(
          TimeUnit.NANOSECONDS.toMillis(expected),
          Math.max(0, TimeUnit.NANOSECONDS.toMillis(left)));
    }
  }

  private Refusal queueFull() {
    return Refusal.queueFull(admission.held().images(), retryAfter());
  }

  /** When what is there now will be worked off. */
  Duration retryAfter() {
    return RetryAfter.of(pace.backlogNanos(admission.backlog(pace)));
  }

  ServedModel model() {
    return model;
  }

  Batcher batcher() {
    return batcher;
  }

  Pace pace() {
    return pace;
  }

  /** Answers what it has, then stops. */
  @Override
  public void close() {
    tuner.ifPresent(Tuner::stop);
    batcher.close();
    tuner.ifPresent(Tuner::close);
    answers.shutdown();
    model.close();
    beside.forEach(ServedModel::close);
  }
}
