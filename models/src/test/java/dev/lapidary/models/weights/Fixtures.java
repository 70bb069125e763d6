package dev.lapidary.models.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The files of src/test/resources/weights; its README.md says what they hold. */
final class Fixtures {
  private static final Map<String, Path> FILES = new ConcurrentHashMap<>();

  private Fixtures() {}

  static Path file(String name) {
    return FILES.computeIfAbsent("/weights/" + name, Golden::resourceFile);
  }

  static JsonNode expected() {
    try {
      return new ObjectMapper().readTree(file("expected.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
