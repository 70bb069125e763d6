package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import java.util.ArrayList;
import java.util.List;

/** Rows of pictures on one page: an image as evaluation sees it, then as training does. */
public final class ContactSheet {
  private static final int GAP = 4;

  private final Preprocessor preprocessor;
  private final Augmentation augmentation;
  private final int samples;
  private final List<List<RgbImage>> rows = new ArrayList<>();

  /**
   * @param samples augmented pictures a row, those of epochs 0, 1, 2 and so on
   */
  public ContactSheet(Preprocessor preprocessor, Augmentation augmentation, int samples) {
    this.preprocessor = preprocessor;
    this.augmentation = augmentation;
    this.samples = samples;
  }

  /** Adds a row. */
  public void add(RgbImage image) {
    List<RgbImage> row = new ArrayList<>();
    row.add(preprocessor.view(image));
    for (int epoch = 0; epoch < samples; epoch++) {
      row.add(preprocessor.shown(seen(image, epoch)));
    }
    rows.add(row);
  }

  /** The pictures themselves, row by row, the one that evaluation sees first. */
  public List<List<RgbImage>> rows() {
    return rows.stream().map(List::copyOf).toList();
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** All of it, the gaps black. */
  public RgbImage draw() {
    int cellWidth = preprocessor.rule().cropWidth() + GAP;
    int cellHeight = preprocessor.rule().cropHeight() + GAP;
    int width = cellWidth * (samples + 1) - GAP;
    int height = cellHeight * rows.size() - GAP;
    byte[] page = new byte[3 * width * height];
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c <= samples; c++) {
        RgbImage cell = rows.get(r).get(c);
        for (int y = 0; y < cell.height(); y++) {
          int at = 3 * ((r * cellHeight + y) * width + c * cellWidth);
          System.arraycopy(cell.pixels(), 3 * y * cell.width(), page, at, 3 * cell.width());
        }
      }
    }
    return new RgbImage(width, height, page);
  }

  private float[] seen(RgbImage image, int epoch) {
    float[] input = new float[preprocessor.rule().inputLength()];
    preprocessor.normalize(augmentation.of(image, epoch, rows.size()), input, 0);
    augmentation.normalized(input, 0, epoch, rows.size());
    return input;
  }
}
