package dev.lapidary.models.zoo;

/**
 * The text that cuts [N, H, W, C] into square windows and puts them together again (arXiv
 * 2103.14030, section 3.2): sizes that are no multiple of a window are padded, every second block
 * shifts by half a window, and a window that spans the image is not shifted.
 *
 * @param side of a window, in positions
 */
record Windows(int side, boolean shifted) {

  int area() {
    return side * side;
  }

  /** Offsets between two positions of a window, along one side. */
  int offsets() {
    return 2 * side - 1;
  }

  /** All windows, [N * windows, side * side, channels]; names {@code n} and {@code count}. */
  Value split(Forward f, Value x, int channels) {
    pad(f);
    shift(f);
    long windows = ceil(x.size(1)) * ceil(x.size(2));
    f.line("grid = torch.view(placed, [n, rows, %d, columns, %d, %d])", side, side, channels);
    f.line("count = torch.mul(rows, columns)");
    String text =
        "torch.reshape(torch.permute(grid, [0, 1, 3, 2, 4, 5]), [torch.mul(n, count), %d, %d])";
    return f.let("windows", text.formatted(area(), channels), windows, area(), channels);
  }

  private void pad(Forward f) {
    f.line("n = torch.size(x, 0)");
    f.line("h = torch.size(x, 1)");
    f.line("w = torch.size(x, 2)");
    f.line("bottom = torch.remainder(torch.sub(%1$d, torch.remainder(h, %1$d)), %1$d)", side);
    f.line("right = torch.remainder(torch.sub(%1$d, torch.remainder(w, %1$d)), %1$d)", side);
    f.line("padded = torch.pad(x, [0, 0, 0, right, 0, bottom])");
    f.line("rows = torch.floordiv(torch.add(h, bottom), %d)", side);
    f.line("columns = torch.floordiv(torch.add(w, right), %d)", side);
  }

  /** Half a window up and left, along the sides that have more than one window. */
  private void shift(Forward f) {
    if (!shifted) {
      f.line("placed = padded");
      return;
    }
    f.line("if torch.gt(rows, 1):");
    f.line("  up = %d", side / 2);
    f.line("else:");
    f.line("  up = 0");
    f.line("if torch.gt(columns, 1):");
    f.line("  left = %d", side / 2);
    f.line("else:");
    f.line("  left = 0");
    f.line("placed = torch.roll(padded, [torch.neg(up), torch.neg(left)], [1, 2])");
  }

  /**
   * Makes {@code masked} of {@code scores}. Pixels that only the shift brought together do not see
   * each other: nine regions are numbered, and pairs of different numbers get -100.
   */
  void mask(Forward f, int heads) {
    if (!shifted) {
      f.line("masked = scores");
      return;
    }
    f.line(
        "regions = torch.new_zeros(windows, [torch.mul(rows, %d), torch.mul(columns, %d)])",
        side, side);
    String[] rows = {"0, -" + side, "-" + side + ", torch.neg(up)", "torch.neg(up)"};
    String[] columns = {"0, -" + side, "-" + side + ", torch.neg(left)", "torch.neg(left)"};
    for (int i = 0; i < 9; i++) {
      String band = "torch.slice(regions, 0, " + rows[i / 3] + ")";
      f.line("part%d = torch.slice(%s, 1, %s)", i, band, columns[i % 3]);
      String type = "dtype=ops.prim.dtype(part%d), device=ops.prim.device(part%d)";
      String number = "torch.tensor(%d, ".formatted(i) + type.formatted(i, i) + ")";
      f.line("filled%d = torch.copy_(part%d, %s)", i, i, number);
    }
    f.line(
        "tiles = torch.permute(torch.view(regions, [rows, %d, columns, %d]), [0, 2, 1, 3])",
        side, side);
    f.line("numbers = torch.reshape(tiles, [count, %d])", area());
    f.line("apart = torch.sub(torch.unsqueeze(numbers, 1), torch.unsqueeze(numbers, 2))");
    f.line("blocked = torch.masked_fill(apart, torch.ne(apart, 0), -100.)");
    f.line("hidden = torch.unsqueeze(torch.unsqueeze(blocked, 1), 0)");
    f.line("images = torch.view(scores, [n, count, %d, %d, %d])", heads, area(), area());
    f.line(
        "masked = torch.view(torch.add(images, hidden), [-1, %d, %d, %d])", heads, area(), area());
  }

  /** Windows back to their places, unshifted, without the padding. */
  Value join(Forward f, Value x, Value out, int channels) {
    f.line(
        "back = torch.view(%s, [n, rows, columns, %d, %d, %d])", out.name(), side, side, channels);
    f.line("across = torch.permute(back, [0, 1, 3, 2, 4, 5])");
    f.line(
        "whole = torch.reshape(across, [n, torch.mul(rows, %d), torch.mul(columns, %d), %d])",
        side, side, channels);
    f.line("rolled = %s", shifted ? "torch.roll(whole, [up, left], [1, 2])" : "whole");
    String cut = "torch.contiguous(torch.slice(torch.slice(rolled, 1, 0, h), 2, 0, w))";
    return f.let("cut", cut, x.shape());
  }

  /** For each pair of positions of a window, the row of the table of biases. */
  Init relativePositions() {
    int area = area();
    long[] index = new long[area * area];
    for (int a = 0; a < area; a++) {
      for (int b = 0; b < area; b++) {
        int down = a / side - b / side + side - 1;
        int across = a % side - b % side + side - 1;
        index[a * area + b] = (long) down * offsets() + across;
      }
    }
    return Init.fixed(index);
  }

  private long ceil(long pixels) {
    return (pixels + side - 1) / side;
  }
}
