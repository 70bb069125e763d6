package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.linearWithoutBias;
import static dev.lapidary.models.zoo.Layers.permute;
import static dev.lapidary.models.zoo.Layers.sequential;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.core.image.Preprocessing.Interpolation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Swin Transformer (Liu et al. 2021, arXiv 2103.14030): attention inside 7x7 windows that every
 * second block shifts by half; the size halves between stages. Activations are [N, H, W, C]. {@link
 * SwinTransformerV2} has other blocks in the same frame.
 */
final class SwinTransformer {
  private static final Windows PLAIN = new Windows(7, false);
  private static final Windows SHIFTED = new Windows(7, true);

  static final double EPS = 1e-5;
  static final Init WEIGHT = Init.normal(0.02);

  /**
   * @param width channels of the first stage; doubled in each later one
   * @param thirdStage its blocks; the other stages have 2
   * @param heads of the first stage; doubled likewise
   */
  record Plan(int width, int thirdStage, int heads, double stochasticDepth) {
    int blocks(int stage) {
      return stage == 2 ? thirdStage : 2;
    }

    int allBlocks() {
      return thirdStage + 6;
    }
  }

  /** One of a stage's blocks. */
  @FunctionalInterface
  interface Block {
    Module of(int channels, int heads, boolean shifted, double skipped, ZooOptions options);
  }

  /**
   * What differs between the versions.
   *
   * @param halved half the height and width, twice the channels
   */
  record Parts(Block block, IntFunction<Module> halved) {}

  private SwinTransformer() {}

  static List<Architecture> all() {
    return List.of(
        architecture("swin_t", new Plan(96, 6, 3, 0.2), 232),
        architecture("swin_s", new Plan(96, 18, 3, 0.3), 246),
        architecture("swin_b", new Plan(128, 18, 4, 0.5), 238));
  }

  private static Architecture architecture(String name, Plan plan, int resize) {
    return architecture(
        name,
        "swin_transformer",
        resize,
        224,
        plan,
        new Parts(SwinTransformer::block, SwinTransformer::patchMerging));
  }

  static Architecture architecture(
      String name, String family, int resize, int crop, Plan plan, Parts parts) {
    return Architecture.of(
        name,
        family,
        Published.imageNet(resize, crop, Interpolation.BICUBIC),
        "head",
        List.of(
            Stage.of("stem", "features.0"),
            Stage.of("stage1", "features.1"),
            Stage.of("stage2", "features.2", "features.3"),
            Stage.of("stage3", "features.4", "features.5"),
            Stage.of("stage4", "features.6", "features.7"),
            Stage.of("head", "norm", "head")),
        options -> network(plan, parts, options));
  }

  private static Module network(Plan plan, Parts parts, ZooOptions options) {
    double depth = options.stochasticDepth().orElse(plan.stochasticDepth());
    List<Layer> features = new ArrayList<>();
    Conv patches = Conv.of(3, plan.width(), 4).stride(4).bias();
    features.add(sequential(patches, permute(0, 2, 3, 1), layerNorm(plan.width(), EPS)));
    int built = 0;
    for (int stage = 0; stage < 4; stage++) {
      int channels = plan.width() << stage;
      if (stage > 0) {
        features.add(parts.halved().apply(channels / 2));
      }
      List<Layer> blocks = new ArrayList<>();
      for (int i = 0; i < plan.blocks(stage); i++) {
        double skipped = depth * built++ / (plan.allBlocks() - 1);
        blocks.add(parts.block().of(channels, plan.heads() << stage, i % 2 == 1, skipped, options));
      }
      features.add(sequential(blocks));
    }
    int last = plan.width() << 3;
    return new Module("SwinTransformer")
        .with("features", sequential(features))
        .with("norm", layerNorm(last, EPS))
        .with("head", linear(last, options.classes(), WEIGHT, Init.ZEROS))
        .forward(
            (f, x) -> {
              Value channelsFirst = f.permute(f.chain(x, "features", "norm"), 0, 3, 1, 2);
              return f.call("head", f.flatten(f.averagePool(channelsFirst)));
            });
  }

  private static Module block(
      int channels, int heads, boolean shifted, double skipped, ZooOptions options) {
    double p = options.dropout().orElse(0.0);
    return new Module("SwinTransformerBlock")
        .with("norm1", layerNorm(channels, EPS))
        .with("attn", WindowAttention.of(channels, heads, shifted ? SHIFTED : PLAIN, p, WEIGHT))
        .with("stochastic_depth", stochasticDepth(skipped))
        .with("norm2", layerNorm(channels, EPS))
        .with("mlp", mlp(channels, p))
        .forward(
            (f, x) -> {
              Value sum = f.add(x, f.chain(x, "norm1", "attn", "stochastic_depth"));
              return f.add(sum, f.chain(sum, "norm2", "mlp", "stochastic_depth"));
            });
  }

  static Module mlp(int channels, double p) {
    return sequential(
        linear(channels, 4 * channels, WEIGHT, Init.ZEROS),
        gelu(),
        dropout(p),
        linear(4 * channels, channels, WEIGHT, Init.ZEROS),
        dropout(p));
  }

  /** The four pixels of each 2x2 square side by side, then 4C to 2C features. */
  private static Module patchMerging(int channels) {
    return new Module("PatchMerging")
        .with("reduction", linearWithoutBias(4 * channels, 2 * channels, WEIGHT))
        .with("norm", layerNorm(4 * channels, EPS))
        .forward((f, x) -> f.chain(squares(f, x, channels), "norm", "reduction"));
  }

  /** The four pixels of each 2x2 square side by side; odd sides are padded with 0. */
  static Value squares(Forward f, Value x, int channels) {
    f.line("bottom = torch.remainder(torch.size(x, 1), 2)");
    f.line("right = torch.remainder(torch.size(x, 2), 2)");
    f.line("even = torch.pad(x, [0, 0, 0, right, 0, bottom])");
    f.line("upper = torch.slice(even, 1, 0, None, 2)");
    f.line("lower = torch.slice(even, 1, 1, None, 2)");
    f.line("a = torch.slice(upper, 2, 0, None, 2)");
    f.line("b = torch.slice(lower, 2, 0, None, 2)");
    f.line("c = torch.slice(upper, 2, 1, None, 2)");
    f.line("d = torch.slice(lower, 2, 1, None, 2)");
    long height = (x.size(1) + 1) / 2;
    long width = (x.size(2) + 1) / 2;
    return f.let("squares", "torch.cat([a, b, c, d], -1)", 1, height, width, 4L * channels);
  }
}
