package dev.lapidary.exporter.verify;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is in a file, for people: a line a fact. */
final class InspectionText {
  /** Of a checksum, enough to tell two apart. */
  private static final int SHOWN_OF_HASH = 12;

  private static final int SHOWN_LABELS = 10;

  private final List<String> lines = new ArrayList<>();

  private InspectionText() {}

  static String of(Inspection file) {
    InspectionText text = new InspectionText();
    String kind =
        file.opset().isPresent() ? "opset " + file.opset().getAsInt() : "TorchScript, as traced";
    text.lines.add(Phrase.of("%s: %.2f MB, %s", file.file(), file.bytes() / 1e6, kind));
    if (file.card().isEmpty()) {
      text.add("card", "none");
      text.add("scores", "%s", ending(file.ending()));
    } else {
      text.card(CardJson.read(file.card(), file.file()), file.ending());
    }
    text.contents(file);
    return text.lines.stream()
        .map(Quote::printable)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private void card(ModelCard card, Ending ending) {
    add("model", "%s, version %s, %s", card.name(), card.version(), card.architecture());
    card.trunk()
        .ifPresent(
            t ->
                add("head of", "%s of %d, the file with %s", t.output(), t.features(), t.sha256()));
    add("labels", "%s", labels(card.labels()));
    if (!card.labels().isEmpty()) {
      add("activation", "%s", activation(card.activation()));
    }
    add("scores", "%s", scores(card.scores(), ending));
    card.preprocessing().ifPresent(rule -> add("images", "%s", images(rule)));
    card.metrics().forEach((name, value) -> add("metric", "%s %s", name, value));
    madeFrom(card.provenance());
    card.quantization().ifPresent(how -> quantization(how, card.scoring().words()));
    card.parity().ifPresent(this::parity);
    add("golden", "%d images", card.golden().size());
  }

  private static String activation(Activation activation) {
    return switch (activation) {
      case SOFTMAX -> "softmax: one class an image";
      case SIGMOID -> "sigmoid: any number of labels an image";
    };
  }

  /** What the card says, and the end of the network where that is something else. */
  private static String scores(Scores said, Ending ending) {
    if (said == ending.scores()) {
      return ending(ending);
    }
    return Phrase.of(
        "%s, as the card says, though the network ends in %s: --scores %s tells exporter and serve",
        said.label(), ending.words(), ending.scores().label());
  }

  private static String ending(Ending ending) {
    return switch (ending) {
      case LOGITS -> "logits";
      case LOG_SOFTMAX -> "logits: a softmax's logarithms";
      case SOFTMAX -> "softmax: the network's own, nothing is applied again";
      case SIGMOID -> "sigmoid: the network's own, nothing is applied again";
      case INDEX -> "none: the best class's number";
    };
  }

  private static String labels(List<String> labels) {
    String first = labels.stream().limit(SHOWN_LABELS).collect(Collectors.joining(", "));
    if (labels.isEmpty()) {
      return "none";
    }
    return labels.size() + ": " + first + (labels.size() > SHOWN_LABELS ? ", ..." : "");
  }

  private static String images(Preprocessing rule) {
    String fitted =
        switch (rule.resize()) {
          case SHORTER_SIDE ->
              Phrase.of("shorter side to %d (%s), centre", rule.resizeSize(), rule.interpolation());
          case EXACT -> Phrase.of("resized (%s) to", rule.interpolation());
          case FIT_PAD -> Phrase.of("fitted (%s) and padded to", rule.interpolation());
          case NONE -> "not resized, centre";
        };
    String under =
        rule.alpha().equals(Background.BLACK) ? "" : ", transparent over " + rule.alpha();
    return Phrase.of(
        "%s %dx%d, %s, mean %s, deviation %s%s",
        fitted.toLowerCase(Locale.ROOT),
        rule.cropHeight(),
        rule.cropWidth(),
        rule.colour(),
        joined(rule.mean()),
        joined(rule.std()),
        under);
  }

  private static String joined(List<Float> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  private void madeFrom(ModelCard.Provenance source) {
    List<String> parts = new ArrayList<>();
    if (!source.runId().isEmpty()) {
      parts.add("run " + shortened(source.runId()));
    }
    if (!source.datasetSha256().isEmpty()) {
      parts.add("data " + shortened(source.datasetSha256()));
    }
    if (!source.weightsSource().isEmpty()) {
      String hash = shortened(source.weightsSha256());
      parts.add(Phrase.of("weights %s %s", source.weightsSource(), hash).strip());
    }
    if (!parts.isEmpty()) {
      add("made from", "%s", String.join(", ", parts));
    }
  }

  private static String shortened(String hash) {
    return hash.substring(0, Math.min(SHOWN_OF_HASH, hash.length()));
  }

  private void quantization(ModelCard.Quantization how, String outputs) {
    String measured =
        how.calibrationImages() == 0
            ? ""
            : Phrase.of(
                ", ranges by %s on %d images %s",
                how.calibrator(), how.calibrationImages(), shortened(how.calibrationSha256()));
    boolean before = how.method().equals(ModelCard.Quantization.BEFORE_EXPORT);
    add(
        "quantized",
        "%s%s%s, %s within %.3g of %s",
        how.method(),
        how.target().equals(ModelCard.Quantization.CPU) ? "" : " for " + how.target(),
        measured,
        outputs,
        how.logitNoise(),
        before ? "the source's" : "float32's");
    if (how.dependsOnBatch()) {
      add("  batch", "one image at a time: answers depend on the images beside them");
    }
    how.fallbacks().forEach(f -> add("  float", "%s: %s", f.layer(), f.reason()));
  }

  private void parity(ModelCard.Parity proof) {
    add(
        "parity",
        "%s differs from %s by %.1e of the greatest logit (%.0e passes), argmax %.2f %%, on %s",
        proof.runtime(),
        proof.reference(),
        proof.maxAbsDifference() / proof.maxAbsLogit(),
        proof.bound(),
        100 * proof.argmaxAgreement(),
        proof.inputs());
  }

  private void contents(Inspection file) {
    file.inputs().forEach(input -> add("input", "%s", input));
    file.outputs().forEach(output -> add("output", "%s", output));
    file.dataFiles().forEach(data -> add("weights in", "%s", data));
    add("parameters", "%,d (%.2f MB)", file.parameters(), file.parameterBytes() / 1e6);
    file.multiplyAdds()
        .ifPresentOrElse(
            count ->
                add(
                    "work",
                    "%,d multiply-adds for one image (%.2f GFLOPs)",
                    count,
                    2 * count / 1e9),
            () -> add("work", "not known: ONNX Runtime cannot run it on one image of zeros"));
    int nodes = file.operators().values().stream().mapToInt(Integer::intValue).sum();
    add("operators", "%,d", nodes);
    file.operators().forEach((op, count) -> add("", "%5d %s", count, op));
  }

  @FormatMethod
  private void add(String name, @FormatString String format, Object... arguments) {
    lines.add(Phrase.of("%-12s %s", name, Phrase.of(format, arguments)));
  }
}
