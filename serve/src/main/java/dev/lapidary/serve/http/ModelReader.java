package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;

/** Reads a model's file, with whatever its user says of it. */
@FunctionalInterface
public interface ModelReader {
  /**
   * @throws Failure (exit 2) if it cannot be served
   */
  ReadModel read(Path file);
}
