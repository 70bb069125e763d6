package dev.lapidary.core.card;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.lapidary.core.image.Background;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A model card as JSON, each record as its components in their order. Jackson's own binding of
 * records would need a tenth of a second before its first one, a twentieth of an export.
 */
final class CardWriter {
  private static final JsonFactory JSON = new JsonFactory();

  /** What every reader takes for granted, by the names of components: it is not written. */
  private static final Map<String, Object> GRANTED =
      Map.of(
          "activation", Activation.SOFTMAX,
          "scores", Scores.LOGITS,
          "anySize", false,
          "alpha", Background.BLACK,
          "target", ModelCard.Quantization.CPU);

  private final JsonGenerator json;

  private CardWriter(JsonGenerator json) {
    this.json = json;
  }

  static String write(ModelCard card) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      boolean background =
          card.preprocessing().filter(p -> !p.alpha().equals(Background.BLACK)).isPresent();
      if (card.input().anySize() || background) { // what a reader of format 1 would feed wrongly
        json.writeNumberField("format", ModelCard.FORMAT);
      }
      new CardWriter(json).fields(card);
      json.writeEndObject();
    }
    return text.toString();
  }

  private void fields(Record record) throws IOException {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = valueOf(component, record);
      if (!value.equals(GRANTED.get(component.getName()))) {
        json.writeFieldName(component.getName());
        write(value);
      }
    }
  }

  private static Object valueOf(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a card's records are public", e);
    }
  }

  private void write(Object value) throws IOException {
    if (value instanceof Optional<?> maybe) {
      if (maybe.isPresent()) {
        write(maybe.get());
      } else {
        json.writeNull();
      }
    } else if (value instanceof Activation || value instanceof Scores) {
      json.writeString(value.toString().toLowerCase(Locale.ROOT));
    } else if (value instanceof Record record && !(value instanceof Background)) {
      json.writeStartObject();
      fields(record);
      json.writeEndObject();
    } else if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.writeFieldName(String.valueOf(entry.getKey()));
        write(entry.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof Iterable<?> items) {
      json.writeStartArray();
      for (Object item : items) {
        write(item);
      }
      json.writeEndArray();
    } else if (value instanceof Number || value instanceof Boolean) {
      json.writeObject(value);
    } else {
      json.writeString(value.toString());
    }
  }
}
