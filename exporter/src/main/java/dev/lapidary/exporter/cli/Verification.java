package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.exporter.verify.Accuracy;
import dev.lapidary.exporter.verify.Comparison;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What {@code exporter verify} measured, and how it is told; the parity is of uniform inputs, the
 * comparison of the images.
 */
record Verification(
    Optional<ModelCard> card, Optional<ModelCard.Parity> parity, Optional<Accuracy> accuracy) {
  /** How people call what JSON names in full. */
  private static final Map<String, String> WORDS =
      Map.of(
          "meanAveragePrecision", "mAP",
          "microF1", "micro F1",
          "macroF1", "macro F1",
          "subsetAccuracy", "exact match");

  /** The certificate of a quantized file is of the float32 graph that it was made of. */
  Optional<String> uncompared() {
    return parity.isPresent() || accuracy.isPresent()
        ? Optional.empty()
        : card.flatMap(ModelCard::quantization).map(ModelCard.Quantization::method);
  }

  String json() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("golden", card.map(c -> c.golden().size()).orElse(0));
    parity.ifPresent(p -> Proof.put(json, p));
    accuracy.ifPresent(a -> put(json, a));
    double bound = parity.map(ModelCard.Parity::bound).orElse(Comparison.BOUND);
    return json.put("bound", bound).toString();
  }

  /** Of the images where there are some: they are what the model is for. */
  private static void put(ObjectNode json, Accuracy accuracy) {
    json.put("images", accuracy.images());
    accuracy.measures().forEach(json::put);
    Comparison comparison = accuracy.comparison();
    if (comparison.count() > 0) {
      boolean several = accuracy.scoring().several();
      json.put(several ? "labelAgreement" : "argmaxAgreement", accuracy.agreement())
          .put("maxAbsDifference", comparison.maxAbsDifference())
          .put("maxAbsLogit", comparison.maxAbsLogit());
    }
    json.put("p50Millis", accuracy.p50Millis());
  }

  /**
   * @param against whether there was a source to compare with
   * @param data whether there were images
   */
  String text(Path file, boolean against, boolean data) {
    List<String> lines = new ArrayList<>();
    int golden = card.map(c -> c.golden().size()).orElse(0);
    lines.add(file + ": " + (golden > 0 ? golden + " golden images give their logits" : "loads"));
    parity.ifPresent(
        p ->
            lines.add(
                Phrase.of(
                    "parity: %.3g of the greatest logit from %s (%.0e passes), argmax %.2f %%",
                    Proof.relative(p), p.reference(), p.bound(), 100 * p.argmaxAgreement())));
    if (against) {
      uncompared()
          .ifPresent(
              method ->
                  lines.add(
                      Phrase.of(
                          "not compared: a file of %s differs from its source by design; --data DIR"
                              + " compares them on images",
                          method)));
    }
    if (golden == 0 && !against && !data) {
      lines.add("nothing to compare with: its card has no golden images; add --against or --data");
    }
    accuracy.ifPresent(a -> lines.add(line(a)));
    return String.join(System.lineSeparator(), lines);
  }

  private static String line(Accuracy a) {
    String measured =
        Phrase.of("images: %d, %s, p50 %.2f ms", a.images(), words(a.measures()), a.p50Millis());
    Comparison c = a.comparison();
    return c.count() == 0
        ? measured
        : measured
            + Phrase.of(
                ", %s as the source's %.2f %%, greatest difference %.3g of the greatest logit",
                a.scoring().several() ? "labels" : "argmax",
                100 * a.agreement(),
                c.maxAbsDifference() / c.maxAbsLogit());
  }

  private static String words(Map<String, Double> measures) {
    return measures.entrySet().stream()
        .map(
            m ->
                Phrase.of(
                    "%s %.2f %%", WORDS.getOrDefault(m.getKey(), m.getKey()), 100 * m.getValue()))
        .collect(Collectors.joining(", "));
  }
}
