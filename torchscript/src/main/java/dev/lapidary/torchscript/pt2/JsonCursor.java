package dev.lapidary.torchscript.pt2;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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

  /**
   * Reads a record that holds one object.
   *
   * @param field reads the value of the field that it is given the name of
   */
  static void read(String record, ByteBuffer bytes, FieldReader field) {
    try (JsonParser parser = FACTORY.createParser(new Bytes(bytes.duplicate()))) {
      JsonCursor cursor = new JsonCursor(record, parser);
      cursor.next();
      cursor.object(name -> field.read(cursor, name));
    } catch (IOException e) {
      throw Failure.badInput(
          "%s: is no JSON of a program: %s; the file is damaged",
          record, Quote.line(Failure.reason(e)));
    }
  }

  /** Reads a field's value. */
  interface FieldReader {
    void read(JsonCursor cursor, String name);
  }

  private static final class Bytes extends InputStream {
    private final ByteBuffer bytes;

    private Bytes(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      if (!bytes.hasRemaining()) {
        return -1;
      }
      int count = Math.min(length, bytes.remaining());
      bytes.get(to, offset, count);
      return count;
    }
  }

  /** An object; each field that nobody wants has to be skipped. */
  void object(Consumer<String> field) {
    require(JsonToken.START_OBJECT, "an object");
    while (next() != JsonToken.END_OBJECT) {
      String name = name();
      next();
      field.accept(name);
    }
  }

  <T> List<T> list(Supplier<T> item) {
    require(JsonToken.START_ARRAY, "a list");
    List<T> items = new ArrayList<>(1);
    while (next() != JsonToken.END_ARRAY) {
      items.add(item.get());
    }
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
    try {
      return parser.getText();
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
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
    try {
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        return switch (parser.getText()) {
          case "Infinity", "inf" -> Double.POSITIVE_INFINITY;
          case "-Infinity", "-inf" -> Double.NEGATIVE_INFINITY;
          case "NaN", "nan" -> Double.NaN;
          default -> throw refuse("a string, expected a number");
        };
      }
      if (!parser.currentToken().isNumeric()) {
        throw refuse("expected a number");
      }
      return parser.getDoubleValue();
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
  }

  boolean bool() {
    if (!parser.currentToken().isBoolean()) {
      throw refuse("expected true or false");
    }
    return parser.currentToken() == JsonToken.VALUE_TRUE;
  }

  void skip() {
    try {
      parser.skipChildren();
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
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

  private String name() {
    try {
      return parser.currentName();
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
  }

  private JsonToken next() {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw refuse("ends too early");
      }
      return token;
    } catch (IOException e) {
      throw refuse(Failure.reason(e));
    }
  }
}
