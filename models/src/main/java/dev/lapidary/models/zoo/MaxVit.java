package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.activation;
import static dev.lapidary.models.zoo.Layers.adaptiveAveragePool;
import static dev.lapidary.models.zoo.Layers.averagePool;
import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.flatten;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.linearWithoutBias;
import static dev.lapidary.models.zoo.Layers.namedSequential;
import static dev.lapidary.models.zoo.Layers.sequential;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.tensor.DType;
import java.util.List;

/**
 * MaxViT (Tu et al. 2022, arXiv 2204.01697), tiny: each layer is an inverted bottleneck, attention
 * inside 7x7 windows, and attention over a grid of 7x7 positions that lie far apart. Activations
 * are [N, C, H, W]; every stage's size must be a multiple of 7.
 */
final class MaxVit {
  private static final int SIDE = 7;
  private static final int AREA = SIDE * SIDE;
  private static final int HEAD_WIDTH = 32;
  private static final int STEM = 64;
  private static final int[] CHANNELS = {64, 128, 256, 512};
  private static final int[] LAYERS = {2, 2, 5, 2};
  private static final int ALL_LAYERS = 11;
  private static final double EPS = 1e-5;
  private static final Init WEIGHT = Init.normal(0.02);

  private MaxVit() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "maxvit_t",
            "maxvit",
            Published.imageNet(224, 224, Interpolation.BICUBIC),
            "classifier.5",
            List.of(
                Stage.of("stem", "stem"),
                Stage.of("stage1", "blocks.0"),
                Stage.of("stage2", "blocks.1"),
                Stage.of("stage3", "blocks.2"),
                Stage.of("stage4", "blocks.3"),
                Stage.of("head", "classifier")),
            MaxVit::network));
  }

  private static Module network(ZooOptions options) {
    double depth = options.stochasticDepth().orElse(0.2);
    Layer[] blocks = new Layer[CHANNELS.length];
    int built = 0;
    int in = STEM;
    for (int stage = 0; stage < blocks.length; stage++) {
      Layer[] layers = new Layer[LAYERS[stage]];
      for (int i = 0; i < layers.length; i++) {
        double skipped = depth * built++ / (ALL_LAYERS - 1);
        layers[i] = layer(in, CHANNELS[stage], i == 0 ? 2 : 1, skipped, options);
        in = CHANNELS[stage];
      }
      blocks[stage] =
          new Module("MaxVitBlock")
              .with("layers", sequential(layers))
              .forward((f, x) -> f.call("layers", x));
    }
    return new Module("MaxVit")
        .with(
            "stem",
            sequential(convBn(conv(3, STEM, 3).stride(2)), sequential(conv(STEM, STEM, 3).bias())))
        .with("blocks", sequential(blocks))
        .with(
            "classifier",
            sequential(
                adaptiveAveragePool(1, 1),
                flatten(),
                layerNorm(in, EPS),
                linear(in, in, WEIGHT, Init.ZEROS),
                activation("Tanh", "torch.tanh(x)"),
                linearWithoutBias(in, options.classes(), WEIGHT)))
        .forward((f, x) -> f.chain(x, "stem", "blocks", "classifier"));
  }

  private static Module layer(int in, int out, int stride, double skipped, ZooOptions options) {
    return new Module("MaxVitLayer")
        .with(
            "layers",
            namedSequential()
                .with("MBconv", bottleneck(in, out, stride, skipped))
                .with("window_attention", attention(out, true, skipped, options))
                .with("grid_attention", attention(out, false, skipped, options)))
        .forward((f, x) -> f.call("layers", x));
  }

  private static Module bottleneck(int in, int out, int stride, double skipped) {
    int inner = 4 * out;
    Module block = new Module("MBConv");
    if (stride != 1 || in != out) {
      Conv project = conv(in, out, 1).bias();
      block.with(
          "proj", stride == 2 ? sequential(averagePool(3, 2, 1), project) : sequential(project));
    }
    Conv depthwise = conv(inner, inner, 3).stride(stride).depthwise();
    return block
        .with("stochastic_depth", stochasticDepth(skipped))
        .with(
            "layers",
            namedSequential()
                .with("pre_norm", batchNorm(in, 1e-3, 0.01))
                .with("conv_a", convBn(conv(in, inner, 1)))
                .with("conv_b", convBn(depthwise))
                .with(
                    "squeeze_excitation",
                    SqueezeExcitation.of(
                        "torch.silu",
                        "torch.sigmoid",
                        conv(inner, out / 4, 1),
                        conv(out / 4, inner, 1)))
                .with("conv_c", conv(inner, out, 1).bias()))
        .forward(
            (f, x) -> {
              Value kept = f.has("proj") ? f.call("proj", x) : x;
              return f.add(kept, f.chain(x, "layers", "stochastic_depth"));
            });
  }

  /**
   * @param window whether the 49 positions lie side by side, or are spread over the whole image
   */
  private static Module attention(
      int channels, boolean window, double skipped, ZooOptions options) {
    double p = options.dropout().orElse(0.0);
    return new Module("PartitionAttentionLayer")
        .with("attn_layer", sequential(layerNorm(channels, EPS), heads(channels), dropout(p)))
        .with(
            "mlp_layer",
            sequential(
                layerNorm(channels, EPS),
                linear(channels, 4 * channels, WEIGHT, Init.ZEROS),
                gelu(),
                linear(4 * channels, channels, WEIGHT, Init.ZEROS),
                dropout(p)))
        .with("stochastic_dropout", stochasticDepth(skipped))
        .forward(
            (f, x) -> {
              Value parts = parted(f, x, channels, window);
              Value mixed = f.add(parts, f.chain(parts, "attn_layer", "stochastic_dropout"));
              Value out = f.add(mixed, f.chain(mixed, "mlp_layer", "stochastic_dropout"));
              return joined(f, x, out, channels, window);
            });
  }

  /** [N, C, H, W] to [N, parts, 49, C]. */
  private static Value parted(Forward f, Value x, int channels, boolean window) {
    if (x.size(2) % SIDE != 0 || x.size(3) % SIDE != 0) {
      throw new IllegalArgumentException(
          "a stage of %dx%d positions cannot be cut into parts of 7x7; multiples of 224 can"
              .formatted(x.size(2), x.size(3)));
    }
    long parts = x.size(2) / SIDE * (x.size(3) / SIDE);
    f.line("n = torch.size(x, 0)");
    f.line("rows = torch.floordiv(torch.size(x, 2), 7)");
    f.line("columns = torch.floordiv(torch.size(x, 3), 7)");
    String sides = window ? "rows, 7, columns, 7" : "7, rows, 7, columns";
    f.line("cut = torch.reshape(x, [n, %d, %s])", channels, sides);
    f.line("tiles = torch.permute(cut, [%s, 1])", window ? "0, 2, 4, 3, 5" : "0, 3, 5, 2, 4");
    return f.let(
        "parts",
        "torch.reshape(tiles, [n, torch.mul(rows, columns), 49, %d])".formatted(channels),
        1,
        parts,
        AREA,
        channels);
  }

  private static Value joined(Forward f, Value x, Value out, int channels, boolean window) {
    f.line("back = torch.reshape(%s, [n, rows, columns, 7, 7, %d])", out.name(), channels);
    f.line("places = torch.permute(back, [0, 5, %s])", window ? "1, 3, 2, 4" : "3, 1, 4, 2");
    return f.let(
        "whole",
        "torch.reshape(places, [n, %d, torch.mul(rows, 7), torch.mul(columns, 7)])"
            .formatted(channels),
        x.shape());
  }

  /** Attention of the 49 positions of each part, with a bias for each relative position. */
  private static Module heads(int channels) {
    int heads = channels / HEAD_WIDTH;
    Windows windows = new Windows(SIDE, false);
    long offsets = windows.offsets();
    return new Module("RelativePositionalMultiHeadAttention")
        .parameter("relative_position_bias_table", WEIGHT, offsets * offsets, heads)
        .buffer("relative_position_index", DType.INT64, windows.relativePositions(), AREA, AREA)
        .with("to_qkv", linear(channels, 3 * channels, WEIGHT, Init.ZEROS))
        .with("merge", linear(channels, channels, WEIGHT, Init.ZEROS))
        .forward(
            (f, x) -> {
              f.count(2 * x.numel() * AREA);
              Value qkv = f.call("to_qkv", x);
              f.line("n = torch.size(x, 0)");
              f.line("count = torch.size(x, 1)");
              f.line(
                  "split = torch.reshape(%s, [n, count, 49, 3, %d, %d])",
                  qkv.name(), heads, HEAD_WIDTH);
              f.line("heads = torch.permute(split, [3, 0, 1, 4, 2, 5])");
              f.line("q = torch.select(heads, 0, 0)");
              f.line(
                  "k = torch.mul(torch.select(heads, 0, 1), %s)", number(1 / Math.sqrt(channels)));
              f.line("index = torch.view(self.relative_position_index, [-1])");
              f.line("where = annotate(List[Optional[Tensor]], [index])");
              f.line("table = torch.index(self.relative_position_bias_table, where)");
              f.line("bias = torch.permute(torch.view(table, [49, 49, %d]), [2, 0, 1])", heads);
              f.line("products = torch.matmul(q, torch.transpose(k, -2, -1))");
              f.line("scores = torch.add(products, torch.unsqueeze(bias, 0))");
              f.line("weights = torch.softmax(scores, -1)");
              f.line("mixed = torch.matmul(weights, torch.select(heads, 0, 2))");
              f.line("rowwise = torch.permute(mixed, [0, 1, 3, 2, 4])");
              String joined = "torch.reshape(rowwise, [n, count, 49, %d])".formatted(channels);
              return f.call("merge", f.let("joined", joined, x.shape()));
            });
  }

  private static Module convBn(Conv conv) {
    return sequential(conv, batchNorm(conv.out(), 1e-3, 0.01), gelu());
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().init(WEIGHT);
  }
}
