package dev.lapidary.runtime.model;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Runs TorchScript archives. Lapidary's module {@code pytorch} has one, by libtorch; it is found by
 * {@link ServiceLoader} where that module is on the class path, and nothing of it is loaded before
 * it is asked for.
 */
public interface TorchScriptEngine {
  /**
   * Reads an archive; nothing of it is run.
   *
   * @throws Failure (exit 2) if it is no sound archive, (exit 4) if its program does what no
   *     classifier needs
   */
  Archive read(Path file);

  /** An archive that was read. */
  interface Archive {
    /** What it says of itself. */
    Optional<ModelCard> card();

    /**
     * What its last operators make of its logits.
     *
     * @throws Failure (exit 2 or 4) if that cannot be told
     */
    Ending ending(int channels, int height, int width);

    /**
     * @param threads that one run uses; the same for all archives of a process
     * @throws Failure (exit 2) if libtorch cannot load or run it, (exit 4) if there is no libtorch
     *     for this machine
     */
    ImageNetwork open(int channels, int height, int width, int threads);
  }
}
