package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.util.function.Supplier;

/** Reads the union {@code Argument} of {@code torch/_export/serde/schema.py}. */
final class ArgumentReader {
  private static final int LONGEST_NAME = 1000;

  private final JsonCursor json;

  ArgumentReader(JsonCursor json) {
    this.json = json;
  }

  /** {@code {"as_tensor": {"name": "conv2d"}}}: an object of one field. */
  ExportArgument read() {
    return json.union(this::member);
  }

  /** A field {@code name} of the object at the cursor. */
  String named() {
    return json.field("name", this::name);
  }

  private ExportArgument member(String kind) {
    return switch (kind) {
      case "as_none" -> ExportArgument.None.NONE;
      case "as_tensor" -> new ExportArgument.Ref(named());
      case "as_optional_tensor" -> json.isNull() ? ExportArgument.None.NONE : read();
      case "as_tensors" -> list(() -> new ExportArgument.Ref(named()));
      case "as_optional_tensors" -> list(this::read);
      case "as_int" -> new ExportArgument.Int(json.integer());
      case "as_ints" -> list(() -> new ExportArgument.Int(json.integer()));
      case "as_float" -> new ExportArgument.Real(json.real());
      case "as_floats" -> list(() -> new ExportArgument.Real(json.real()));
      case "as_bool" -> new ExportArgument.Bool(json.bool());
      case "as_bools" -> list(() -> new ExportArgument.Bool(json.bool()));
      case "as_string" -> new ExportArgument.Str(text());
      case "as_strings" -> list(() -> new ExportArgument.Str(text()));
      case "as_sym_int", "as_sym_float", "as_sym_bool" -> symbol();
      case "as_sym_ints", "as_sym_floats", "as_sym_bools" -> list(this::symbol);
      default -> other(kind);
    };
  }

  private ExportArgument other(String kind) {
    return switch (kind) {
      case "as_scalar_type" ->
          new ExportArgument.ScalarType(ExportEnums.scalarType(json.integer()));
      case "as_memory_format" ->
          new ExportArgument.Literal(ExportEnums.memoryFormat(json.integer()));
      case "as_layout" -> {
        ExportEnums.requireStrided(json.integer());
        yield new ExportArgument.Literal("0");
      }
      case "as_device" -> new ExportArgument.Literal("torch.device(\"cpu\")");
      case "as_graph" -> new ExportArgument.Part(Subgraph.read(json));
      case "as_custom_obj", "as_opaque_obj" ->
          throw Failure.unsupported(
              "the program has a custom or opaque object as an argument, whose class is code;"
                  + " export the network without it");
      default -> throw Failure.unsupported("an argument of the kind %s", Quote.of(kind));
    };
  }

  /** A number that sizes give, or a plain one. */
  private ExportArgument symbol() {
    return json.union(
        kind ->
            switch (kind) {
              case "as_name" -> new ExportArgument.Ref(name());
              case "as_int" -> new ExportArgument.Int(json.integer());
              case "as_float" -> new ExportArgument.Real(json.real());
              case "as_bool" -> new ExportArgument.Bool(json.bool());
              default -> throw json.refuse("a symbol of the kind " + Quote.of(kind));
            });
  }

  private ExportArgument list(Supplier<ExportArgument> item) {
    return new ExportArgument.ListOf(json.list(item));
  }

  private String text() {
    String text = json.string();
    if (text.length() > LONGEST_NAME) {
      throw json.refuse("a string argument of " + text.length() + " characters");
    }
    return text;
  }

  /** A value's name: only looked up, never printed into the text. */
  String name() {
    String name = json.string();
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      throw json.refuse("a name of " + name.length() + " characters");
    }
    return name;
  }
}
