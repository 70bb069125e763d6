package dev.lapidary.core.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads and writes the model card as JSON: UTF-8, fields in the record's order, stable bytes. */
public final class CardJson {
  private CardJson() {}

  public static String write(ModelCard card) {
    try {
      return CardWriter.write(card);
    } catch (IOException e) {
      throw new IllegalStateException("a model card is always JSON", e);
    }
  }

  /**
   * @param source the file's name, for the message
   * @throws Failure (exit 2) if the text is no model card
   */
  public static ModelCard read(String json, String source) {
    try {
      long format = CardReader.format(json);
      if (format > ModelCard.FORMAT) {
        throw Failure.badInput(
            "[%s] its model card is of format %d, expected at most %d: a newer Lapidary wrote it; use"
                + " that one, or export the model again with this one",
            source, format, ModelCard.FORMAT);
      }
      return CardReader.read(json)
          .orElseThrow(
              () ->
                  Failure.badInput("[%s] its model card is null; export the model again", source));
    } catch (JsonProcessingException e) {
      throw Failure.badInput(
          "[%s] its model card is not readable: %s; export the model again",
          source, e.getOriginalMessage().lines().findFirst().orElse("not JSON"));
    }
  }

  public static ModelCard read(byte[] json, String source) {
    return read(new String(json, StandardCharsets.UTF_8), source);
  }
}
