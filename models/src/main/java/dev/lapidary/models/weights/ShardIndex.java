package dev.lapidary.models.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code model.safetensors.index.json}: the file of each tensor, beside the index itself ({@code
 * huggingface_hub}, "split_torch_state_dict_into_shards").
 */
final class ShardIndex {
  private static final long LONGEST = 100_000_000;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .build();

  private ShardIndex() {}

  /**
   * @throws Failure exit 2 if it is no index, or names a file that is not beside it
   */
  static Map<String, String> read(Path index) {
    Map<String, String> folders = new LinkedHashMap<>();
    try {
      if (Files.size(index) > LONGEST) {
        throw Failure.badInput("an index of more than %d bytes; no network has so many", LONGEST);
      }
      try (InputStream bytes = Files.newInputStream(index);
          JsonParser in = JSON.createParser(bytes)) {
        require(in, in.nextToken() == JsonToken.START_OBJECT, "an object");
        while (in.nextToken() == JsonToken.FIELD_NAME) {
          boolean isMap = in.currentName().equals("weight_map");
          in.nextToken();
          if (isMap) {
            weightMap(in, folders);
          } else {
            in.skipChildren();
          }
        }
        require(in, in.currentToken() == JsonToken.END_OBJECT && in.nextToken() == null, "the end");
      }
    } catch (IOException e) {
      throw Failure.badInput("its index cannot be read: %s", Quote.of(Failure.reason(e)));
    }
    if (folders.isEmpty()) {
      throw Failure.badInput("its index has no weight_map; expected names and their files");
    }
    return folders;
  }

  private static void weightMap(JsonParser in, Map<String, String> folders) throws IOException {
    require(in, in.currentToken() == JsonToken.START_OBJECT, "an object");
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      require(in, in.nextToken() == JsonToken.VALUE_STRING, "a file's name");
      folders.put(name, beside(in.getText()));
    }
  }

  /** Only a plain name: an index is data of others, and must not choose files elsewhere. */
  private static String beside(String file) {
    boolean plain =
        !file.isEmpty()
            && !file.equals(".")
            && !file.equals("..")
            && file.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    if (!plain) {
      throw Failure.badInput(
          "its index names the file %s; expected the name of a file beside it", Quote.of(file));
    }
    return file;
  }

  private static void require(JsonParser in, boolean fine, String expected) {
    if (!fine) {
      throw Failure.badInput(
          "its index at byte %d: expected %s, found %s",
          in.currentTokenLocation().getByteOffset(), expected, in.currentToken());
    }
  }
}
