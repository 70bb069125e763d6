package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.linearWithoutBias;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;

/**
 * Swin V2's attention inside {@link Windows} (arXiv 2111.09883, sections 3.2 and 3.3): cosines of
 * queries and keys times a learned scale for each head, and a bias that a small network gives for
 * the logarithm of each relative position. [N, H, W, C] to the same.
 */
final class CosineWindowAttention {
  private static final int HIDDEN = 512;

  /** The scale of the cosines is at most 100. */
  private static final double MAX_LOG_SCALE = Math.log(100);

  private CosineWindowAttention() {}

  static Module of(int channels, int heads, Windows windows, double dropout, Init weight) {
    long area = windows.area();
    int offsets = windows.offsets();
    return new Module("ShiftedWindowAttentionV2")
        .parameter("logit_scale", Init.constant(Math.log(10)), heads, 1, 1)
        .buffer(
            "relative_coords_table",
            DType.FLOAT32,
            (draw, shape) -> Tensor.of(coordinates(windows), shape),
            1,
            offsets,
            offsets,
            2)
        .buffer("relative_position_index", DType.INT64, windows.relativePositions(), area * area)
        .with("qkv", withoutKeysBias(channels, weight))
        .with("proj", linear(channels, channels, weight, Init.ZEROS))
        .with(
            "cpb_mlp",
            sequential(
                linear(2, HIDDEN, weight, Init.ZEROS),
                relu(),
                linearWithoutBias(HIDDEN, heads, weight)))
        .forward(
            (f, x) -> {
              Value cut = windows.split(f, x, channels);
              Value mixed = attend(f, cut, channels, heads, windows);
              Value out = f.dropout(f.call("proj", mixed), dropout);
              return windows.join(f, x, out, channels);
            });
  }

  /** Queries, keys and values; the part of the bias that is the keys' counts as 0. */
  private static Module withoutKeysBias(int channels, Init weight) {
    return new Module("Linear")
        .parameter("weight", weight, 3L * channels, channels)
        .parameter("bias", Init.ZEROS, 3L * channels)
        .forward(
            (f, x) -> {
              f.count(x.numel() * 3 * channels);
              f.line("q = torch.slice(self.bias, 0, 0, %d)", channels);
              f.line("v = torch.slice(self.bias, 0, %d)", 2 * channels);
              f.line("bias = torch.cat([q, torch.zeros_like(q), v])");
              return f.let(
                  "linear", "torch.linear(x, self.weight, bias)", x.with(-1, 3L * channels));
            });
  }

  private static Value attend(Forward f, Value cut, int channels, int heads, Windows windows) {
    int area = windows.area();
    f.count(2 * cut.numel() * area);
    Value qkv = f.call("qkv", cut);
    f.line(
        "split = torch.reshape(%s, [torch.mul(n, count), %d, 3, %d, %d])",
        qkv.name(), area, heads, channels / heads);
    f.line("heads = torch.permute(split, [2, 0, 3, 1, 4])");
    normalized(f, "q", 0);
    normalized(f, "k", 1);
    f.line("cosines = torch.matmul(q, torch.transpose(k, -2, -1))");
    f.line("scale = torch.exp(torch.clamp(self.logit_scale, None, %s))", number(MAX_LOG_SCALE));
    bias(f, heads, windows);
    f.line("scores = torch.add(torch.mul(cosines, scale), bias)");
    windows.mask(f, heads);
    f.line("weights = torch.softmax(masked, -1)");
    f.line("mixed = torch.transpose(torch.matmul(weights, torch.select(heads, 0, 2)), 1, 2)");
    String joined = "torch.reshape(mixed, [torch.mul(n, count), %d, %d])";
    return f.let("joined", joined.formatted(area, channels), cut.shape());
  }

  /** {@code F.normalize}: over its length, which is at least 1e-12. */
  private static void normalized(Forward f, String name, int part) {
    f.line("%s0 = torch.select(heads, 0, %d)", name, part);
    f.line("%s1 = torch.linalg_vector_norm(%s0, 2, [-1], True)", name, name);
    f.line("%s = torch.div(%s0, torch.clamp_min(%s1, 1.0e-12))", name, name, name);
  }

  private static void bias(Forward f, int heads, Windows windows) {
    int area = windows.area();
    long offsets = windows.offsets();
    Value table =
        f.call("cpb_mlp", new Value("self.relative_coords_table", 1, offsets, offsets, 2));
    f.line("rowwise = torch.view(%s, [-1, %d])", table.name(), heads);
    f.line("where = annotate(List[Optional[Tensor]], [self.relative_position_index])");
    f.line("pairs = torch.view(torch.index(rowwise, where), [%d, %d, %d])", area, area, heads);
    f.line("pair = torch.unsqueeze(torch.permute(pairs, [2, 0, 1]), 0)");
    f.line("bias = torch.mul(torch.sigmoid(pair), 16)");
  }

  /** Each offset, from -8 to 8 over the window, as sign(t) log2(1 + |t|) / log2(8). */
  private static float[] coordinates(Windows windows) {
    int offsets = windows.offsets();
    float[] table = new float[offsets * offsets * 2];
    for (int i = 0; i < offsets; i++) {
      for (int j = 0; j < offsets; j++) {
        table[2 * (i * offsets + j)] = spaced(i, windows.side());
        table[2 * (i * offsets + j) + 1] = spaced(j, windows.side());
      }
    }
    return table;
  }

  private static float spaced(int offset, int side) {
    double t = 8.0 * (offset - (side - 1)) / (side - 1);
    return (float) (Math.signum(t) * Math.log(1 + Math.abs(t)) / Math.log(8));
  }
}
