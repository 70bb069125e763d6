package dev.lapidary.core.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
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
          .injectableValues(
              new InjectableValues.Std()
                  .addValue(Activation.class, Activation.SOFTMAX)
                  .addValue(Scores.class, Scores.LOGITS))
          .build();

  private CardReader() {}

  /** Empty for {@code null}, which is JSON. */
  static Optional<ModelCard> read(String json) throws JsonProcessingException {
    return Optional.ofNullable(MAPPER.readValue(json, ModelCard.class));
  }
}
