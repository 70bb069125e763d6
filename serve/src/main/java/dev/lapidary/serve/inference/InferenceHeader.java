package dev.lapidary.serve.inference;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request's JSON (inference_rest.md, "Inference Request JSON Object"), without the elements of
 * its tensors, of which it says where in the bytes they begin: they are read when their type is
 * known, into no more memory than they take.
 *
 * @param binaryOutput whether outputs come as binary data unless one says otherwise
 * @param timeoutMicros 0 if it names none
 * @param priority 0 if it names none
 * @param binary whether an output is to come so, by its name, where it says so
 */
record InferenceHeader(
    String id,
    boolean binaryOutput,
    long timeoutMicros,
    long priority,
    List<Input> inputs,
    List<Wanted> outputs,
    Map<String, Boolean> binary) {
  private static final int MAX_TENSORS = 256;
  private static final int MAX_DIMENSIONS = 8;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(2 * MAX_DIMENSIONS)
                  .maxStringLength(Integer.MAX_VALUE) // at most the body, which has its own limit
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  /**
   * @param dataAt where its elements begin in the bytes
   * @param binarySize of its elements behind the JSON
   */
  record Input(
      String name, String datatype, List<Long> shape, OptionalInt dataAt, OptionalInt binarySize) {}

  /**
   * @throws InvalidRequest if it is no such JSON
   */
  static InferenceHeader read(byte[] body, int length) {
    if (length >= 3 && (body[0] & 0xff) == 0xef && (body[1] & 0xff) == 0xbb) {
      throw new InvalidRequest("the JSON begins with a byte order mark, expected plain UTF-8");
    }
    try (JsonParser json = FACTORY.createParser(body, 0, length)) {
      InferenceHeader header = new Reader(json).root();
      if (json.nextToken() != null) {
        throw new InvalidRequest("there is more behind the JSON's end%s", source(json));
      }
      return header;
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /** In our words: Jackson's name its classes. */
  static InvalidRequest invalid(IOException error) {
    if (error instanceof StreamConstraintsException) {
      return new InvalidRequest(
          "the JSON is nested too deeply, or has too long a number or name%s", source(error));
    }
    if (error instanceof JacksonException) {
      return new InvalidRequest("the body is not JSON%s", source(error));
    }
    return new InvalidRequest("the JSON is not text in UTF-8");
  }

  private static String source(IOException error) {
    return error instanceof JacksonException jackson ? source(jackson.getLocation()) : "";
  }

  private static String source(JsonParser json) {
    return source(json.currentLocation());
  }

  private static String source(JsonLocation at) {
    return at == null || at.getLineNr() < 1
        ? ""
        : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
  }

  /** One walk over the tokens. */
  private static final class Reader {
    private final JsonParser json;
    private String id = "";
    private boolean binaryOutput;
    private long timeout;
    private long priority;
    private final List<Input> inputs = new ArrayList<>();
    private final List<Wanted> outputs = new ArrayList<>();
    private final Map<String, Boolean> binary = new HashMap<>();

    Reader(JsonParser json) {
      this.json = json;
    }

    InferenceHeader root() throws IOException {
      json.nextToken();
      require(JsonToken.START_OBJECT, "the request", "an object");
      for (String field = nextField(); field != null; field = nextField()) {
        switch (field) {
          case "id" -> id = text("id");
          case "parameters" -> requestParameters();
          case "inputs" -> each("inputs", this::input);
          case "outputs" -> each("outputs", this::output);
          default -> json.skipChildren();
        }
      }
      if (inputs.isEmpty()) {
        throw new InvalidRequest(
            "there are no inputs, expected {\"inputs\":[{\"name\":…,\"shape\":…,\"datatype\":…,"
                + "\"data\":…}]}");
      }
      return new InferenceHeader(
          id, binaryOutput, timeout, priority, List.copyOf(inputs), outputs, Map.copyOf(binary));
    }

    @FunctionalInterface
    private interface Step {
      void read(String source) throws IOException;
    }

    private void each(String source, Step step) throws IOException {
      require(JsonToken.START_ARRAY, source, "a list");
      for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
        String own = source + "[" + i + "]";
        if (i >= MAX_TENSORS) {
          throw new InvalidRequest("%s: there are at most %d", own, MAX_TENSORS);
        }
        require(JsonToken.START_OBJECT, own, "an object");
        step.read(own);
      }
    }

    /** The next field of an object, at whose value the parser is then; null at the object's end. */
    private @Nullable String nextField() throws IOException {
      String field = json.nextFieldName();
      if (field != null) {
        json.nextToken();
      }
      return field;
    }

    private void requestParameters() throws IOException {
      require(JsonToken.START_OBJECT, "parameters", "an object");
      for (String field = nextField(); field != null; field = nextField()) {
        switch (field) {
          case "binary_data_output" -> binaryOutput = truth("parameters.binary_data_output");
          case "timeout" -> timeout = Math.max(0, whole("parameters.timeout"));
          case "priority" -> priority = priority();
          default -> json.skipChildren();
        }
      }
    }

    /** Any whole number from 0 on; one that is larger than all levels is the usual one. */
    private long priority() throws IOException {
      String source = "parameters.priority";
      require(JsonToken.VALUE_NUMBER_INT, source, "a whole number");
      if (json.getText().startsWith("-")) {
        throw new InvalidRequest(
            "%s is %s, expected at least 0", source, ClientText.brief(json.getText()));
      }
      boolean large = json.getNumberType() == JsonParser.NumberType.BIG_INTEGER;
      return large ? Long.MAX_VALUE : json.getLongValue();
    }

    private void input(String source) throws IOException {
      String name = "";
      String datatype = "";
      List<Long> shape = List.of();
      boolean hasShape = false;
      OptionalInt dataAt = OptionalInt.empty();
      OptionalInt binarySize = OptionalInt.empty();
      for (String field = nextField(); field != null; field = nextField()) {
        switch (field) {
          case "name" -> name = text(source + ".name");
          case "datatype" -> datatype = text(source + ".datatype");
          case "shape" -> {
            shape = shape(source + ".shape");
            hasShape = true;
          }
          case "parameters" -> binarySize = inputParameters(source + ".parameters");
          case "data" -> {
            require(JsonToken.START_ARRAY, source + ".data", "a list");
            dataAt = OptionalInt.of(offset());
            json.skipChildren();
          }
          default -> json.skipChildren();
        }
      }
      if (name.isEmpty() || datatype.isEmpty() || !hasShape) {
        throw new InvalidRequest("%s has no name, no datatype or no shape, expected all", source);
      }
      inputs.add(new Input(name, datatype, shape, dataAt, binarySize));
    }

    private int offset() {
      long at = json.currentTokenLocation().getByteOffset();
      if (at < 0) {
        throw new InvalidRequest("the JSON is not text in UTF-8");
      }
      return (int) at;
    }

    private OptionalInt inputParameters(String source) throws IOException {
      OptionalInt size = OptionalInt.empty();
      require(JsonToken.START_OBJECT, source, "an object");
      for (String field = nextField(); field != null; field = nextField()) {
        switch (field) {
          case "binary_data_size" -> size = OptionalInt.of(size(source + "." + field));
          case "shared_memory_region" ->
              throw new InvalidRequest(
                  "%s: this server shares no memory with its clients; send the data", source);
          default -> json.skipChildren();
        }
      }
      return size;
    }

    private void output(String source) throws IOException {
      String name = "";
      int classes = 0;
      Optional<Boolean> said = Optional.empty();
      for (String field = nextField(); field != null; field = nextField()) {
        if (field.equals("name")) {
          name = text(source + ".name");
        } else if (field.equals("parameters")) {
          require(JsonToken.START_OBJECT, source + ".parameters", "an object");
          for (String parameter = nextField(); parameter != null; parameter = nextField()) {
            String at = source + ".parameters." + parameter;
            switch (parameter) {
              case "classification" -> classes = size(at);
              case "binary_data" -> said = Optional.of(truth(at));
              case "shared_memory_region" ->
                  throw new InvalidRequest(
                      "%s: this server shares no memory with its clients", source);
              default -> json.skipChildren();
            }
          }
        } else {
          json.skipChildren();
        }
      }
      if (name.isEmpty()) {
        throw new InvalidRequest("%s has no name", source);
      }
      outputs.add(new Wanted(name, classes));
      if (said.isPresent()) {
        binary.put(name, said.get());
      }
    }

    private List<Long> shape(String source) throws IOException {
      require(JsonToken.START_ARRAY, source, "a list of whole numbers");
      List<Long> dims = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        long dim = whole(source);
        if (dim < 0 || dims.size() >= MAX_DIMENSIONS) {
          throw new InvalidRequest(
              "%s has a negative number, or more than %d", source, MAX_DIMENSIONS);
        }
        dims.add(dim);
      }
      return List.copyOf(dims);
    }

    private String text(String source) throws IOException {
      require(JsonToken.VALUE_STRING, source, "text");
      return json.getText();
    }

    private boolean truth(String source) {
      return switch (json.currentToken()) {
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        default -> throw new InvalidRequest("%s: expected true or false", ClientText.brief(source));
      };
    }

    private long whole(String source) throws IOException {
      require(JsonToken.VALUE_NUMBER_INT, source, "a whole number");
      if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw new InvalidRequest("%s: the number is too large", source);
      }
      return json.getLongValue();
    }

    private int size(String source) throws IOException {
      long size = whole(source);
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw new InvalidRequest(
            "%s is %d, expected 0..%d", ClientText.brief(source), size, Integer.MAX_VALUE);
      }
      return (int) size;
    }

    private void require(JsonToken expected, String source, String what) {
      if (json.currentToken() != expected) {
        throw new InvalidRequest("%s: expected %s%s", source, what, source(json));
      }
    }
  }
}
