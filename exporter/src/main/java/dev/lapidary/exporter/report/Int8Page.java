package dev.lapidary.exporter.report;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import dev.lapidary.exporter.quantize.Int8Details;
import dev.lapidary.exporter.quantize.LayerHarm;
import dev.lapidary.exporter.quantize.Loss;
import dev.lapidary.exporter.quantize.Quantized;
import dev.lapidary.exporter.quantize.Variant;
import dev.lapidary.exporter.quantize.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What int8 does to a network, as one page that opens offline: beside float32 and the other ways to
 * write it, the curve of speed against harm, each layer, and what stayed on floats.
 */
public final class Int8Page {
  private Int8Page() {}

  /**
   * @param file the model's name
   * @param quantized with {@link Quantized#details}
   * @param maxDrop as it was given, in points
   */
  public static String of(String file, Quantized quantized, double maxDrop) {
    Int8Details details = quantized.details().orElseThrow();
    ModelCard.Quantization card = quantized.card();
    Html header =
        Html.of(
            """
            <h1>{}</h1>
            <p class='soft'>int8 for {} · ranges by {} on {} images</p>
            <nav aria-label='Sections'><a href='#variants'>Side by side</a>\
            <a href='#curve'>Speed against harm</a><a href='#layers'>Layers</a>\
            <a href='#floats'>On floats</a><a href='#runtime'>ONNX Runtime</a></nav>
            """,
            file,
            card.target(),
            card.calibrator(),
            card.calibrationImages());
    Html main =
        Html.of(
            "<ul class='tiles'>\n{}</ul>\n{}{}{}{}{}",
            tiles(quantized, details),
            variants(details.variants()),
            HarmCurve.of(details.curve(), maxDrop),
            layers(details.layers()),
            floats(quantized),
            operators(details));
    return Html.page(file + " · int8 report", header, main);
  }

  private static Html tiles(Quantized quantized, Int8Details details) {
    List<Html> tiles = new ArrayList<>();
    Verdict verdict = quantized.verdict().orElseThrow();
    verdict
        .loss()
        .ifPresent(
            loss ->
                tiles.add(
                    tile(
                        Html.percent(loss.quantized()),
                        Html.of(
                            "{} of {} held-out images, float32's {}",
                            measure(loss),
                            Html.count(loss.images()),
                            Html.percent(loss.float32())))));
    tiles.add(
        tile(
            Html.percent(verdict.agreement()),
            Html.of(
                "answers as float32's, {} of the clear ones",
                Html.percent(verdict.clearAgreement()))));
    tiles.add(
        tile(
            Phrase.of("%.2f ×", quantized.latency().speedup()),
            "the speed of float32 here, one image on one thread"));
    quantized
        .layers()
        .ifPresent(
            layers ->
                tiles.add(
                    tile(
                        "%d of %d".formatted(layers.onIntegers(), layers.all()),
                        "layers with weights on integers")));
    tiles.add(tile(Html.count(details.layers().size()), "layers could be integers"));
    return Html.join(tiles);
  }

  private static Html tile(Object value, Object words) {
    return Html.of("<li><b>{}</b><span>{}</span></li>\n", value, words);
  }

  static String measure(Loss loss) {
    return loss.measure().equals("accuracy") ? "accuracy" : "mAP";
  }

  private static Html variants(List<Variant> variants) {
    HtmlTable table = new HtmlTable().rowHead("");
    Optional<Loss> loss =
        variants.stream()
            .flatMap(v -> v.verdict().stream())
            .flatMap(v -> v.loss().stream())
            .findFirst();
    loss.ifPresent(l -> table.numbers(measure(l), "points lost, 95 % interval"));
    table.numbers("as float32", "of the clear", "margins moved", "signal to noise", "weights");
    Variant first = variants.get(0);
    first.times().forEach(time -> table.numbers(title(time)));
    for (Variant variant : variants) {
      table.row(row(variant, first).toArray());
    }
    return Html.of(
        "<h2 id='variants'>Side by side</h2>\n"
            + "<p class='soft'>On {} held-out images, which nothing was calibrated on. Times are of"
            + " one image, the lower decile of up to 30 in turn, on this machine; in brackets how"
            + " many times as fast as float32.</p>\n"
            + "{}\n",
        first.verdict().map(Verdict::images).orElse(0),
        table.scrolling());
  }

