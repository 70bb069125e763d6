package dev.lapidary.core.onnx;

import dev.lapidary.core.file.MappedFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** What an ONNX file says of itself in {@code metadata_props}, without its weights. */
public final class OnnxMetadata {
  private static final int MODEL_METADATA = 14;
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private OnnxMetadata() {}

  /**
   * @return the last value of the key, as ONNX Runtime takes it
   * @throws dev.lapidary.core.failure.Failure (exit 2) if it is no ONNX
   */
  public static Optional<String> of(Path file, String key) {
    return of(MappedFile.open(file), key);
  }

  /**
   * The same of a file's bytes.
   *
   * @throws dev.lapidary.core.failure.Failure (exit 2) if it is no ONNX
   */
  public static Optional<String> of(byte[] model, String key) {
    return of(MappedFile.over(ByteBuffer.wrap(model)), key);
  }

  private static Optional<String> of(MappedFile mapped, String key) {
    Protobuf model = new Protobuf(mapped.slice(0, mapped.size()), "model");
    Optional<String> found = Optional.empty();
    while (model.next()) {
      if (model.field() == MODEL_METADATA) {
        Protobuf entry = model.message("metadata_props");
        String name = "";
        String value = "";
        while (entry.next()) {
          if (entry.field() == KEY) {
            name = entry.text();
          } else if (entry.field() == VALUE) {
            value = entry.text();
          }
        }
        if (name.equals(key)) {
          found = Optional.of(value);
        }
      }
    }
    return found;
  }
}
