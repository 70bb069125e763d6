package dev.lapidary.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.trainer.run.evaluate.Predictions;
import dev.lapidary.trainer.run.evaluate.Predictions.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer predict}. */
@Command(
    name = "predict",
    description = {
      "Says what images show, of which nobody says it: by a finished run, a .pt or .pt2 in"
          + " libtorch, by an .onnx file in ONNX Runtime.",
      "",
      "Example: trainer predict runs/photos new-photos --csv > answers.csv"
    })
public final class PredictCommand extends ProgramCommand {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A finished run, a model.pt or .pt2 with a card, or an .onnx file.")
  private Path source;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "DIR|FILE",
      description = "Images, and folders of images with all folders in them.")
  private List<Path> images = List.of();

  @Option(
      names = "--top",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "So many classes an image, the likeliest first. At least 1. A network of several labels"
              + " an image gives all that it sees.")
  private int top;

  @Option(names = "--csv", description = "A table: image, rank, label, index, probability.")
  private boolean csv;

  @Option(names = "--json", description = "A JSON document an image, each on a line.")
  private boolean json;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "What becomes of unreadable images.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(names = "--threads", defaultValue = "0", description = "0: as many as processors.")
  private int threads;

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda:N",
      description =
          "Where the network runs; auto takes a GPU that is there, of an .onnx file the CPU.")
  private String device = "auto";

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    OptionRange.atLeast("--top", top, 1);
    if (csv && json) {
      throw Failure.badInput("--csv and --json exclude each other; leave one out");
    }
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Predictions.Request request =
        new Predictions.Request(source, images, top, onBadImage, device, count);
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          print(Predictions.of(request, progress, stop));
          return ExitCode.DONE.status();
        });
  }

  private void print(List<Answer> answers) throws JsonProcessingException {
    PrintWriter out = out();
    if (csv) {
      out.println("image,rank,label,index,probability");
    }
    for (Answer answer : answers) {
      if (json) {
        out.println(JSON.writeValueAsString(answer));
      } else if (csv) {
        rows(answer, out);
      } else {
        out.println(answer.image() + "  " + words(answer));
      }
    }
    out.flush();
  }

  private static String words(Answer answer) {
    return answer.classes().isEmpty()
        ? "no label"
        : answer.classes().stream()
            .map(s -> Phrase.of("%s %.1f %%", s.label(), 100 * s.probability()))
            .collect(Collectors.joining(", "));
  }

  /** RFC 4180. An image without a label has a row of its own. */
  private static void rows(Answer answer, PrintWriter out) {
    String image = quoted(answer.image());
    if (answer.classes().isEmpty()) {
      out.println(image + ",,,,");
    }
    int rank = 1;
    for (RankedClass scored : answer.classes()) {
      out.printf(
          Locale.ROOT,
          "%s,%d,%s,%d,%.6f%n",
          image,
          rank++,
          quoted(scored.label()),
          scored.index(),
          scored.probability());
    }
  }

  private static String quoted(String text) {
    return text.matches("(?s).*[\",\\r\\n].*") ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
  }
}