  private static List<Object> row(Variant variant, Variant float32) {
    Html name = Html.of("<span style='white-space:nowrap'>{}</span>", variant.name());
    List<Object> cells = new ArrayList<>(List.of(name));
    boolean same = variant.name().equals(float32.name());
    Verdict verdict = variant.verdict().orElseThrow();
    verdict
        .loss()
        .ifPresent(
            loss -> {
              cells.add(Html.percent(loss.quantized()));
              cells.add(
                  same
                      ? ""
                      : Phrase.of(
                          "%.2f (%.2f to %.2f)",
                          100 * loss.drop(), 100 * loss.low(), 100 * loss.high()));
            });
    cells.add(Html.percent(verdict.agreement()));
    cells.add(Html.percent(verdict.clearAgreement()));
    cells.add(Phrase.of("%.1f %%", 100 * verdict.marginNoise()));
    cells.add(same ? "" : decibels(variant.relativeError()));
    cells.add(Phrase.of("%.2f MB", variant.weightBytes() / 1e6));
    for (int i = 0; i < variant.times().size(); i++) {
      double millis = variant.times().get(i).millis();
      cells.add(
          Phrase.of("%.2f ms", millis)
              + (same ? "" : Phrase.of(" (%.2f)", float32.times().get(i).millis() / millis)));
    }
    return cells;
  }

  private static String title(Variant.Time time) {
    return "batch %d, %s"
        .formatted(time.batch(), time.threads() == 1 ? "one thread" : "all threads");
  }

  static String decibels(double relativeError) {
    return relativeError == 0 ? "exact" : Phrase.of("%.1f dB", -10 * Math.log10(relativeError));
  }

  private static Html layers(List<LayerHarm> layers) {
    HtmlTable table =
        new HtmlTable()
            .rowHead("layer")
            .texts("operator")
            .numbers("signal to noise, alone on integers", "microseconds more on floats")
            .texts("in the file");
    for (LayerHarm layer : layers) {
      table.row(
          layer.name(),
          layer.operator(),
          decibels(layer.harm()),
          Phrase.of("%.1f", layer.micros()),
          layer.onIntegers() ? "integers" : "floats");
    }
    return Html.of(
        "<h2 id='layers'>Layers by harm and cost</h2>\n"
            + "<p class='soft'>The worst first: the logits of calibration images with that layer"
            + " alone on integers; and by the table of costs what an image takes longer with that"
            + " layer alone on floats, conversions counted.</p>\n"
            + "{}\n",
        table.scrolling());
  }

  private static Html floats(Quantized quantized) {
    HtmlTable table = new HtmlTable().rowHead("layer").texts("why");
    quantized.card().fallbacks().forEach(f -> table.row(f.layer(), f.reason()));
    Html body =
        quantized.card().fallbacks().isEmpty()
            ? Html.of("<p>Nothing.</p>\n")
            : Html.of("{}\n", table.scrolling());
    return Html.of("<h2 id='floats'>What stayed on floats, and why</h2>\n{}", body);
  }

  private static Html operators(Int8Details details) {
    HtmlTable table = new HtmlTable().rowHead("operator").numbers("nodes");
    details.operators().forEach((operator, count) -> table.row(operator, count));
    return Html.of(
        "<h2 id='runtime'>What ONNX Runtime runs</h2>\n"
            + "<p class='soft'>Its own graph, after all of its optimizations for this CPU. QLinear"
            + " and QGemm compute on integers; a layer that was to and does not is named"
            + " above.</p>\n"
            + "{}\n",
        table.scrolling());
  }
}
