package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.ModelFormat;
import java.nio.file.Path;

/** Reads a model's file, with whatever its user says of it. */
@FunctionalInterface
public interface ModelReader {
  /** Whether files of this name in a folder are models. */
  default boolean takes(String fileName) {
    return ModelFormat.ONNX.isName(fileName);
  }

  /**
   * @throws Failure (exit 2) if it cannot be served
   */
  ReadModel read(Path file);
}
