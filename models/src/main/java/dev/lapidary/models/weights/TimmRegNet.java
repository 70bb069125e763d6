package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** timm's RegNet X and Y ({@code timm/models/regnet.py}): blocks are counted from 1. */
final class TimmRegNet {
  static final Dialect DIALECT =
      new Dialect(
          "timm's RegNet",
          Pattern.compile("^s1\\.b1\\.conv1\\.conv\\."),
          () ->
              List.of(
                  rule("stem\\.conv\\.(.*)", m -> "stem.0." + m.group(1)),
                  rule("stem\\.bn\\.(.*)", m -> "stem.1." + m.group(1)),
                  block("conv1\\.conv\\.(.*)", "f.a.0."),
                  block("conv1\\.bn\\.(.*)", "f.a.1."),
                  block("conv2\\.conv\\.(.*)", "f.b.0."),
                  block("conv2\\.bn\\.(.*)", "f.b.1."),
                  block("se\\.(.*)", "f.se."),
                  block("conv3\\.conv\\.(.*)", "f.c.0."),
                  block("conv3\\.bn\\.(.*)", "f.c.1."),
                  block("downsample\\.conv\\.(.*)", "proj.0."),
                  block("downsample\\.bn\\.(.*)", "proj.1."),
                  rule("head\\.fc\\.(.*)", m -> "fc." + m.group(1))));

  private TimmRegNet() {}

  private static Dialect.Rule block(String from, String to) {
    return rule("s([1-4])\\.b(\\d+)\\." + from, m -> at(m) + to + m.group(3));
  }

  private static String at(MatchResult m) {
    String stage = "block" + m.group(1);
    return "trunk_output." + stage + "." + stage + "-" + (number(m, 2) - 1) + ".";
  }
}
