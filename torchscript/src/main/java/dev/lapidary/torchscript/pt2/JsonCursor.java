package dev.lapidary.torchscript.pt2;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A JSON record, read from front to back without a tree: a third of a program's text is stack
 * traces, and a hostile one is nothing but brackets. Each method reads the value at the cursor and
 * leaves the cursor on its last token.
 */
final class JsonCursor {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(100)
                  .maxStringLength(1 << 20)
                  .maxNumberLength(100)
                  .build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private final String record;
  private final JsonParser parser;

  private JsonCursor(String record, JsonParser parser) {
    this.record = record;
    this.parser = parser;
  }

  /** What a record is read as, from its first value on. */
  static <T> T read(String record, ByteBuffer bytes, Function<JsonCursor, T> reader) {
    try (JsonParser parser =
        FACTORY.createParser(new ByteBufferBackedInputStream(bytes.duplicate()))) {
      JsonCursor cursor = new JsonCursor(record, parser);
      cursor.next();
      return reader.apply(cursor);
    } catch (IOException e) {
      throw Failure.badInput(
          "%s: is no JSON of a program: %s; the file is damaged",
          record, Quote.line(Failure.reason(e)));
    }
  }

  /**
   * An object.
   *
   * @param field reads the value of the field that it is given the name of, or leaves it
   */
  void object(Consumer<String> field) {
    require(JsonToken.START_OBJECT, "an object");
    while (next() != JsonToken.END_OBJECT) {
      String name = parsed(JsonParser::currentName);
      next();
      field.accept(name);
      parsed(JsonParser::skipChildren); // of an object or a list that was left
    }
  }

  /** An object of one field. */
  <T> T union(Function<String, T> member) {
    List<T> members = new ArrayList<>(1);
    object(
        kind -> {
          if (!members.isEmpty()) {
            throw refuse("a union of two kinds");
          }
          members.add(member.apply(kind));
        });
    return members.stream().findFirst().orElseThrow(() -> refuse("an empty union"));
  }

  /** One field of an object, others left out. */
  <T> T field(String field, Supplier<T> read) {
    List<T> found = new ArrayList<>(1);
    object(
        name -> {
          if (name.equals(field)) {
            found.clear(); // of a repeated one the last counts
            found.add(read.get());
          }
        });
    if (found.isEmpty()) {
      throw refuse("an object without " + Quote.of(field));
    }
    return found.get(0);
  }

  <T> List<T> list(Supplier<T> item) {
    List<T> items = new ArrayList<>(1);
    each(() -> items.add(item.get()));
    return List.copyOf(items);
  }

  void each(Runnable item) {
    require(JsonToken.START_ARRAY, "a list");
    while (next() != JsonToken.END_ARRAY) {
      item.run();
    }
  }

  boolean isNull() {
    return parser.currentToken() == JsonToken.VALUE_NULL;
  }

  String string() {
    require(JsonToken.VALUE_STRING, "a string");
    return parsed(JsonParser::getText);
  }

  long integer() {
    require(JsonToken.VALUE_NUMBER_INT, "an integer");
    try {
      return parser.getLongValue();
    } catch (IOException e) {
      throw refuse("an integer of more than 64 bits");
    }
  }

  /** A number; the writer puts what JSON has no number for between quotes. */
  double real() {
    if (parser.currentToken() == JsonToken.VALUE_STRING) {
      return switch (string()) {
        case "Infinity", "inf" -> Double.POSITIVE_INFINITY;
        case "-Infinity", "-inf" -> Double.NEGATIVE_INFINITY;
        case "NaN", "nan" -> Double.NaN;
        default -> throw refuse("a string, expected a number");
      };
    }
    if (!parser.currentToken().isNumeric()) {
      throw refuse("expected a number");
    }
    return parsed(JsonParser::getDoubleValue);
  }

  boolean bool() {
    if (!parser.currentToken().isBoolean()) {
      throw refuse("expected true or false");
    }
    return parser.currentToken() == JsonToken.VALUE_TRUE;
  }

  Failure refuse(String what) {
    return Failure.badInput(
        "%s: line %d, column %d: %s; the file is damaged",
        record,
        parser.currentLocation().getLineNr(),
        parser.currentLocation().getColumnNr(),
        Quote.line(what));
  }

  private void require(JsonToken token, String expected) {
    if (parser.currentToken() != token) {
      throw refuse("expected " + expected + ", found " + parser.currentToken());
    }
  }

  private JsonToken next() {
    JsonToken token = parsed(JsonParser::nextToken);
    if (token == null) {
      throw refuse("ends too early");
    }
    return token;
  }

  private interface Read<T> {
    T from(JsonParser parser) throws IOException;
  }

  private <T> T parsed(Read<T> read) {
    try {
      return read.from(parser);
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
  }
}
