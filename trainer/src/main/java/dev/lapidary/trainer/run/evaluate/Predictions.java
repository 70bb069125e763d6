package dev.lapidary.trainer.run.evaluate;

import ai.djl.ndarray.NDManager;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.data.Scan;
import dev.lapidary.trainer.data.UnlabelledImages;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.ChosenDevice;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.StopRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/** What a network says that images show, of which nobody says it. */
public final class Predictions {
  private Predictions() {}

  /**
   * What was asked for.
   *
   * @param source a run directory, a TorchScript archive or .pt2 with a card, or an ONNX file
   * @param images files and folders
   * @param top classes an image, the likeliest first; of a network of labels all that it has count
   */
  public record Request(
      Path source, List<Path> images, int top, OnBadImage onBadImage, String device, int threads) {}

  /**
   * @param image its path below the one folder that was asked for, or as it was given
   * @param classes the likeliest first; of a network of labels those with a score of at least 0.5
   */
  public record Answer(String image, List<RankedClass> classes) {}

  /**
   * @param progress gets lines about images that are left out, and the count of those done
   * @param stop asked after each batch
   * @return in the images' order
   * @throws Failure (exit 2) if the model does not say its preprocessing, the device is not here or
   *     an image cannot be read; (exit 4) if ONNX Runtime cannot use the device; (exit 3) if an
   *     ONNX file answers otherwise than its card says; (exit 1) if an answer is NaN or infinite
   */
  public static List<Answer> of(Request request, WorkProgress progress, BooleanSupplier stop) {
    if (request.source().toString().endsWith(".onnx")) {
      return byOnnxRuntime(request, byName(request.device()), progress, stop);
    }
    TorchDevice device = ChosenDevice.of(request.device(), request.threads(), progress);
    return byLibtorch(request, device, progress, stop);
  }

  /** ONNX Runtime says itself whether it has that GPU; libtorch's need not be the same. */
  private static TorchDevice byName(String name) {
    return name.equals("auto") ? TorchDevice.CPU : TorchDevice.named(name);
  }

  /** Decodes each: only for a model that is one. */
  private static Dataset readable(Request request, WorkProgress progress) {
    return Scan.readable(
        UnlabelledImages.of(request.images(), progress),
        request.images().get(0),
        request.onBadImage(),
        request.threads(),
        progress);
  }

  private static List<Answer> byLibtorch(
      Request request, TorchDevice device, WorkProgress progress, BooleanSupplier stop) {
    TrainedNetwork network = TrainedNetwork.read(request.source());
    Preprocessing rule = network.preprocessing();
    TorchScriptArchive archive = network.measurable();
    Scoring scoring = Scoring.ofLogits(network.card().activation());
    Dataset data = readable(request, progress);
    List<Answer> answers = new ArrayList<>();
    return Libtorch.call(
        request.threads(),
        () -> {
          try (TrainingProgram program = TrainingProgram.open(archive, device.toString());
              Loader loader = Loader.evaluation(data, rule, request.threads(), 0);
              Loader.Batches batches = loader.inOrder(BatchTensors.EVALUATED_AT_ONCE, 0)) {
            program.eval();
            while (batches.hasNext()) {
              Batch batch = batches.next();
              try (NDManager step = program.newStep()) {
                float[] logits =
                    program.logits(step, BatchTensors.images(step, batch, rule)).toFloatArray();
                add(answers, data, logits, scoring, network.card().labels(), request.top());
              }
              progress.count("predicting", answers.size(), data.size());
              StopRequest.requireNone(stop);
            }
            return answers;
          }
        });
  }

  private static List<Answer> byOnnxRuntime(
      Request request, TorchDevice device, WorkProgress progress, BooleanSupplier stop) {
    List<Answer> answers = new ArrayList<>();
    Device there = device.isGpu() ? Device.cuda(device.index()) : Device.cpu();
    try (ServedModel model = ModelLoader.load(request.source(), there, request.threads())) {
      model.note().ifPresent(note -> progress.say("warning: " + note));
      model
          .goldenFailure()
          .ifPresent(
              reason -> {
                throw Failure.gate("[%s] %s", request.source().getFileName(), reason);
              });
      Dataset data = readable(request, progress);
      int size = model.batches() ? BatchTensors.EVALUATED_AT_ONCE : 1;
      for (int from = 0; from < data.size(); from += size) {
        List<Sample> some = data.samples().subList(from, Math.min(from + size, data.size()));
        float[] outputs = run(model, data, some);
        add(answers, data, outputs, model.scoring(), model.labels(), request.top());
        progress.count("predicting", answers.size(), data.size());
        StopRequest.requireNone(stop);
      }
    }
    return answers;
  }

  private static float[] run(ServedModel model, Dataset data, List<Sample> some) {
    List<float[]> inputs = some.parallelStream().map(sample -> input(model, data, sample)).toList();
    int length = model.preprocessing().inputLength();
    FloatBuffer all =
        ByteBuffer.allocateDirect(Float.BYTES * length * inputs.size())
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    inputs.forEach(all::put);
    try {
      return model.network().run(all.flip(), inputs.size());
    } catch (Exception e) {
      throw Failure.failed("[%s] ONNX Runtime cannot run it: %s", model.name(), Failure.reason(e));
    }
  }

  private static float[] input(ServedModel model, Dataset data, Sample sample) {
    try {
      return model.inputOf(data.pictures().bytes(sample), ImageLimits.DEFAULT);
    } catch (UndecodableImage | IOException e) {
      throw Failure.failed(
          "[%s] the image could be read at the start and cannot now: %s", sample.name(), e);
    }
  }

  /** The answers to the images that come next. */
  private static void add(
      List<Answer> answers,
      Dataset data,
      float[] outputs,
      Scoring scoring,
      List<String> labels,
      int top) {
    int classes = labels.size();
    for (int at = 0; at < outputs.length; at += classes) {
      String image = data.samples().get(answers.size()).name();
      float[] own = Arrays.copyOfRange(outputs, at, at + classes);
      NotFinite.requireFinite(own, "the network's answer to " + image, Evaluation.DIVERGED);
      OptionalInt topK = scoring.several() ? OptionalInt.empty() : OptionalInt.of(top);
      answers.add(
          new Answer(image, RankedClass.of(own, scoring, labels, topK, OptionalDouble.empty())));
    }
  }
}
