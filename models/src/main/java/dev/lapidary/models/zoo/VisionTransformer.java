package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.namedSequential;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import java.util.ArrayList;
import java.util.List;

/**
 * Vision Transformer (Dosovitskiy et al. 2020, arXiv 2010.11929): blocks over patches, and a class
 * token. The attention is written out.
 */
final class VisionTransformer {
  private static final double EPS = 1e-6;

  /** The paper's sizes; the hidden layer of a block has four times its features. */
  private record Plan(int patch, int features, int heads, int blocks) {}

  private VisionTransformer() {}

  static List<Architecture> all() {
    return List.of(
        architecture("vit_b_16", new Plan(16, 768, 12, 12), Preprocessing.imageNet(256, 224)),
        architecture("vit_b_32", new Plan(32, 768, 12, 12), Preprocessing.imageNet(256, 224)),
        architecture("vit_l_16", new Plan(16, 1024, 16, 24), Preprocessing.imageNet(242, 224)),
        architecture("vit_l_32", new Plan(32, 1024, 16, 24), Preprocessing.imageNet(256, 224)),
        architecture(
            "vit_h_14",
            new Plan(14, 1280, 16, 32),
            Published.imageNet(224, 224, Interpolation.BICUBIC)));
  }

  private static Architecture architecture(String name, Plan plan, Preprocessing preprocessing) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "class_token", "conv_proj", "encoder.pos_embedding"));
    for (int i = 0; i < plan.blocks(); i++) {
      stages.add(Stage.of("block" + (i + 1), "encoder.layers.encoder_layer_" + i));
    }
    stages.add(Stage.of("head", "encoder.ln", "heads"));
    return Architecture.of(
        name,
        "vision_transformer",
        preprocessing,
        "heads.head",
        stages,
        options -> network(plan, options));
  }

  private static Module network(Plan plan, ZooOptions options) {
    int patch = plan.patch();
    int features = plan.features();
    int size = options.inputSize().orElse(224);
    if (size % patch != 0) {
      throw new IllegalArgumentException("it is no multiple of the patches' " + patch + " pixels");
    }
    int tokens = (size / patch) * (size / patch) + 1;
    Init patches = Init.normal(Math.sqrt(1.0 / (3 * patch * patch)));
    return new Module("VisionTransformer")
        .parameter("class_token", Init.ZEROS, 1, 1, features)
        .with("conv_proj", Conv.of(3, features, patch).stride(patch).bias().init(patches))
        .with("encoder", encoder(plan, tokens, options))
        .with(
            "heads",
            namedSequential()
                .with("head", linear(features, options.classes(), Init.ZEROS, Init.ZEROS)))
        .forward(
            (f, x) -> {
              Value p = f.call("conv_proj", x);
              long count = p.size(2) * p.size(3);
              Value flat = f.let("flat", "torch.flatten(" + p.name() + ", 2)", 1, features, count);
              Value sequence = f.permute(flat, 0, 2, 1);
              f.line("token = torch.expand(self.class_token, [torch.size(x, 0), -1, -1])");
              String both = "torch.cat([token, " + sequence.name() + "], 1)";
              Value all = f.let("tokens", both, 1, count + 1, features);
              Value encoded = f.call("encoder", all);
              return f.call(
                  "heads", f.let("first", "torch.select(encoder, 1, 0)", 1, encoded.size(2)));
            });
  }

  private static Module encoder(Plan plan, int tokens, ZooOptions options) {
    int features = plan.features();
    double p = options.dropout().orElse(0.0);
    Module layers = namedSequential();
    for (int i = 0; i < plan.blocks(); i++) {
      layers.with("encoder_layer_" + i, block(plan, p));
    }
    return new Module("Encoder")
        .parameter("pos_embedding", Init.normal(0.02), 1, tokens, features)
        .with("layers", layers)
        .with("ln", layerNorm(features, EPS))
        .forward(
            (f, x) -> {
              Value placed = f.let("placed", "torch.add(x, self.pos_embedding)", x.shape());
              return f.chain(f.dropout(placed, p), "layers", "ln");
            });
  }

  private static Module block(Plan plan, double p) {
    int features = plan.features();
    int hidden = 4 * features;
    return new Module("EncoderBlock")
        .with("ln_1", layerNorm(features, EPS))
        .with("self_attention", attention(features, plan.heads()))
        .with("ln_2", layerNorm(features, EPS))
        .with("mlp", sequential(mlp(features, hidden), gelu(), dropout(p), mlp(hidden, features)))
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
  private static Module attention(int features, int count) {
    int width = features / count;
    return new Module("MultiheadAttention")
        .parameter("in_proj_weight", Init.XAVIER_UNIFORM, 3L * features, features)
        .parameter("in_proj_bias", Init.ZEROS, 3L * features)
        .with("out_proj", linear(features, features, Init.UNIFORM_FAN_IN, Init.ZEROS))
        .forward(
            (f, x) -> {
              long length = x.size(1);
              f.count(x.numel() * 3 * features + 2 * length * length * features);
              f.line("n = torch.size(x, 0)");
              f.line("l = torch.size(x, 1)");
              f.line("qkv = torch.linear(x, self.in_proj_weight, self.in_proj_bias)");
              f.line("split = torch.reshape(qkv, [n, l, 3, %d, %d])", count, width);
              f.line("heads = torch.permute(split, [2, 0, 3, 1, 4])");
              f.line("q = torch.mul(torch.select(heads, 0, 0), %s)", number(1 / Math.sqrt(width)));
              f.line("k = torch.transpose(torch.select(heads, 0, 1), -2, -1)");
              f.line("weights = torch.softmax(torch.matmul(q, k), -1)");
              f.line("mixed = torch.matmul(weights, torch.select(heads, 0, 2))");
              String joined =
                  "torch.reshape(torch.transpose(mixed, 1, 2), [n, l, " + features + "])";
              return f.call("out_proj", f.let("joined", joined, x.shape()));
            });
  }
}
