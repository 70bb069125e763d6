package dev.lapidary.trainer.program;

import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.surgery.NewerCalls;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A network in libtorch together with the methods that training calls. The archive keeps its own
 * tensors; the program works on libtorch's copy, which {@link #tensors} reads and writes. To be
 * used on the thread of {@link Libtorch} only.
 */
public final class TrainingProgram extends LoadedProgram {
  private final List<String> notes;
  private final Optional<Segments> segments;

  private TrainingProgram(
      Model model,
      ModuleTree modules,
      List<StateDict.Entry> entries,
      List<String> notes,
      Optional<Segments> segments) {
    super(model, modules, entries);
    this.notes = notes;
    this.segments = segments;
  }

  /**
   * Loads a network, wrapped. A tensor that has several names (weight tying) is listed by its
   * first.
   *
   * @param device a name that {@link TorchDevice#of} takes
   * @throws Failure (exit 2) if libtorch cannot load it
   */
  public static TrainingProgram open(TorchScriptArchive network, String device) {
    return open(network, device, ProgramOptions.PLAIN);
  }

  /** The same, with a choice of how the mathematics is done. */
  public static TrainingProgram open(
      TorchScriptArchive network, String device, ProgramOptions options) {
    List<StateDict.Entry> entries = NetworkTensors.distinct(StateDict.of(network).entries());
    ModuleTree modules = ModuleTree.of(network.root());
    List<String> names = entries.stream().map(StateDict.Entry::name).toList();
    TracedModes modes = TracedModes.rewrite(network.code());
    SortedMap<String, String> divided = CutText.add(network.code(), options.cuts());
    options
        .segments()
        .ifPresent(
            parts -> parts.methods().forEach(m -> CutText.add(divided, m.className(), m.text())));
    BatchNormMomentum norms =
        BatchNormMomentum.atLeast(
            TracedModes.rewrite(divided).code(), options.minBatchNormMomentum());
    TorchScriptArchive wrapped = ProgramText.wrap(network, norms.code(), names, modules, options);
    NewerCalls.Loaded<Model> program = ProgramLoader.load(wrapped, device);
    List<String> notes = new ArrayList<>(modes.notes());
    notes.addAll(norms.notes(options.minBatchNormMomentum()));
    program.changes().forEach(change -> notes.add(note(change)));
    try {
      return new TrainingProgram(
          program.loaded(), modules, entries, List.copyOf(notes), options.segments());
    } catch (EngineException e) {
      program.loaded().close();
      throw ProgramLoader.refuse(network, e);
    }
  }

  private static String note(NewerCalls.Change change) {
    return "%s lacks %s, which the archive's text names: %s"
        .formatted(
            Libtorch.version(),
            change.lacked(),
            change.leftOut() ? "it is left out" : "it trains as long as no image comes to it");
  }

  /** What was changed in the network's text for training, and what that could not bring back. */
  public List<String> notes() {
    return notes;
  }

  /**
   * What a batch's images are: by linearity of cross-entropy in its target, a mixture costs the
   * mixture of the losses.
   *
   * @param labels [N] int64 class indices, or [N, labels] 0 and 1 of multi-label data
   * @param others likewise: those of what was mixed in; the labels if nothing was
   * @param weight of the labels, in [0, 1]; the others have the rest
   * @param teacher [N, classes] float32 logits to distil; no elements: none
   * @param factors [2, N] float32 on the images' losses: of the labels, and of the others; no
   *     elements: 1
   */
  public record Targets(
      NDArray labels, NDArray others, double weight, NDArray teacher, NDArray factors) {
    public Targets(NDArray labels, NDArray others, double weight, NDArray teacher) {
      this(labels, others, weight, teacher, labels.getManager().create(new Shape(0)));
    }

    public static Targets of(NDArray labels) {
      return new Targets(labels, labels, 1, labels.getManager().create(new Shape(0)));
    }
  }

  /**
   * Forward, loss and gradients.
   *
   * @param cut 0 where {@code input} holds images, else the number of the cut that it goes in at
   * @param input images [N, C, H, W] float32, or their {@link #features}
   * @param targets what the images are
   * @param seed of libtorch's generator: dropout is a function of it
   * @param scale multiplies the loss before the gradients are taken, not the returned loss
   */
  public Gradients gradients(
      NDManager step,
      int cut,
      NDArray input,
      Targets targets,
      LossOptions loss,
      List<ProgramTensor> parameters,
      long seed,
      double scale) {
    JniUtils.setSeed(seed);
    JniUtils.setGradMode(true);
    try {
      Arguments arguments =
          new Arguments(step)
              .array(input)
              .array(targets.labels())
              .array(targets.others())
              .array(step.create(loss.weightArray()))
              .array(targets.teacher())
              .array(targets.factors())
              .numbers(loss.numbers(scale, targets.weight(), cut));
      List<NDArray> arrays = ProgramTensor.arrays(parameters);
      if (segments.isPresent() && cut == 0) {
        return checkpointed(step, arguments, segments.get(), parameters, arrays, seed);
      }
      NDList out = run("gradients", arguments.list("ps", arrays));
      return Gradients.of(out.get(0).getFloat(), out.get(1), parameters, out.subNDList(2));
    } finally {
      JniUtils.setGradMode(false);
    }
  }

