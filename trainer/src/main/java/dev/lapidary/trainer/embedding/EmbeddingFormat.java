package dev.lapidary.trainer.embedding;

import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** What a file of embeddings can be; its name's ending says which. */
public enum EmbeddingFormat {
  /**
   * NumPy: {@code embeddings} [N, ...], {@code labels} [N], or [N, classes] 0 and 1 of multi-label
   * data, {@code paths} [N], {@code classes}; of images without labels embeddings and paths alone.
   */
  NPZ,
  /**
   * Parquet: a row an image, {@code path}, {@code label}, {@code class}, {@code embedding}; of
   * multi-label data {@code labels}, joined by {@code |}, for label and class; of images without
   * labels neither.
   */
  PARQUET;

  /**
   * @throws Failure (exit 2) for another ending
   */
  public static EmbeddingFormat of(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> name.endsWith("." + format.name().toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                Failure.badInput(
                    "%s: embeddings are written as .npz (NumPy) or .parquet; choose another --out",
                    file));
  }
}
