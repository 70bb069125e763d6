package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.linear;

import dev.lapidary.core.tensor.DType;

/**
 * Swin's attention inside {@link Windows} with a learned bias for each relative position (arXiv
 * 2103.14030, section 3.2). [N, H, W, C] to the same.
 */
final class WindowAttention {
  private WindowAttention() {}

  static Module of(int channels, int heads, Windows windows, double dropout, Init weight) {
    long area = windows.area();
    long offsets = windows.offsets();
    return new Module("ShiftedWindowAttention")
        .parameter("relative_position_bias_table", weight, offsets * offsets, heads)
        .buffer("relative_position_index", DType.INT64, windows.relativePositions(), area * area)
        .with("qkv", linear(channels, 3 * channels, weight, Init.ZEROS))
        .with("proj", linear(channels, channels, weight, Init.ZEROS))
        .forward(
            (f, x) -> {
              Value cut = windows.split(f, x, channels);
              Value mixed = attend(f, cut, channels, heads, windows);
              Value out = f.dropout(f.call("proj", mixed), dropout);
              return windows.join(f, x, out, channels);
            });
  }

  private static Value attend(Forward f, Value cut, int channels, int heads, Windows windows) {
    int area = windows.area();
    int width = channels / heads;
    f.count(2 * cut.numel() * area);
    Value qkv = f.call("qkv", cut);
    f.line(
        "split = torch.reshape(%s, [torch.mul(n, count), %d, 3, %d, %d])",
        qkv.name(), area, heads, width);
    f.line("heads = torch.permute(split, [2, 0, 3, 1, 4])");
    f.line("q = torch.mul(torch.select(heads, 0, 0), %s)", number(1 / Math.sqrt(width)));
    f.line("k = torch.transpose(torch.select(heads, 0, 1), -2, -1)");
    f.line("where = annotate(List[Optional[Tensor]], [self.relative_position_index])");
    f.line("table = torch.index(self.relative_position_bias_table, where)");
    f.line("bias = torch.permute(torch.view(table, [%d, %d, %d]), [2, 0, 1])", area, area, heads);
    f.line("scores = torch.add(torch.matmul(q, k), torch.unsqueeze(bias, 0))");
    windows.mask(f, heads);
    f.line("weights = torch.softmax(masked, -1)");
    f.line("mixed = torch.transpose(torch.matmul(weights, torch.select(heads, 0, 2)), 1, 2)");
    String joined = "torch.reshape(mixed, [torch.mul(n, count), %d, %d])";
    return f.let("joined", joined.formatted(area, channels), cut.shape());
  }
}
