package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.ModelFormat;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads a file.
 *
 * @param <M> what is loaded
 */
@FunctionalInterface
public interface ModelOpener<M> {
  /** Whether files of this name in a folder are models. */
  default boolean takes(String fileName) {
    return ModelFormat.ONNX.isName(fileName);
  }

  /**
   * @throws Failure (exit 2) if it cannot be served
   */
  Opened<M> open(Path file);

  /** A file that was read, and is not ready yet. */
  interface Opened<M> {
    /** As its card says. */
    Optional<String> name();

    /** As its card says. */
    Optional<String> version();

    /**
     * Makes it ready, or closes it.
     *
     * @throws LoadFailed if it must not be served
     */
    M ready(ModelId id) throws LoadFailed;

    /** It is in the repository, in place of what was there. */
    default void loaded(ModelId id) {}
  }
}
