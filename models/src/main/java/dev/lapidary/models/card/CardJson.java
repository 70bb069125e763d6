package dev.lapidary.models.card;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.models.failure.Failure;
import java.nio.charset.StandardCharsets;

/** Reads and writes the model card as JSON: UTF-8, fields in the record's order, stable bytes. */
public final class CardJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          // A card of a newer version may say more; what is missing is refused.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .injectableValues(
              new InjectableValues.Std().addValue(Activation.class, Activation.SOFTMAX))
          .build();

  /** Softmax is what every reader takes for granted, so it is not written. */
  private static final ObjectWriter OF_SOFTMAX =
      MAPPER.copy().addMixIn(ModelCard.class, WithoutActivation.class).writer();

  @JsonIgnoreProperties("activation")
  private interface WithoutActivation {}

  private CardJson() {}

  public static String write(ModelCard card) {
    try {
      return card.activation() == Activation.SOFTMAX
          ? OF_SOFTMAX.writeValueAsString(card)
          : MAPPER.writeValueAsString(card);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a model card is always JSON", e);
    }
  }

  /**
   * @param place the file's name, for the message
   * @throws Failure (exit 2) if the text is no model card
   */
  public static ModelCard read(String json, String place) {
    try {
      ModelCard card = MAPPER.readValue(json, ModelCard.class);
      if (card == null) {
        throw Failure.badInput("[%s] its model card is null; export the model again", place);
      }
      return card;
    } catch (JsonProcessingException e) {
      throw Failure.badInput(
          "[%s] its model card is not readable: %s; export the model again",
          place, e.getOriginalMessage().lines().findFirst().orElse("not JSON"));
    }
  }

  public static ModelCard read(byte[] json, String place) {
    return read(new String(json, StandardCharsets.UTF_8), place);
  }
}
