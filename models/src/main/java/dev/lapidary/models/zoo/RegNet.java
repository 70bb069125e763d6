package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.convBn;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.namedSequential;
import static dev.lapidary.models.zoo.Layers.relu;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * RegNet X and Y (Radosavovic et al. 2020, arXiv 2003.13678): the blocks' widths are a quantized
 * line; Y has squeeze-and-excitation.
 */
final class RegNet {
  private static final int STEM = 32;

  /**
   * The paper's parameters.
   *
   * @param width w_0, of the first block
   * @param slope w_a, of the line
   * @param step w_m, between quantized widths
   * @param group channels of a group
   * @param squeeze whether the block has squeeze-and-excitation
   */
  private record Plan(int depth, int width, double slope, double step, int group, boolean squeeze) {

    /** Depth by width, stage by stage (equations 2 to 4), widths made divisible by the groups. */
    Map<Integer, Integer> stages() {
      Map<Integer, Integer> stages = new LinkedHashMap<>();
      for (int block = 0; block < depth; block++) {
        double line = width + slope * block;
        double power = Math.rint(Math.log(line / width) / Math.log(step));
        int quantized = (int) Math.rint(width * Math.pow(step, power) / 8) * 8;
        stages.merge(quantized, 1, Integer::sum);
      }
      Map<Integer, Integer> adjusted = new LinkedHashMap<>();
      stages.forEach(
          (w, count) -> adjusted.put(DivisibleChannels.divisible(w, Math.min(group, w)), count));
      return adjusted;
    }
  }

  private RegNet() {}

  static List<Architecture> all() {
    return List.of(
        architecture("regnet_x_400mf", new Plan(22, 24, 24.48, 2.54, 16, false)),
        architecture("regnet_x_800mf", new Plan(16, 56, 35.73, 2.28, 16, false)),
        architecture("regnet_x_1_6gf", new Plan(18, 80, 34.01, 2.25, 24, false)),
        architecture("regnet_x_3_2gf", new Plan(25, 88, 26.31, 2.25, 48, false)),
        architecture("regnet_x_8gf", new Plan(23, 80, 49.56, 2.88, 120, false)),
        architecture("regnet_x_16gf", new Plan(22, 216, 55.59, 2.1, 128, false)),
        architecture("regnet_x_32gf", new Plan(23, 320, 69.86, 2.0, 168, false)),
        architecture("regnet_y_400mf", new Plan(16, 48, 27.89, 2.09, 8, true)),
        architecture("regnet_y_800mf", new Plan(14, 56, 38.84, 2.4, 16, true)),
        architecture("regnet_y_1_6gf", new Plan(27, 48, 20.71, 2.65, 24, true)),
        architecture("regnet_y_3_2gf", new Plan(21, 80, 42.63, 2.66, 24, true)),
        architecture("regnet_y_8gf", new Plan(17, 192, 76.82, 2.19, 56, true)),
        architecture("regnet_y_16gf", new Plan(18, 200, 106.23, 2.48, 112, true)),
        architecture("regnet_y_32gf", new Plan(20, 232, 115.89, 2.53, 232, true)),
        architecture(
            "regnet_y_128gf",
            new Plan(27, 456, 160.83, 2.52, 264, true),
            Published.imageNet(224, 224, Interpolation.BICUBIC)));
  }

  private static Architecture architecture(String name, Plan plan) {
    return architecture(name, plan, Preprocessing.imageNet(256, 224));
  }

  private static Architecture architecture(String name, Plan plan, Preprocessing preprocessing) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "stem"));
    for (int i = 1; i <= plan.stages().size(); i++) {
      stages.add(Stage.of("block" + i, "trunk_output.block" + i));
    }
    stages.add(Stage.of("head", "fc"));
    return Architecture.of(
        name, "regnet", preprocessing, "fc", stages, options -> network(plan, options));
  }

  private static Module network(Plan plan, ZooOptions options) {
    Module trunk = namedSequential();
    int in = STEM;
    int stage = 1;
    for (Map.Entry<Integer, Integer> entry : plan.stages().entrySet()) {
      int out = entry.getKey();
      Module blocks = namedSequential();
      for (int i = 0; i < entry.getValue(); i++) {
        String name = "block" + stage + "-" + i;
        blocks.with(name, block(plan, i == 0 ? in : out, out, i == 0 ? 2 : 1));
      }
      trunk.with("block" + stage++, blocks);
      in = out;
    }
    return new Module("RegNet")
        .with("stem", convBn(conv(3, STEM, 3).stride(2), relu()))
        .with("trunk_output", trunk)
        .with("fc", linear(in, options.classes(), Init.normal(0.01), Init.ZEROS))
        .forward(
            (f, x) -> {
              Value features = f.flatten(f.averagePool(f.chain(x, "stem", "trunk_output")));
              return f.call("fc", f.dropout(features, options.dropout().orElse(0.0)));
            });
  }

  private static Module block(Plan plan, int in, int out, int stride) {
    int groups = out / Math.min(plan.group(), out);
    Module f = namedSequential();
    f.with("a", convBn(conv(in, out, 1), relu()));
    f.with("b", convBn(conv(out, out, 3).stride(stride).groups(groups), relu()));
    if (plan.squeeze()) {
      int squeezed = (int) Math.rint(0.25 * in);
      f.with(
          "se",
          SqueezeExcitation.of(
              "torch.relu_", "torch.sigmoid", conv(out, squeezed, 1), conv(squeezed, out, 1)));
    }
    f.with("c", convBn(conv(out, out, 1)));
    Module block = new Module("ResBottleneckBlock");
    if (in != out || stride != 1) {
      block.with("proj", convBn(conv(in, out, 1).stride(stride)));
    }
    return block
        .with("f", f)
        .forward((w, x) -> w.relu(w.add(w.has("proj") ? w.call("proj", x) : x, w.call("f", x))));
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().weightInit(Init.KAIMING_FAN_OUT);
  }
}
