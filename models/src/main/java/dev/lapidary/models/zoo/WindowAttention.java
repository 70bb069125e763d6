package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;
import static dev.lapidary.models.zoo.Layers.linear;

import dev.lapidary.core.tensor.DType;

/**
 * Swin's attention inside 7x7 windows with a learned bias for each relative position, shifted or
 * not (arXiv 2103.14030, section 3.2). [N, H, W, C] to the same; sizes that are no multiple of 7
 * are padded, and a window that spans the image is not shifted.
 */
final class WindowAttention {
  private static final int WINDOW = 7;
  private static final int AREA = WINDOW * WINDOW;
  private static final int OFFSETS = 2 * WINDOW - 1;

  private WindowAttention() {}

  static Module of(int channels, int heads, boolean shifted, double dropout, Init weight) {
    return new Module("ShiftedWindowAttention")
        .parameter("relative_position_bias_table", weight, OFFSETS * OFFSETS, heads)
        .buffer(
            "relative_position_index", DType.INT64, Init.fixed(relativePositions()), AREA * AREA)
        .with("qkv", linear(channels, 3 * channels, weight, Init.ZEROS))
        .with("proj", linear(channels, channels, weight, Init.ZEROS))
        .forward(
            (f, x) -> {
              pad(f);
              shift(f, shifted);
              Value windows = windows(f, x, channels);
              Value mixed = attend(f, windows, channels, heads, shifted);
              Value out = f.dropout(f.call("proj", mixed), dropout);
              return join(f, x, out, channels, shifted);
            });
  }

  private static void pad(Forward f) {
    f.line("n = torch.size(x, 0)");
    f.line("h = torch.size(x, 1)");
    f.line("w = torch.size(x, 2)");
    f.line("bottom = torch.remainder(torch.sub(7, torch.remainder(h, 7)), 7)");
    f.line("right = torch.remainder(torch.sub(7, torch.remainder(w, 7)), 7)");
    f.line("padded = torch.pad(x, [0, 0, 0, right, 0, bottom])");
    f.line("rows = torch.floordiv(torch.add(h, bottom), 7)");
    f.line("columns = torch.floordiv(torch.add(w, right), 7)");
  }

  /** Half a window up and left, along the sides that have more than one window. */
  private static void shift(Forward f, boolean shifted) {
    if (!shifted) {
      f.line("placed = padded");
      return;
    }
    f.line("if torch.gt(rows, 1):");
    f.line("  up = 3");
    f.line("else:");
    f.line("  up = 0");
    f.line("if torch.gt(columns, 1):");
    f.line("  left = 3");
    f.line("else:");
    f.line("  left = 0");
    f.line("placed = torch.roll(padded, [torch.neg(up), torch.neg(left)], [1, 2])");
  }

  private static Value windows(Forward f, Value x, int channels) {
    long count = ceil(x.size(1)) * ceil(x.size(2));
    f.line("grid = torch.view(placed, [n, rows, 7, columns, 7, %d])".formatted(channels));
    f.line("count = torch.mul(rows, columns)");
    String text =
        "torch.reshape(torch.permute(grid, [0, 1, 3, 2, 4, 5]), [torch.mul(n, count), 49, %d])";
    return f.let("windows", text.formatted(channels), count, AREA, channels);
  }

