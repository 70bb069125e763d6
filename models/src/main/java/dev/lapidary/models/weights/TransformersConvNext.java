package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * transformers' ConvNeXt ({@code transformers/models/convnext/modeling_convnext.py}): stage s is
 * {@code features.(2s+1)}. Its last norm has an epsilon of 1e-12 where torchvision's has 1e-6.
 */
final class TransformersConvNext {
  private static final String ROOT = "(?:convnext\\.)?";

  static final Dialect DIALECT =
      new Dialect(
          "transformers' ConvNeXt",
          Pattern.compile(
              "^" + ROOT + "encoder\\.stages\\.\\d+\\.layers\\.\\d+\\.(dwconv|pwconv1)\\."),
          () ->
              List.of(
                  rule(
                      ROOT + "embeddings\\.patch_embeddings\\.(.*)",
                      m -> "features.0.0." + m.group(1)),
                  rule(ROOT + "embeddings\\.layernorm\\.(.*)", m -> "features.0.1." + m.group(1)),
                  rule(
                      ROOT + "encoder\\.stages\\.(\\d+)\\.downsampling_layer\\.([01])\\.(.*)",
                      m -> "features." + 2 * number(m, 1) + "." + m.group(2) + "." + m.group(3)),
                  block("layer_scale_parameter()", "layer_scale"),
                  block("dwconv\\.(.*)", "block.0."),
                  block("layernorm\\.(.*)", "block.2."),
                  block("pwconv1\\.(.*)", "block.3."),
                  block("pwconv2\\.(.*)", "block.5."),
                  rule(ROOT + "layernorm\\.(.*)", m -> "classifier.0." + m.group(1)),
                  rule("classifier\\.((?:weight|bias))", m -> "classifier.2." + m.group(1))));

  private TransformersConvNext() {}

  private static Dialect.Rule block(String from, String to) {
    return rule(
        ROOT + "encoder\\.stages\\.(\\d+)\\.layers\\.(\\d+)\\." + from,
        m -> at(m) + to + m.group(3));
  }

  private static String at(MatchResult m) {
    return "features." + (2 * number(m, 1) + 1) + "." + m.group(2) + ".";
  }
}