  private Gradients checkpointed(
      NDManager step,
      Arguments arguments,
      Segments parts,
      List<ProgramTensor> parameters,
      List<NDArray> arrays,
      long seed) {
    List<NDArray> buffers =
        ProgramTensor.arrays(tensors().stream().filter(ProgramTensor::buffer).toList());
    arguments.array(step.create(parts.seeds(seed))).list("ps", arrays);
    arguments.list("bs", buffers.isEmpty() ? List.of(step.create(0f)) : buffers);
    NDList out = run("checkpointed", arguments);
    float loss = out.get(0).getFloat();
    if (!out.get(2).getBoolean() && Float.isFinite(loss)) {
      throw Failure.unsupported(
          "gradient checkpointing computes parts of the network twice, and one of them gave another"
              + " result the second time; train without --gradient-checkpointing");
    }
    return Gradients.of(loss, out.get(1), parameters, out.subNDList(3));
  }

  /** The same from images. */
  public Gradients gradients(
      NDManager step,
      NDArray images,
      Targets targets,
      LossOptions loss,
      List<ProgramTensor> parameters,
      long seed,
      double scale) {
    return gradients(step, 0, images, targets, loss, parameters, seed, scale);
  }

  /**
   * What the part before a cut makes of images [N, C, H, W], without gradients.
   *
   * @param cut of {@link ProgramOptions}, counted from 1
   * @param seed of libtorch's generator; the result must not depend on it
   */
  public NDArray features(NDManager step, int cut, NDArray images, long seed) {
    JniUtils.setSeed(seed);
    return run("features", new Arguments(step).array(images).numbers(cut)).get(0);
  }

  /** The sum of two batches' gradients, in the first one's arrays; the second's loss and logits. */
  public Gradients add(NDManager step, Gradients sum, Gradients more) {
    if (!sum.parameters().equals(more.parameters())) {
      throw Failure.unsupported(
          "a parameter has a gradient in some batches only; train with accumulate 1");
    }
    run("add", new Arguments(step).numbers(0).list("ps", sum.arrays()).list("gs", more.arrays()));
    return new Gradients(more.loss(), more.logits(), sum.parameters(), sum.arrays());
  }

  /**
   * Limits gradients in place: first each number to [-value, value], then the length of all of them
   * together to {@code norm}; 0 is no limit.
   */
  public void clip(NDManager step, Gradients gradients, double norm, double value) {
    if (value > 0) {
      run("clip_value", new Arguments(step).numbers(value).list("gs", gradients.arrays()));
    }
    if (norm > 0) {
      run("clip_norm", new Arguments(step).numbers(norm).list("gs", gradients.arrays()));
    }
  }

  /**
   * Divides gradients by a loss scale, in place.
   *
   * @return whether all of them are finite
   */
  public boolean unscale(NDManager step, Gradients gradients, double scale) {
    Arguments arguments = new Arguments(step).numbers(1 / scale).list("gs", gradients.arrays());
    return run("unscale", arguments).get(0).getBoolean();
  }

  /** Logits [N, classes] of images [N, C, H, W], without gradients, in the current modes. */
  public NDArray logits(NDManager step, NDArray images) {
    return logits(step, 0, images);
  }

  /** The same from the features at a cut, or from images for cut 0. */
  public NDArray logits(NDManager step, int cut, NDArray input) {
    return run("logits", new Arguments(step).array(input).numbers(cut)).get(0);
  }

  /**
   * Sum over the images of the plain cross-entropy, of multi-label data of the labels' mean binary
   * one: no smoothing, no class weights.
   */
  public double lossSum(NDManager step, NDArray logits, NDArray targets) {
    return run("loss", new Arguments(step).array(logits).array(targets)).get(0).getFloat();
  }

  /** Overwrites a tensor in place. */
  public void write(NDArray target, ByteBuffer bytes) {
    try (NDManager step = newStep()) {
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining()).order(bytes.order());
      direct.put(bytes.duplicate()).flip();
      NDArray value = step.create(direct, target.getShape(), target.getDataType());
      run("assign", new Arguments(step).array(value).array(target));
    }
  }

  /** Whether libtorch could not get memory, on the CPU or a GPU. */
  public static boolean isOutOfMemory(EngineException fault) {
    String message = String.valueOf(fault.getMessage());
    return message.contains("can't allocate memory")
        || message.contains("CUDA out of memory")
        || message.contains("bad_alloc");
  }
}
