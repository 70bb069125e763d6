package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * timm's EfficientNet B0 to B4 ({@code timm/models/efficientnet.py}; not the {@code tf_} ones,
 * which pad otherwise). Stage s is {@code features.(s+1)}. The first stage's blocks do not expand,
 * so what follows sits one place earlier in them.
 */
final class TimmEfficientNet {
  private static final String BLOCK = "blocks\\.(\\d+)\\.(\\d+)\\.";

  static final Dialect DIALECT =
      new Dialect(
          "timm's EfficientNet (its tf_ networks have these too, but pad otherwise: not for them)",
          Pattern.compile("^blocks\\.\\d+\\.\\d+\\.se\\.conv_reduce\\."),
          () ->
              List.of(
                  rule("conv_stem\\.(.*)", m -> "features.0.0." + m.group(1)),
                  rule("bn1\\.(.*)", m -> "features.0.1." + m.group(1)),
                  first("conv_dw\\.(.*)", "0.0."),
                  first("bn1\\.(.*)", "0.1."),
                  first("se\\.conv_reduce\\.(.*)", "1.fc1."),
                  first("se\\.conv_expand\\.(.*)", "1.fc2."),
                  first("conv_pw\\.(.*)", "2.0."),
                  first("bn2\\.(.*)", "2.1."),
                  later("conv_pw\\.(.*)", "0.0."),
                  later("bn1\\.(.*)", "0.1."),
                  later("conv_dw\\.(.*)", "1.0."),
                  later("bn2\\.(.*)", "1.1."),
                  later("se\\.conv_reduce\\.(.*)", "2.fc1."),
                  later("se\\.conv_expand\\.(.*)", "2.fc2."),
                  later("conv_pwl\\.(.*)", "3.0."),
                  later("bn3\\.(.*)", "3.1."),
                  rule("conv_head\\.(.*)", m -> "features.8.0." + m.group(1)),
                  rule("bn2\\.(.*)", m -> "features.8.1." + m.group(1)),
                  rule("classifier\\.(.*)", m -> "classifier.1." + m.group(1))));

  private TimmEfficientNet() {}

  private static Dialect.Rule first(String from, String to) {
    return rule("blocks\\.(0)\\.(\\d+)\\." + from, m -> at(m) + to + m.group(3));
  }

  private static Dialect.Rule later(String from, String to) {
    return rule(BLOCK + from, m -> at(m) + to + m.group(3));
  }

  private static String at(MatchResult m) {
    return "features." + (number(m, 1) + 1) + "." + m.group(2) + ".block.";
  }
}
