package dev.lapidary.trainer.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.augment.ContactSheet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer preview}: what the network sees. */
@Command(
    name = "preview",
    description = {
      "Shows what the network sees: a contact sheet DIR/preview.png, a row an image, first as in"
          + " evaluation and then augmented as in training.",
      "With --eval one DIR/<name>.png an image, exactly as evaluation and serving see it."
    })
final class PreviewCommand extends ProgramCommand {
  @Parameters(paramLabel = "IMAGE|DIR", arity = "1..*", description = "Images, or folders of them.")
  private List<Path> inputs;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to write.")
  private Path out;

  @Option(names = "--eval", description = "Without augmentation, one PNG an image.")
  private boolean eval;

  @ArgGroup(exclusive = true)
  private @Nullable Source source;

  @Option(
      names = "--resize",
      paramLabel = "PIXELS",
      description = "Shorter side before the crop. Default: 256, or what --arch or --model says.")
  private @Nullable Integer resize;

  @Option(
      names = "--interpolation",
      paramLabel = "FILTER",
      description = "Of the resize: nearest, bilinear, bicubic, lanczos. Default: likewise.")
  private Preprocessing.@Nullable Interpolation interpolation;

  @Option(
      names = "--alpha",
      paramLabel = "COLOUR",
      description = "Under transparent images: black, white, '#7f7f7f'. Default: likewise.")
  private @Nullable String alpha;

  @Option(
      names = "--crop",
      paramLabel = "PIXELS",
      description = "Side of the input. Default: 224, or what --arch or --model says.")
  private @Nullable Integer crop;

