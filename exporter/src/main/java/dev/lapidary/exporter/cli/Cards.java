package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The card of an exported file: the source's own, or what the options say, never both. */
final class Cards {
  private static final List<Long> USUAL_INPUT = List.of(3L, 224L, 224L);

  private Cards() {}

  static ModelCard.Input input(List<Long> shape) {
    return new ModelCard.Input(
        "input",
        "NCHW",
        shape.get(0).intValue(),
        shape.get(1).intValue(),
        shape.get(2).intValue(),
        "float32");
  }

  /**
   * @throws Failure (exit 2) if an option contradicts the card
   */
  static ModelCard of(Source source, SourceOptions options) {
    if (source.card().isPresent()) {
      ModelCard card = source.card().get();
      requireSame("--input", options.inputShape(), Optional.of(shape(card)));
      requireSame("--labels", options.labelNames(), Optional.of(card.labels()));
      requireSame("--activation", options.activation(), Optional.of(card.activation()));
      Optional<Background> alpha = card.preprocessing().map(Preprocessing::alpha);
      requireSame("--alpha", options.alpha(), alpha);
      if (options.saysPreprocessing() && options.arch == null) {
        ModelCard said = described(source, options, shape(card));
        requireSame(
            "--mean, --std, --resize, --interpolation, --crop",
            said.preprocessing().map(rule -> alpha.map(rule::over).orElse(rule)),
            card.preprocessing());
      }
      return card;
    }
    return described(source, options, shape(source, options));
  }

  /**
   * What was asked for; of a program of torch.export what it was exported for, sizes that move
   * aside.
   */
  private static List<Long> shape(Source source, SourceOptions options) {
    List<Long> usual = options.inputShape().orElse(USUAL_INPUT);
    List<Long> exported =
        source.origin().map(origin -> origin.program().imageShape()).orElse(usual);
    if (exported.size() != usual.size()) {
      throw Failure.unsupported(
          "[%s] takes %d dimensions beside the batch, expected images: channels, height, width",
          source.archive().name(), exported.size());
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < usual.size(); i++) {
      shape.add(exported.get(i) == 0 ? usual.get(i) : exported.get(i));
    }
    if (options.inputShape().isPresent() && !shape.equals(usual)) {
      throw Failure.badInput(
          "--input is %s, but the program was exported for %s (C, H, W; 0 is any); leave it out, or"
              + " export the network with dynamic sizes",
          String.valueOf(options.input), exported);
    }
    return shape;
  }

  private static void requireAName(Graph network, SourceOptions options) {
    Argument.Value logits = network.outputs().get(0);
    boolean ofClasses = options.layer == null && logits.rank() == 2 && logits.dtype().isFloating();
    boolean ofTheBest =
        network.nodes().stream()
            .anyMatch(n -> n.operator().equals("aten::topk") && n.outputs().contains(logits));
    if (options.labels != null && ofClasses && !ofTheBest) {
      int names = options.labelNames().orElseThrow().size();
      if (!logits.shape().get(1).equals(SymInt.of(names))) {
        throw Failure.badInput(
            "--labels has %d names, the network gives %s numbers for an image; give a name for"
                + " each",
            names, logits.shape().get(1));
      }
    }
  }

  /**
   * The card with what the network's end says of its numbers.
   *
   * @throws Failure (exit 2) for a network that gives no scores, or not the ones that are asked
   *     for, or if the names that were given are not as many as its classes
   */
  static ModelCard scored(ModelCard card, Graph network, Source source, SourceOptions options) {
    String where = String.valueOf(source.file().getFileName());
    ModelCard scored = new ScoringChoice(where, options).of(card, network);
    requireAName(network, options);
    return scored;
  }

  /** How a network with that card is traced. */
  static TraceOptions image(ModelCard card, OutputChoice output) {
    return new TraceOptions(shape(card), output, TraceLimits.DEFAULT);
  }

  static List<Long> shape(ModelCard card) {
    ModelCard.Input input = card.input();
    return List.of((long) input.channels(), (long) input.height(), (long) input.width());
  }

  private static <T> void requireSame(String option, Optional<T> said, Optional<T> found) {
    if (said.isPresent() && !said.equals(found)) {
      throw Failure.badInput(
          "%s contradicts the file's own card, which says %s; leave the option out",
          option, found.map(Cards::words).orElse("nothing of it"));
    }
  }

  private static String words(Object found) {
    return found instanceof Preprocessing rule ? rule.text() : found.toString();
  }

  private static ModelCard described(Source source, SourceOptions options, List<Long> shape) {
    String name = source.archive().name();
    return new ModelCard(
        name,
        "1",
        source.archive().root().className().replaceFirst(".*\\.", ""),
        options.labelNames().orElse(List.of()),
        options.activation().orElse(Activation.SOFTMAX),
        Scores.LOGITS,
        input(shape),
        preprocessing(options, shape),
        Optional.empty(),
        new TreeMap<>(),
        source.origin().map(Source.Origin::provenance).orElse(ModelCard.Provenance.UNKNOWN),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  private static Optional<Preprocessing> preprocessing(SourceOptions options, List<Long> shape) {
    if (!options.saysPreprocessing() && options.alpha().isEmpty()) {
      return Optional.empty();
    }
    int channels = shape.get(0).intValue();
    int height = shape.get(1).intValue();
    int width = shape.get(2).intValue();
    if (options.mean.size() != channels || options.std.size() != channels) {
      throw Failure.badInput(
          "--mean has %d and --std %d numbers; expected %d of each, one a channel",
          options.mean.size(), options.std.size(), channels);
    }
    if (channels != 1 && channels != 3) {
      throw Failure.badInput("images have 1 or 3 channels, the input has %d", channels);
    }
    if (options.crop != null && (options.crop != height || options.crop != width)) {
      throw Failure.badInput(
          "--crop %d does not give the input of %dx%d", options.crop, height, width);
    }
    Integer resize = options.resize;
    try {
      return Optional.of(
          new Preprocessing(
              resize == null ? Resize.EXACT : Resize.SHORTER_SIDE,
              resize == null ? 0 : resize,
              options.interpolation == null ? Interpolation.BILINEAR : options.interpolation,
              height,
              width,
              options.mean,
              options.std,
              channels == 3 ? Colour.RGB : Colour.GRAY,
              options.alpha().orElse(Background.BLACK)));
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("--resize, --mean, --std: %s", Failure.reason(e));
    }
  }
}
