package dev.lapidary.core.card;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.image.Background;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A model card of its JSON, every field of which must be there and of its type. */
final class CardReader {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          // A card of a newer version may say more; what is missing is refused.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private static final String FORMAT = "format";

  private CardReader() {}

  /** The card's {@code format}; 1 where it says none, as all cards of that format do. */
  static long format(String json) throws JsonProcessingException {
    try (JsonParser in = MAPPER.createParser(json)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return 1;
      }
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        boolean found = in.currentName().equals(FORMAT);
        if (in.nextToken() == JsonToken.VALUE_NUMBER_INT && found) {
          return in.getLongValue();
        }
        in.skipChildren();
      }
      return 1;
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException("text in memory is always readable", e);
    }
  }

  /** Empty for {@code null}, which is JSON. */
  static Optional<ModelCard> read(String json) throws JsonProcessingException {
    JsonNode card = MAPPER.readTree(json);
    if (card instanceof ObjectNode fields) {
      addLeftOut(fields);
    }
    return Optional.ofNullable(MAPPER.treeToValue(card, ModelCard.class));
  }

  /**
   * What every reader takes for granted. Put into the tree, and not injected by Jackson: of its
   * versions in programs of others 2.19 cannot inject into records.
   */
  private static void addLeftOut(ObjectNode card) {
    if (!card.has("activation")) {
      card.put("activation", "softmax");
    }
    if (!card.has("scores")) {
      card.put("scores", "logits");
    }
    if (!card.has("trunk")) {
      card.putNull("trunk");
    }
    if (card.get("input") instanceof ObjectNode input && !input.has("anySize")) {
      input.put("anySize", false);
    }
    if (card.get("preprocessing") instanceof ObjectNode rule && !rule.has("alpha")) {
      rule.put("alpha", Background.BLACK.toString());
    }
    if (card.get("quantization") instanceof ObjectNode how && !how.has("target")) {
      how.put("target", ModelCard.Quantization.CPU);
    }
  }
}
