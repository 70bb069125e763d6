package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.run.evaluate.Features;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer features}: embeddings of a folder of images. */
@Command(
    name = "features",
    description = {
      "Writes what a layer gives for each image, with paths and labels, as a NumPy archive or as",
      "Parquet.",
      "",
      "Example: trainer init --arch resnet50 --weights resnet50.pth --out resnet50.pt",
      "         trainer features resnet50.pt --data photos --out photos.parquet"
    })
final class FeaturesCommand extends ProgramCommand {
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(paramLabel = "RUN|model.pt", description = "A finished run, or a model with a card.")
  private Path source;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR|LIST",
      description =
          "Labelled images, as for trainer run, or a folder of images without sub-folders: those"
              + " have no labels.")
  private Path data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = {
        "FILE.npz gets the arrays embeddings, labels, paths and classes; FILE.parquet a row an",
        "image with path, label, class and embedding; of several labels an image, labels are",
        "[N, classes] 0 and 1 in the former and joined by | in the latter."
      })
  private Path out;

  @Option(
      names = "--layer",
      defaultValue = Features.FEATURES,
      description = "A module such as layer4; features is what goes into the last layer.")
  private String layer = Features.FEATURES;

  @Option(names = "--pool", description = "The mean over height and width: [C, H, W] becomes [C].")
  private boolean pool;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "What becomes of unreadable images: ${COMPLETION-CANDIDATES}.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(names = "--threads", defaultValue = "0", description = "0: as many as processors.")
  private int threads;

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda:N",
      description = "Where libtorch runs; auto takes a GPU that is there.")
  private String device = "auto";

  @Option(names = "--force", description = "Replace an existing file.")
  private boolean force;

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    AtomicFile.requireAbsent(out, force);
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          Features.Written written =
              Features.write(
                  new Features.Request(source, data, onBadImage, layer, pool, device, count),
                  out,
                  progress,
                  stop);
          progress.say("%s: %d embeddings of %s".formatted(out, written.images(), written.shape()));
          return ExitCode.DONE.status();
        });
  }
}
