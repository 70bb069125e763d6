package dev.lapidary.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.trainer.run.Evaluation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Measures a trained model on labelled images, in libtorch.")
public final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN|model.pt", description = "A finished run, or a model with a card.")
  private Path source;

  @Option(names = "--data", required = true, description = "Labelled images of the same classes.")
  private Path data;

  @Option(names = "--json", description = "One JSON document on stdout.")
  private boolean json;

  @Option(names = "--threads", defaultValue = "0", description = "0: as many as processors.")
  private int threads;

  @Option(names = "--device", defaultValue = "cpu", description = "cpu or cuda:N.")
  private String device = "cpu";

  @Override
  public Integer call() throws JsonProcessingException {
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Evaluation.Result result = Evaluation.of(source, data, device, count);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonMapper.builder().build().writeValueAsString(result));
      return 0;
    }
    out.printf(Locale.ROOT, "images    %d%n", result.images());
    out.printf(Locale.ROOT, "accuracy  %.4f%n", result.accuracy());
    out.printf(Locale.ROOT, "loss      %.4f%n", result.loss());
    out.printf(Locale.ROOT, "latency   %.2f ms (median, one image)%n", result.p50Millis());
    out.flush();
    return 0;
  }
}
