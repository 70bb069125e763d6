package dev.lapidary.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.ClassifierOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code bin/benchmark classifier MODEL.onnx IMAGE}: what the library costs beside ONNX Runtime
 * alone, and how long a new JVM takes to its first answer. Both in turn, round by round.
 */
final class ClassifierBench {
  private static final int ROUNDS = 15;
  private static final int STARTS = 5;
  private static final long ROUND_NANOS = 400_000_000L;
  private static final int BATCH = 32;

  private ClassifierBench() {}

  public static void main(String[] arguments) throws Exception {
    Usage.require(arguments.length == 2, "classifier MODEL.onnx IMAGE");
    Path model = Path.of(arguments[0]);
    byte[] image = Files.readAllBytes(Path.of(arguments[1]));
    firstAnswers(arguments);
    int threads = Runtime.getRuntime().availableProcessors();
    ClassifierOptions options = ClassifierOptions.DEFAULT.withMaxBatch(BATCH).withThreads(threads);
    try (Classifier classifier = Classifier.open(model, options);
        OrtSession.SessionOptions bare = new OrtSession.SessionOptions()) {
      bare.setIntraOpNumThreads(threads);
      bare.setInterOpNumThreads(1);
      try (OrtSession session =
          OrtEnvironment.getEnvironment().createSession(model.toString(), bare)) {
        for (int count : new int[] {1, BATCH}) {
          FloatBuffer inputs = inputs(classifier, image, count);
          List<byte[]> images = Collections.nCopies(count, image);
          compare(
              "batch " + count,
              count,
              () -> run(session, classifier, inputs, count),
              () -> classifier.outputs(inputs, count),
              () -> classifier.classifyAll(images));
        }
      }
    }
  }

  private interface Work {
    Object run() throws Exception;
  }

  private static void compare(String what, int count, Work bare, Work tensors, Work files)
      throws Exception {
    double[] ofTensors = new double[ROUNDS];
    double[] ofFiles = new double[ROUNDS];
    double[] rates = new double[ROUNDS];
    for (int warm = 0; warm < 3; warm++) {
      rate(bare, count);
      rate(tensors, count);
      rate(files, count);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double before = rate(bare, count);
      double through = rate(tensors, count);
      double whole = rate(files, count);
      double again = rate(tensors, count);
      double after = rate(bare, count);
      rates[round] = (before + after) / 2;
      ofTensors[round] = (through + again) / (before + after);
      ofFiles[round] = whole / rates[round];
    }
    System.out.printf(
        "%-9s ONNX Runtime alone %8.0f images/s  Classifier, ready tensors %.3f of it  Classifier,"
            + " files decoded on the same threads %.3f of it%n",
        what, Median.of(rates), Median.of(ofTensors), Median.of(ofFiles));
  }

  private static double rate(Work work, int count) throws Exception {
    long begin = System.nanoTime();
    long images = 0;
    long end;
    do {
      if (work.run() == null) {
        throw new IllegalStateException("no answer");
      }
      images += count;
      end = System.nanoTime();
    } while (end - begin < ROUND_NANOS);
    return images * 1e9 / (end - begin);
  }

  private static FloatBuffer inputs(Classifier classifier, byte[] image, int count) {
    float[] one = classifier.preprocess(image);
    FloatBuffer all =
        ByteBuffer.allocateDirect(Float.BYTES * one.length * count)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < count; i++) {
      all.put(one);
    }
    return all.flip();
  }

  private static float[] run(
      OrtSession session, Classifier classifier, FloatBuffer inputs, int count)
      throws OrtException {
    List<Integer> shape = classifier.inputShape();
    long[] dims = {count, shape.get(0), shape.get(1), shape.get(2)};
    String name = session.getInputNames().iterator().next();
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), inputs, dims);
        OrtSession.Result result = session.run(Map.of(name, tensor))) {
      FloatBuffer logits = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] copy = new float[logits.remaining()];
      logits.get(copy);
      return copy;
    }
  }

  private static void firstAnswers(String... arguments) throws IOException, InterruptedException {
    double[] seconds = new double[STARTS];
    double[] busy = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      ProcessBuilder builder =
          ChildJvm.of(
                  List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                  FirstAnswer.class.getName(),
                  List.of(arguments))
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      long begin = System.nanoTime();
      Process process = builder.start();
      try (BufferedReader said = process.inputReader()) {
        String line = said.readLine();
        seconds[i] = (System.nanoTime() - begin) / 1e9;
        String used = said.readLine();
        if (line == null || used == null || process.waitFor() != 0) {
          throw new IllegalStateException("the program did not answer");
        }
        busy[i] = Double.parseDouble(used);
      }
    }
    Arrays.sort(seconds);
    System.out.printf(
        "first answer of a new JVM: %.2f s in the middle of %d, %.2f to %.2f s; %.2f s of the"
            + " processors' time%n",
        seconds[STARTS / 2], STARTS, seconds[0], seconds[STARTS - 1], Median.of(busy));
  }

  /** A program that classifies one image, and says what it has used of the processors by then. */
  static final class FirstAnswer {
    private FirstAnswer() {}

    public static void main(String[] arguments) throws IOException {
      try (Classifier classifier = Classifier.open(Path.of(arguments[0]))) {
        System.out.println(classifier.classify(Path.of(arguments[1])).best());
        System.out.flush();
        Optional<Duration> busy = ProcessHandle.current().info().totalCpuDuration();
        System.out.println(busy.map(Duration::toMillis).orElse(0L) / 1e3);
      }
    }
  }
}
