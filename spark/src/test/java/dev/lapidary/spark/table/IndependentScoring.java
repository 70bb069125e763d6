package dev.lapidary.spark.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.spark.Cluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Scoring without Spark, to compare with: a process of its own reads, decodes and runs its share of
 * a folder in batches, as soon as a line tells it to, and answers with how many images it had.
 */
final class IndependentScoring {
  private IndependentScoring() {}

  /** Arguments: model, folder, batch size, number of processes, which of them. */
  public static void main(String... arguments) throws Exception {
    List<Path> files = files(Path.of(arguments[1]));
    int batch = Integer.parseInt(arguments[2]);
    int processes = Integer.parseInt(arguments[3]);
    List<Path> own = new ArrayList<>();
    for (int i = Integer.parseInt(arguments[4]); i < files.size(); i += processes) {
      own.add(files.get(i));
    }
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    try (ServedModel model = ModelLoader.load(Path.of(arguments[0]), 1);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      out.println("ready");
      while (in.readLine() != null) {
        out.println(score(model, own, batch));
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static int score(ServedModel model, List<Path> files, int batch) throws Exception {
    int length = model.preprocessing().inputLength();
    FloatBuffer inputs =
        ByteBuffer.allocateDirect(Float.BYTES * length * batch)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    int waiting = 0;
    for (Path file : files) {
      try {
        inputs.put(model.inputOf(Files.readAllBytes(file), ImageLimits.DEFAULT));
        waiting++;
      } catch (UndecodableImage e) {
        continue;
      }
      if (waiting == batch) {
        run(model, inputs.flip(), waiting);
        inputs.clear();
        waiting = 0;
      }
    }
    if (waiting > 0) {
      run(model, inputs.flip(), waiting);
    }
    return files.size();
  }

  private static void run(ServedModel model, FloatBuffer inputs, int count) throws Exception {
    float[] logits = model.network().run(inputs, count);
    int classes = logits.length / count;
    for (int i = 0; i < count; i++) {
      float[] own = java.util.Arrays.copyOfRange(logits, i * classes, (i + 1) * classes);
      if (Double.isNaN(model.scoring().probabilities(own)[0])) {
        throw new IllegalStateException("not finite");
      }
    }
  }

  /** Some of them, that work at the same time. */
  static final class Processes implements AutoCloseable {
    private final List<Process> processes = new ArrayList<>();
    private final List<BufferedReader> outputs = new ArrayList<>();
    private long images;

    static Processes start(int count, Path model, Path folder, int batch) throws IOException {
      Processes started = new Processes();
      for (int i = 0; i < count; i++) {
        ProcessBuilder builder =
            new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-cp",
                Cluster.classPath(),
                IndependentScoring.class.getName(),
                model.toString(),
                folder.toString(),
                "" + batch,
                "" + count,
                "" + i);
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        started.processes.add(process);
        started.outputs.add(process.inputReader(UTF_8));
      }
      for (BufferedReader output : started.outputs) {
        if (!"ready".equals(output.readLine())) {
          throw new IllegalStateException("a process did not start");
        }
      }
      return started;
    }

    /** Returns the nanoseconds until the last one is done. */
    long round() throws IOException {
      long began = System.nanoTime();
      for (Process process : processes) {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      }
      for (BufferedReader output : outputs) {
        images += Integer.parseInt(output.readLine());
      }
      return System.nanoTime() - began;
    }

    long images() {
      return images;
    }

    @Override
    public void close() throws Exception {
      for (Process process : processes) {
        process.getOutputStream().close();
      }
      for (Process process : processes) {
        process.waitFor();
      }
    }
  }
}
