package dev.lapidary.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.report.MeasuresText;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer evaluate}. */
@Command(
    name = "evaluate",
    description = {
      "Measures a trained model on labelled images, in libtorch: accuracy with its 95 %% interval,"
          + " loss, calibration, precision and recall of each class, the confusion matrix and the"
          + " worst mistakes; where images have several labels, mean average precision, F1, and"
          + " each label."
    })
public final class EvaluateCommand extends ProgramCommand {
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(paramLabel = "RUN|model.pt", description = "A finished run, or a model with a card.")
  private Path source;

  @Option(
      names = "--data",
      required = true,
      description =
          "Labelled images of the same classes: all of them, or the part for tests where the data"
              + " have one (a folder test, split test of a list, t10k of IDX files).")
  private Path data;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "What becomes of unreadable images: ${COMPLETION-CANDIDATES}.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(names = "--json", description = "One JSON document on stdout.")
  private boolean json;

  @Option(names = "--threads", defaultValue = "0", description = "0: as many as processors.")
  private int threads;

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda:N",
      description = "Where libtorch runs; auto takes a GPU that is there.")
  private String device = "auto";

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          Evaluation.Request request =
              new Evaluation.Request(source, data, onBadImage, device, count);
          print(Evaluation.of(request, progress, stop));
          return ExitCode.DONE.status();
        });
  }

  private void print(Evaluation.Result result) throws JsonProcessingException {
    PrintWriter out = out();
    if (json) {
      JsonMapper mapper = JsonMapper.builder().addModule(new Jdk8Module()).build();
      out.println(mapper.writeValueAsString(result));
      return;
    }
    MeasuresText.lines(result.measures()).forEach(out::println);
    if (!result.worst().isEmpty()) {
      out.printf("%nworst mistakes%n");
    }
    for (Evaluation.Mistake mistake : result.worst()) {
      out.printf(
          Locale.ROOT,
          "  %s is %s, not %s (%.1f %% sure)%n",
          mistake.image(),
          mistake.label(),
          mistake.predicted(),
          100 * mistake.confidence());
    }
    out.printf(Locale.ROOT, "%nlatency      %.2f ms (median, one image)%n", result.p50Millis());
    out.flush();
  }
}
