package dev.lapidary.benchmarks.gpu;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.ClassifierOptions;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import dev.lapidary.trainer.program.TorchDevice;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Exported files in ONNX Runtime on the device, beside the CPU. */
final class OnnxProofs {
  private static final int IMAGES = 8;
  private static final int SIDE = 224;

  private OnnxProofs() {}

  /** Of float32 on the CPU; as one batch, and the first image alone. */
  static ProofOutcome sameLogits(
      TorchDevice device, Path models, ProofProvider provider, double bound) throws OrtException {
    OnnxRuntime.environment();
    if (!provider.isThere(device)) {
      return ProofOutcome.notRun(
          device.isGpu()
              ? "this build of ONNX Runtime has no " + provider
              : "the CPU stands in for no TensorRT");
    }
    float[] images = Uniform.tensor("gpu-proof", IMAGES, 3, SIDE, SIDE).toFloats();
    float[] first = Arrays.copyOf(images, images.length / IMAGES);
    float[] here;
    try (OnnxSession cpu = open(models.resolve("float32.onnx"), provider, TorchDevice.CPU)) {
      here = logits(cpu, images, IMAGES);
    }
    try (OnnxSession there = open(models.resolve(provider.file()), provider, device)) {
      float[] batch = logits(there, images, IMAGES);
      float[] alone = logits(there, first, 1);
      double greatest = difference(here, new float[here.length]);
      double difference = Math.max(difference(batch, here), difference(alone, here)) / greatest;
      int same = 0;
      int classes = alone.length;
      for (int i = 0; i < IMAGES; i++) {
        same +=
            Argmax.of(batch, i * classes, classes) == Argmax.of(here, i * classes, classes) ? 1 : 0;
      }
      return ProofOutcome.within(
          difference,
          bound,
          "greatest difference of a logit to the CPU's float32, of the greatest; %d of %d the same"
                  .formatted(same, IMAGES)
              + " class");
    }
  }

  /** The card's own images, then all others: the same class as on the CPU. */
  static ProofOutcome golden(TorchDevice device, Path models) throws IOException {
    Path file = models.resolve("float32.onnx");
    Device there = device.isGpu() ? Device.cuda(device.index()) : Device.cpu();
    List<Path> images = images(models);
    int same = 0;
    try (Classifier cpu = Classifier.open(file);
        Classifier gpu = Classifier.open(file, ClassifierOptions.DEFAULT.withDevice(there))) {
      for (Path image : images) {
        String label = cpu.classify(image).best().label();
        same += gpu.classify(image).best().label().equals(label) ? 1 : 0;
      }
    }
    String words =
        Phrase.of(
            "the card's images are answered as when it was exported; %d of %d others as on the CPU",
            same, images.size());
    return same == images.size() ? ProofOutcome.ok(words) : ProofOutcome.failed(words);
  }

  static List<Path> images(Path models) throws IOException {
    try (Stream<Path> files = Files.walk(models.resolve("images"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static OnnxSession open(Path file, ProofProvider provider, TorchDevice device)
      throws OrtException {
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      provider.addTo(options, device);
      return OnnxSession.open(file, options);
    }
  }

  private static float[] logits(OnnxSession session, float[] images, int count)
      throws OrtException {
    String input = session.inputs().keySet().iterator().next();
    long[] shape = {count, 3, SIDE, SIDE};
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(OnnxRuntime.environment(), FloatBuffer.wrap(images), shape);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] logits = new float[values.remaining()];
      values.get(logits);
      return logits;
    }
  }

  /** NaN if one is. */
  private static double difference(float[] some, float[] all) {
    double maximum = 0;
    for (int i = 0; i < some.length; i++) {
      maximum = Math.max(maximum, Math.abs((double) some[i] - all[i]));
    }
    return maximum;
  }
}
