package dev.lapidary.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.quickstart.FolderImages.LabelledImage;
import dev.lapidary.quickstart.HttpClassifier.Answers;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The main job: fine-tune a backbone to classes that it has never seen, export it as fp32 and as
 * int8, serve the int8 file and ask it over HTTP; then prove that all four give the same answers.
 */
public record Quickstart(Programs programs, PrintWriter log) {
  /** int8 may lose two points of accuracy. */
  static final double MAX_INT8_LOSS = 0.02;

  /** fp32 logits may differ from libtorch's by this much of the greatest logit. */
  static final double MAX_FP32_DIFFERENCE = 1e-4;

  /**
   * Served batches may be larger than the file's check, which changes a float sum's last bits; a
   * probability moves by less than this.
   */
  static final double MAX_HTTP_DIFFERENCE = 1e-4;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param train folder of class folders
   * @param val folder of the same class folders
   * @param arch the zoo's name of the network
   * @param weights pretrained, safetensors
   * @param freezeEpochs epochs with all but the head frozen
   * @param epochs epochs after that, all unfrozen
   * @param learningRate of both
   * @param out folder for the results; must not exist
   */
  public record Job(
      Path train,
      Path val,
      String arch,
      Path weights,
      int freezeEpochs,
      int epochs,
      double learningRate,
      Path out) {}

  /** Runs the whole road; returns the table. */
  public String run(Job job) throws IOException, InterruptedException {
    if (Files.exists(job.out())) {
      throw Failure.badInput("%s exists; choose another --out", job.out());
    }
    Files.createDirectories(job.out());
    Path fp32 = job.out().resolve("model-fp32.onnx");
    Path int8 = job.out().resolve("model-int8.onnx");
    Path run = job.out().resolve("run");

    train(job, run);
    export(job, run, fp32, int8);
    Measurement libtorch = evaluate(job, run);
    Measurement onnx = verify(job, run, fp32);
    Measurement quantized = verify(job, run, int8);
    Answers served = ask(job, int8);

    FolderImages images = FolderImages.of(job.val());
    requireParity(onnx);
    requireSmallLoss(libtorch, quantized);
    requireSameAnswers(predictions(int8), served.predictions());
    return new Results(
            libtorch, onnx, quantized, accuracy(images, served.predictions()), served.p50Millis())
        .table(run.resolve("model.pt"), fp32, int8);
  }

  private void train(Job job, Path run) throws IOException, InterruptedException {
    programs.run(
        "trainer",
        "run",
        "--data=" + job.train(),
        "--val=" + job.val(),
        "--arch=" + job.arch(),
        "--weights=" + job.weights(),
        "--freeze-epochs=" + job.freezeEpochs(),
        "--epochs=" + job.epochs(),
        "--lr=" + job.learningRate(),
        "--out=" + run);
  }

  private void export(Job job, Path run, Path fp32, Path int8)
      throws IOException, InterruptedException {
    programs.run("exporter", "onnx", run.toString(), "--out=" + fp32);
    programs.run(
        "exporter",
        "onnx",
        run.toString(),
        "--quantize=int8",
        "--calibration=" + job.train(),
        "--out=" + int8);
  }

  private Measurement evaluate(Job job, Path run) throws IOException, InterruptedException {
    return Measurement.ofEvaluate(
        programs.run("trainer", "evaluate", run.toString(), "--data=" + job.val(), "--json"));
  }

  private Measurement verify(Job job, Path run, Path file)
      throws IOException, InterruptedException {
    return Measurement.ofVerify(
        programs.run(
            "exporter",
            "verify",
            file.toString(),
            "--against=" + run,
            "--data=" + job.val(),
            "--predictions=" + predictionsOf(file),
            "--json"));
  }

  private Answers ask(Job job, Path file) throws IOException, InterruptedException {
    try (Programs.Server server = programs.serve("run", "--model=" + file, "--port=0")) {
      log.println();
      log.println("POST " + server.base() + "/predict, one request for each validation image ...");
      log.flush();
      return new HttpClassifier(server.base()).classify(FolderImages.of(job.val()));
    }
  }

  static void requireParity(Measurement onnx) {
    if (onnx.argmaxAgreement() < 1 || onnx.relativeDifference() > MAX_FP32_DIFFERENCE) {
      throw Failure.gate(
          "ONNX fp32 differs from libtorch: argmax agreement %.4f (expected 1), greatest difference"
              + " %.2e of the greatest logit (expected at most %.0e)",
          onnx.argmaxAgreement(), onnx.relativeDifference(), MAX_FP32_DIFFERENCE);
    }
  }

  static void requireSmallLoss(Measurement libtorch, Measurement int8) {
    double loss = libtorch.accuracy() - int8.accuracy();
    if (loss > MAX_INT8_LOSS) {
      throw Failure.gate(
          "ONNX int8 loses %.1f points of accuracy (%.1f %% to %.1f %%), expected at most %.0f",
          100 * loss, 100 * libtorch.accuracy(), 100 * int8.accuracy(), 100 * MAX_INT8_LOSS);
    }
  }

  static void requireSameAnswers(List<BestClass> file, List<BestClass> http) {
    if (file.size() != http.size()) {
      throw Failure.gate("HTTP answered %d images, the file %d", http.size(), file.size());
    }
    for (int i = 0; i < file.size(); i++) {
      BestClass expected = file.get(i);
      BestClass found = http.get(i);
      if (!expected.image().equals(found.image())
          || expected.index() != found.index()
          || Math.abs(expected.probability() - found.probability()) > MAX_HTTP_DIFFERENCE) {
        throw Failure.gate("HTTP differs from the file: expected %s, found %s", expected, found);
      }
    }
  }

  private static double accuracy(FolderImages images, List<BestClass> predictions) {
    int right = 0;
    for (int i = 0; i < predictions.size(); i++) {
      LabelledImage image = images.images().get(i);
      right += image.label().equals(predictions.get(i).label()) ? 1 : 0;
    }
    return (double) right / predictions.size();
  }

  private static Path predictionsOf(Path file) {
    return Path.of(file.toString().replace(".onnx", ".predictions.jsonl"));
  }

  private static List<BestClass> predictions(Path file) throws IOException {
    List<BestClass> predictions = new ArrayList<>();
    for (String line : Files.readAllLines(predictionsOf(file))) {
      JsonNode node = JSON.readTree(line);
      predictions.add(BestClass.of(node.path("image").asText(), node));
    }
    return predictions;
  }
}