  @Option(
      names = "--augment",
      paramLabel = "STEPS",
      description = "Training's steps.",
      defaultValue = Augmentation.DEFAULT)
  private String augment;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Augmented samples an image.",
      defaultValue = "7")
  private int samples;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Images on the sheet, taken evenly from all.",
      defaultValue = "12")
  private int rows;

  @Option(names = "--seed", paramLabel = "N", description = "Of the samples.", defaultValue = "0")
  private long seed;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description =
          "Whether unreadable images, which are named while the others are shown, are an error:"
              + " ${COMPLETION-CANDIDATES}.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(names = "--force", description = "Replace files that exist.")
  private boolean force;

  /** Whose preprocessing it is. */
  static final class Source {
    @Option(names = "--arch", paramLabel = "NAME", description = "An architecture's own.")
    private Optional<String> arch = Optional.empty();

    @Option(
        names = "--model",
        paramLabel = "RUN|FILE.pt",
        description = "That of a run's or a model's card.")
    private Optional<Path> model = Optional.empty();
  }

  @Override
  public Integer call() throws IOException {
    Preprocessing rule = rule();
    List<Path> images = images();
    return eval ? writeViews(images, rule) : writeSheet(images, rule);
  }

  private Preprocessing rule() {
    Preprocessing own = source == null ? Preprocessing.imageNet(256, 224) : ofSource(source);
    int side = crop == null ? own.cropHeight() : positive("--crop", crop);
    return new Preprocessing(
        resize == null ? own.resize() : Preprocessing.Resize.SHORTER_SIDE,
        resize == null ? own.resizeSize() : positive("--resize", resize),
        interpolation == null ? own.interpolation() : interpolation,
        side,
        crop == null ? own.cropWidth() : side,
        own.mean(),
        own.std(),
        own.colour(),
        alpha == null ? own.alpha() : Background.said("--alpha", alpha));
  }

  private static Preprocessing ofSource(Source source) {
    if (source.arch.isPresent()) {
      return Zoo.find(source.arch.get()).preprocessing();
    }
    Path file = NetworkFile.at(source.model.orElseThrow());
    TorchScriptArchive archive = NetworkFile.read(file);
    byte[] card = archive.extra().get("card.json");
    if (card == null) {
      throw Failure.badInput(
          "[%s] it has no model card; give --resize and --crop instead of --model", file);
    }
    return CardJson.read(card, file.toString())
        .preprocessing()
        .orElseThrow(
            () ->
                Failure.badInput(
                    "[%s] its card says nothing of preprocessing; give --resize and --crop", file));
  }

  private static int positive(String option, int value) {
    if (value < 1 || value > ImageLimits.DEFAULT.maxSide()) {
      throw Failure.badInput(
          "%s must lie in 1..%d but is %d", option, ImageLimits.DEFAULT.maxSide(), value);
    }
    return value;
  }

  private List<Path> images() {
    List<Path> images = new ArrayList<>();
    for (Path input : inputs) {
      if (!Files.exists(input)) {
        throw Failure.badInput("[%s] the image or folder does not exist", input);
      }
      if (Files.isDirectory(input)) {
        ImageFiles inside = ImageFiles.of(input);
        inside.passedOver().lines(input).forEach(this::say);
        if (inside.paths().isEmpty()) {
          throw Failure.badInput("[%s] the folder has no images", input);
        }
        inside.paths().forEach(name -> images.add(input.resolve(name)));
      } else {
        images.add(input);
      }
    }
    return images;
  }

  private int writeViews(List<Path> images, Preprocessing rule) throws IOException {
    Preprocessor preprocessor = Preprocessor.of(rule);
    Map<Path, Path> targets = targets(images);
    for (Path target : targets.values()) {
      AtomicFile.requireAbsent(target, force);
    }
    List<BadImage> bad = new ArrayList<>();
    for (Path image : images) {
      Optional<RgbImage> decoded = decode(image, rule, bad);
      if (decoded.isPresent()) {
        write(preprocessor.view(decoded.get()), targets.getOrDefault(image, out));
      }
    }
    return judged(bad);
  }

  private int writeSheet(List<Path> images, Preprocessing rule) throws IOException {
    Path target = out.resolve("preview.png");
    AtomicFile.requireAbsent(target, force);
    ContactSheet sheet =
        new ContactSheet(Preprocessor.of(rule), Augmentation.parse(augment, rule, seed), samples);
    List<BadImage> bad = new ArrayList<>();
    int count = Math.min(positive("--rows", rows), images.size());
    for (int row = 0; row < count; row++) {
      Path image = images.get((int) ((long) row * images.size() / count));
      decode(image, rule, bad).ifPresent(sheet::add);
    }
    if (sheet.isEmpty()) {
      judged(bad);
      throw Failure.badInput("none of the %d images can be read", count);
    }
    if (count < images.size()) {
      err().printf("%d of %d images shown%n", count, images.size());
    }
    write(sheet.draw(), target);
    return judged(bad);
  }

  private int judged(List<BadImage> bad) {
    String folders = inputs.stream().map(Path::toString).collect(Collectors.joining(", "));
    BadImage.judge(folders, bad, onBadImage).forEach(this::say);
    return ExitCode.DONE.status();
  }

  private static Optional<RgbImage> decode(Path image, Preprocessing rule, List<BadImage> bad) {
    try {
      byte[] bytes = ImageFile.bytes(image, ImageLimits.DEFAULT);
      return Optional.of(ImageDecoder.decode(bytes, ImageLimits.DEFAULT, rule.alpha()));
    } catch (UndecodableImage e) {
      bad.add(BadImage.of(image.toString(), e));
      return Optional.empty();
    }
  }

  private void write(RgbImage image, Path target) throws IOException {
    AtomicFile.write(target, file -> Files.write(file, PngWriter.encode(image)));
    out().println(target);
  }

  /** {@code a.jpg} becomes {@code a.png}; equal names keep their extension, then get a number. */
  private Map<Path, Path> targets(List<Path> images) {
    Map<String, Long> stems =
        images.stream().collect(Collectors.groupingBy(PreviewCommand::stem, Collectors.counting()));
    Map<String, Integer> used = new HashMap<>();
    Map<Path, Path> targets = new LinkedHashMap<>();
    for (Path image : images) {
      boolean alone = stems.getOrDefault(stem(image), 0L) == 1;
      String name = alone ? stem(image) : image.getFileName().toString();
      int again = used.merge(name, 1, Integer::sum);
      targets.put(image, out.resolve(again == 1 ? name + ".png" : name + "-" + again + ".png"));
    }
    return targets;
  }

  private static String stem(Path image) {
    String name = image.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
