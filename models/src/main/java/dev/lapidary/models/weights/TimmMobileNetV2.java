package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * timm's MobileNet V2 ({@code mobilenetv2_100} in {@code timm/models/efficientnet.py}): its blocks
 * are counted stage by stage, torchvision's all in a row. MobileNet V3 is no renaming: the two
 * libraries' BatchNorms have another epsilon.
 */
final class TimmMobileNetV2 {
  /** Blocks before each of the seven stages. */
  private static final List<Integer> BEFORE = List.of(0, 1, 3, 6, 10, 13, 16);

  static final Dialect DIALECT =
      new Dialect(
          "timm's MobileNet V2",
          Pattern.compile("^blocks\\.6\\.0\\.conv_pwl\\."),
          () ->
              List.of(
                  rule("conv_stem\\.(.*)", m -> "features.0.0." + m.group(1)),
                  rule("bn1\\.(.*)", m -> "features.0.1." + m.group(1)),
                  block("(0)\\.(\\d+)\\.conv_dw\\.(.*)", "0.0."),
                  block("(0)\\.(\\d+)\\.bn1\\.(.*)", "0.1."),
                  block("(0)\\.(\\d+)\\.conv_pw\\.(.*)", "1."),
                  block("(0)\\.(\\d+)\\.bn2\\.(.*)", "2."),
                  block("([1-6])\\.(\\d+)\\.conv_pw\\.(.*)", "0.0."),
                  block("([1-6])\\.(\\d+)\\.bn1\\.(.*)", "0.1."),
                  block("([1-6])\\.(\\d+)\\.conv_dw\\.(.*)", "1.0."),
                  block("([1-6])\\.(\\d+)\\.bn2\\.(.*)", "1.1."),
                  block("([1-6])\\.(\\d+)\\.conv_pwl\\.(.*)", "2."),
                  block("([1-6])\\.(\\d+)\\.bn3\\.(.*)", "3."),
                  rule("conv_head\\.(.*)", m -> "features.18.0." + m.group(1)),
                  rule("bn2\\.(.*)", m -> "features.18.1." + m.group(1)),
                  rule("classifier\\.(.*)", m -> "classifier.1." + m.group(1))));

  private TimmMobileNetV2() {}

  private static Dialect.Rule block(String from, String to) {
    return rule("blocks\\." + from, m -> "features." + index(m) + ".conv." + to + m.group(3));
  }

  private static int index(MatchResult m) {
    return 1 + BEFORE.get(number(m, 1)) + number(m, 2);
  }
}
