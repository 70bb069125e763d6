package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.EmbedPreprocessing;
import java.util.List;
import java.util.Locale;

/** How much of the preprocessing goes into the graph. */
enum EmbeddedSteps {
  NONE,
  /** Scale and normalize. */
  NORMALIZE,
  /** Resize, crop, scale and normalize. */
  RESIZE;

  /**
   * @throws Failure (exit 2) if the card does not say how levels become numbers, or the opset is
   *     too old; (exit 4) for a resize that ONNX has no operator of
   */
  void require(ModelCard card, int opset) {
    if (this == NONE) {
      return;
    }
    Preprocessing rule =
        card.preprocessing()
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "%s needs to know mean and deviation, and the model's card does not say"
                            + " them: add --mean and --std",
                        option()));
    List<Long> crop =
        List.of((long) rule.channels(), (long) rule.cropHeight(), (long) rule.cropWidth());
    if (!crop.equals(Cards.shape(card))) {
      throw Failure.badInput(
          "%s: the card's preprocessing gives %s (C, H, W) but the network takes %s; export it"
              + " without",
          option(), crop, Cards.shape(card));
    }
    if (this == RESIZE) {
      requireResize(rule, opset);
    }
  }

  private void requireResize(Preprocessing rule, int opset) {
    if (opset < EmbedPreprocessing.MIN_RESIZE_OPSET) {
      throw Failure.badInput(
          "%s needs --opset %d or newer, whose Resize is antialiased, but found %d",
          option(), EmbedPreprocessing.MIN_RESIZE_OPSET, opset);
    }
    if (!rule.cropsInside()) {
      throw Failure.unsupported(
          "%s: the shorter side becomes %d, expected at least the crop of %dx%d; use"
              + " --embed-preprocessing, and resize outside",
          option(), rule.resizeSize(), rule.cropHeight(), rule.cropWidth());
    }
    if (!EmbedPreprocessing.canResize(rule)) {
      throw Failure.unsupported(
          "%s: ONNX's Resize has no antialiased %s, expected bilinear or bicubic; use"
              + " --embed-preprocessing, and resize outside",
          option(), rule.interpolation().name().toLowerCase(Locale.ROOT));
    }
  }

  ModelCard.Input input(ModelCard.Input network) {
    return switch (this) {
      case NONE -> network;
      case NORMALIZE -> network.asLevels();
      case RESIZE -> network.asAnySize();
    };
  }

  /** The graph with these steps in front. */
  OnnxGraph in(OnnxGraph graph, ModelCard card) {
    return this == NONE
        ? graph
        : EmbedPreprocessing.in(graph, card.preprocessing().orElseThrow(), this == RESIZE);
  }

  private String option() {
    return this == RESIZE ? "--embed-resize" : "--embed-preprocessing";
  }
}
