package dev.lapidary.core.image;

/** The five filters of PNG (section 9), undone in place. */
final class PngFilter {
  private PngFilter() {}

  /**
   * @param row the filter's number, then the filtered bytes
   * @param above the row above, undone; zeros above the first
   * @param step bytes of a pixel, at least 1
   */
  static void undo(byte[] row, byte[] above, int step) {
    switch (row[0]) {
      case 0 -> {}
      case 1 -> sub(row, step);
      case 2 -> up(row, above);
      case 3 -> average(row, above, step);
      case 4 -> paeth(row, above, step);
      default -> throw UndecodableImage.broken("damaged PNG: filter %d", row[0] & 0xff);
    }
  }

  private static void sub(byte[] row, int step) {
    for (int i = 1 + step; i < row.length; i++) {
      row[i] += row[i - step];
    }
  }

  private static void up(byte[] row, byte[] above) {
    for (int i = 1; i < row.length; i++) {
      row[i] += above[i];
    }
  }

  private static void average(byte[] row, byte[] above, int step) {
    for (int i = 1; i < row.length; i++) {
      int left = i > step ? row[i - step] & 0xff : 0;
      row[i] += (byte) ((left + (above[i] & 0xff)) >> 1);
    }
  }

  private static void paeth(byte[] row, byte[] above, int step) {
    int first = Math.min(step + 1, row.length);
    for (int i = 1; i < first; i++) {
      row[i] += above[i];
    }
    for (int i = first; i < row.length; i++) {
      int a = row[i - step] & 0xff;
      int b = above[i] & 0xff;
      int c = above[i - step] & 0xff;
      int pa = Math.abs(b - c);
      int pb = Math.abs(a - c);
      int pc = Math.abs(a + b - 2 * c);
      row[i] += (byte) (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    }
  }
}
