package dev.lapidary.torchscript.script;

import java.util.Map;
import java.util.function.UnaryOperator;

/** A file of an archive's code: its text, its syntax tree, and where in the text each node is. */
public final class SourceFile {
  private final String text;
  private final Map<String, Definition> definitions;
  private final Spans spans;

  private SourceFile(String text, Map<String, Definition> definitions, Spans spans) {
    this.text = text;
    this.definitions = definitions;
    this.spans = spans;
  }

  /**
   * @param path below {@code code/}
   * @throws dev.lapidary.core.failure.Failure (exit 2) with the place, if it cannot be parsed
   */
  public static SourceFile parse(String path, String text) {
    Spans spans = Spans.kept();
    return new SourceFile(
        text, Parser.parse("code/" + path, text, ScriptLimits.DEFAULT, spans), spans);
  }

  public String text() {
    return text;
  }

  /** By name, in the file's order. */
  public Map<String, Definition> definitions() {
    return definitions;
  }

  /**
   * Where a node of this file stands: a statement without the line's end, an expression without
   * brackets around it.
   */
  public Span span(SyntaxNode node) {
    return spans.find(node).orElseThrow(() -> new IllegalArgumentException("of no file: " + node));
  }

  /**
   * As it is written here; of what was made later, as {@link Printer} writes it, without indent.
   */
  public String text(Statement statement) {
    return spans
        .find(statement)
        .map(span -> text.substring(span.start(), span.end()))
        .orElseGet(() -> Printer.print(statement, 0).stripTrailing());
  }

  /**
   * The text with other expressions.
   *
   * @param change gives an expression of this file its replacement, or itself; its parts are asked
   *     first
   */
  public String with(UnaryOperator<Expression> change) {
    SourceEdit edit = new SourceEdit(this);
    definitions.values().forEach(definition -> edit.replaceAll(definition, change));
    return edit.apply();
  }
}
