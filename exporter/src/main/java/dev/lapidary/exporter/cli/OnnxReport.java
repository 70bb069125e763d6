package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.exporter.quantize.Quantized;
import dev.lapidary.exporter.quantize.SourceQuantization;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code exporter onnx} wrote, and how it is told. */
record OnnxReport(
    Path out,
    long bytes,
    int nodes,
    ModelCard card,
    Optional<Quantized> quantized,
    Timings timings) {

  String json() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("file", String.valueOf(out.getFileName())).put("bytes", bytes).put("nodes", nodes);
    json.put("quantization", card.quantization().map(q -> q.method()).orElse("none"));
    quantized
        .flatMap(Quantized::layers)
        .ifPresent(l -> Measured.putLayers(json, l.all(), l.onIntegers()));
    card.quantization()
        .filter(q -> !SourceQuantization.isOf(card))
        .ifPresent(q -> Measured.putFallbacks(json, q));
    quantized.ifPresent(q -> Measured.of(q).put(json));
    json.put("scores", card.scores().label());
    card.parity().ifPresent(parity -> Proof.put(json, parity));
    card.parity().ifPresent(parity -> json.put("bound", parity.bound()));
    return json.put("goldenImages", card.golden().size()).toString();
  }

  /** What serving will ask for, of a classifier whose source has no card. */
  Optional<String> lacking() {
    if (card.preprocessing().isEmpty()) {
      return Optional.of(
          "[%s] it does not say how an image becomes its input: export it with %s--resize, --mean"
                  .formatted(out, card.labels().isEmpty() ? "--labels, " : "")
              + " and --std, or serve run will ask for them");
    }
    return card.labels().isEmpty()
        ? Optional.of(
            "[%s] its classes have no names, so answers will be numbers: export it with --labels"
                    .formatted(out)
                + " FILE, or serve it with that")
        : Optional.empty();
  }

  String text() {
    boolean made = card.quantization().isPresent() && !SourceQuantization.isOf(card);
    String what = made ? "the float32 graph it was made of differs" : "differs";
    String proof =
        card.parity()
            .map(p -> "; %s from %s %s".formatted(what, p.reference(), Proof.text(p)))
            .orElse("");
    String scores =
        card.scores() == Scores.LOGITS
            ? ""
            : "; gives scores, a %s's, to which nothing is applied again"
                .formatted(card.scores().label());
    return Phrase.of("%s: %d nodes, %.2f MB%s%s", out, nodes, bytes / 1e6, proof, scores);
  }
}
