package dev.lapidary.serve.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Where a version lies.
 *
 * @param name as its folder or file says; empty for a single file, which is called as its card says
 * @param version as its folder says; empty where there is none, and the card says it
 * @param file the ONNX file
 */
record ModelSource(Optional<String> name, Optional<String> version, Path file) {
  /** Changes with the file; empty if it is gone. */
  Optional<String> fingerprint() {
    try {
      BasicFileAttributes of = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(of.size() + " " + of.lastModifiedTime() + " " + of.fileKey());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