  private static Value attend(Forward f, Value windows, int channels, int heads, boolean shifted) {
    int width = channels / heads;
    f.count(2 * windows.numel() * AREA);
    Value qkv = f.call("qkv", windows);
    String parts = "split = torch.reshape(%s, [torch.mul(n, count), 49, 3, %d, %d])";
    f.line(parts.formatted(qkv.name(), heads, width));
    f.line("heads = torch.permute(split, [2, 0, 3, 1, 4])");
    f.line("q = torch.mul(torch.select(heads, 0, 0), " + number(1 / Math.sqrt(width)) + ")");
    f.line("k = torch.transpose(torch.select(heads, 0, 1), -2, -1)");
    f.line("where = annotate(List[Optional[Tensor]], [self.relative_position_index])");
    f.line("table = torch.index(self.relative_position_bias_table, where)");
    f.line("bias = torch.permute(torch.view(table, [49, 49, %d]), [2, 0, 1])".formatted(heads));
    f.line("scores = torch.add(torch.matmul(q, k), torch.unsqueeze(bias, 0))");
    if (shifted) {
      mask(f, heads);
    } else {
      f.line("masked = scores");
    }
    f.line("weights = torch.softmax(masked, -1)");
    f.line("mixed = torch.transpose(torch.matmul(weights, torch.select(heads, 0, 2)), 1, 2)");
    String joined = "torch.reshape(mixed, [torch.mul(n, count), 49, %d])".formatted(channels);
    return f.let("joined", joined, windows.shape());
  }

  /**
   * Pixels that only the shift brought together do not see each other: nine regions are numbered,
   * and pairs of different numbers get -100.
   */
  private static void mask(Forward f, int heads) {
    f.line("regions = torch.new_zeros(windows, [torch.mul(rows, 7), torch.mul(columns, 7)])");
    String[] rows = {"0, -7", "-7, torch.neg(up)", "torch.neg(up)"};
    String[] columns = {"0, -7", "-7, torch.neg(left)", "torch.neg(left)"};
    for (int i = 0; i < 9; i++) {
      String band = "torch.slice(regions, 0, " + rows[i / 3] + ")";
      f.line("part%d = torch.slice(%s, 1, %s)".formatted(i, band, columns[i % 3]));
      String type = "dtype=ops.prim.dtype(part%d), device=ops.prim.device(part%d)";
      String number = "torch.tensor(%d, ".formatted(i) + type.formatted(i, i) + ")";
      f.line("filled%d = torch.copy_(part%d, %s)".formatted(i, i, number));
    }
    f.line("tiles = torch.permute(torch.view(regions, [rows, 7, columns, 7]), [0, 2, 1, 3])");
    f.line("numbers = torch.reshape(tiles, [count, 49])");
    f.line("apart = torch.sub(torch.unsqueeze(numbers, 1), torch.unsqueeze(numbers, 2))");
    f.line("blocked = torch.masked_fill(apart, torch.ne(apart, 0), -100.)");
    f.line("hidden = torch.unsqueeze(torch.unsqueeze(blocked, 1), 0)");
    f.line("images = torch.view(scores, [n, count, %d, 49, 49])".formatted(heads));
    f.line("masked = torch.view(torch.add(images, hidden), [-1, %d, 49, 49])".formatted(heads));
  }

  /** Windows back to their places, unshifted, without the padding. */
  private static Value join(Forward f, Value x, Value out, int channels, boolean shifted) {
    String back = "back = torch.view(%s, [n, rows, columns, 7, 7, %d])";
    f.line(back.formatted(out.name(), channels));
    f.line("across = torch.permute(back, [0, 1, 3, 2, 4, 5])");
    String whole =
        "whole = torch.reshape(across, [n, torch.mul(rows, 7), torch.mul(columns, 7), %d])";
    f.line(whole.formatted(channels));
    f.line(shifted ? "rolled = torch.roll(whole, [up, left], [1, 2])" : "rolled = whole");
    String cut = "torch.contiguous(torch.slice(torch.slice(rolled, 1, 0, h), 2, 0, w))";
    return f.let("cut", cut, x.shape());
  }

  /** For each pair of pixels of a window, the row of the bias table. */
  private static long[] relativePositions() {
    long[] index = new long[AREA * AREA];
    for (int a = 0; a < AREA; a++) {
      for (int b = 0; b < AREA; b++) {
        int down = a / WINDOW - b / WINDOW + WINDOW - 1;
        int across = a % WINDOW - b % WINDOW + WINDOW - 1;
        index[a * AREA + b] = (long) down * OFFSETS + across;
      }
    }
    return index;
  }

  private static long ceil(long pixels) {
    return (pixels + WINDOW - 1) / WINDOW;
  }
}
