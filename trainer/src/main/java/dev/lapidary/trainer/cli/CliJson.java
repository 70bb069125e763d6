package dev.lapidary.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;

/** What {@code --json} prints: records as JSON, one document, indented. */
final class CliJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private CliJson() {}

  static String write(Object records) {
    try {
      return MAPPER.writeValueAsString(records);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records are always JSON", e);
    }
  }
}
