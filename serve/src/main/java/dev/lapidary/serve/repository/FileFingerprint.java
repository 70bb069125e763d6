package dev.lapidary.serve.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** Tells by a file's size, time and identity whether it is still the same, without reading it. */
public final class FileFingerprint {
  private FileFingerprint() {}

  /** Changes with the file; empty if it is gone. */
  public static Optional<String> of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(now.size() + " " + now.lastModifiedTime() + " " + now.fileKey());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
