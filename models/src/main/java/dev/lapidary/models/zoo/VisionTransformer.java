package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.namedSequential;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * Vision Transformer (Dosovitskiy et al. 2020, arXiv 2010.11929), base size: 12 blocks of 768
 * features and 12 heads over patches, and a class token. The attention is written out.
 */
final class VisionTransformer {
  private static final int FEATURES = 768;
  private static final int HEADS = 12;
  private static final int HIDDEN = 3072;
  private static final int BLOCKS = 12;
  private static final double EPS = 1e-6;

  private VisionTransformer() {}

  static List<Architecture> all() {
    return List.of(architecture("vit_b_16", 16), architecture("vit_b_32", 32));
  }

  private static Architecture architecture(String name, int patch) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "class_token", "conv_proj", "encoder.pos_embedding"));
    for (int i = 0; i < BLOCKS; i++) {
      stages.add(Stage.of("block" + (i + 1), "encoder.layers.encoder_layer_" + i));
    }
    stages.add(Stage.of("head", "encoder.ln", "heads"));
    return Architecture.of(
        name,
        "vision_transformer",
        Preprocessing.imageNet(256, 224),
        "heads.head",
        stages,
        options -> network(patch, options));
  }

  private static Module network(int patch, ZooOptions options) {
    int size = options.inputSize().orElse(224);
    if (size % patch != 0) {
      throw new IllegalArgumentException("it is no multiple of the patches' " + patch + " pixels");
    }
    int tokens = (size / patch) * (size / patch) + 1;
    Init patches = Init.normal(Math.sqrt(1.0 / (3 * patch * patch)));
    return new Module("VisionTransformer")
        .parameter("class_token", Init.ZEROS, 1, 1, FEATURES)
        .with("conv_proj", Conv.of(3, FEATURES, patch).stride(patch).bias().init(patches))
        .with("encoder", encoder(tokens, options))
        .with(
            "heads",
            namedSequential()
                .with("head", linear(FEATURES, options.classes(), Init.ZEROS, Init.ZEROS)))
        .forward(
            (f, x) -> {
              Value p = f.call("conv_proj", x);
              long count = p.size(2) * p.size(3);
              Value flat = f.let("flat", "torch.flatten(" + p.name() + ", 2)", 1, FEATURES, count);
              Value sequence = f.permute(flat, 0, 2, 1);
              f.line("token = torch.expand(self.class_token, [torch.size(x, 0), -1, -1])");
              String both = "torch.cat([token, " + sequence.name() + "], 1)";
              Value all = f.let("tokens", both, 1, count + 1, FEATURES);
              Value encoded = f.call("encoder", all);
              return f.call(
                  "heads", f.let("first", "torch.select(encoder, 1, 0)", 1, encoded.size(2)));
            });
  }

  private static Module encoder(int tokens, ZooOptions options) {
    double p = options.dropout().orElse(0);
    Module layers = namedSequential();
    for (int i = 0; i < BLOCKS; i++) {
      layers.with("encoder_layer_" + i, block(p));
    }
    return new Module("Encoder")
        .parameter("pos_embedding", Init.normal(0.02), 1, tokens, FEATURES)
        .with("layers", layers)
        .with("ln", layerNorm(FEATURES, EPS))
        .forward(
            (f, x) -> {
              Value placed = f.let("placed", "torch.add(x, self.pos_embedding)", x.shape());
              return f.chain(f.dropout(placed, p), "layers", "ln");
            });
  }

  private static Module block(double p) {
    return new Module("EncoderBlock")
        .with("ln_1", layerNorm(FEATURES, EPS))
        .with("self_attention", attention())
        .with("ln_2", layerNorm(FEATURES, EPS))
        .with("mlp", sequential(mlp(FEATURES, HIDDEN), gelu(), dropout(p), mlp(HIDDEN, FEATURES)))
        .forward(
            (f, x) -> {
              Value mixed = f.dropout(f.chain(x, "ln_1", "self_attention"), p);
              Value sum = f.add(mixed, x);
              return f.add(sum, f.dropout(f.chain(sum, "ln_2", "mlp"), p));
            });
  }

  private static Module mlp(int in, int out) {
    return linear(in, out, Init.XAVIER_UNIFORM, Init.normal(1e-6));
  }

  /** {@code nn.MultiheadAttention} of a sequence with itself, [N, L, features]. */
  private static Module attention() {
    int width = FEATURES / HEADS;
    return new Module("MultiheadAttention")
        .parameter("in_proj_weight", Init.XAVIER_UNIFORM, 3 * FEATURES, FEATURES)
        .parameter("in_proj_bias", Init.ZEROS, 3 * FEATURES)
        .with("out_proj", linear(FEATURES, FEATURES, Init.UNIFORM_FAN_IN, Init.ZEROS))
        .forward(
            (f, x) -> {
              long length = x.size(1);
              f.count(x.numel() * 3 * FEATURES + 2 * length * length * FEATURES);
              f.line("n = torch.size(x, 0)");
              f.line("l = torch.size(x, 1)");
              f.line("qkv = torch.linear(x, self.in_proj_weight, self.in_proj_bias)");
              f.line("split = torch.reshape(qkv, [n, l, 3, %d, %d])".formatted(HEADS, width));
              f.line("heads = torch.permute(split, [2, 0, 3, 1, 4])");
              f.line(
                  "q = torch.mul(torch.select(heads, 0, 0), " + number(1 / Math.sqrt(width)) + ")");
              f.line("k = torch.transpose(torch.select(heads, 0, 1), -2, -1)");
              f.line("weights = torch.softmax(torch.matmul(q, k), -1)");
              f.line("mixed = torch.matmul(weights, torch.select(heads, 0, 2))");
              String joined =
                  "torch.reshape(torch.transpose(mixed, 1, 2), [n, l, " + FEATURES + "])";
              return f.call("out_proj", f.let("joined", joined, x.shape()));
            });
  }
}
