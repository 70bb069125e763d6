package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;

/**
 * A piece of the text.
 *
 * @param text as written; of a string what it means
 * @param span its characters; none of an indentation's
 */
record Token(Kind kind, String text, SourceLocation at, Span span) {
  enum Kind {
    NAME("a name"),
    INTEGER("an integer"),
    FLOAT("a float"),
    COMPLEX("a complex number"),
    STRING("a string"),
    SYMBOL("a symbol"),
    NEWLINE("the end of the line"),
    INDENT("an indented block"),
    DEDENT("the end of the block"),
    END("the end of the file");

    private final String title;

    Kind(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  boolean is(String symbolOrKeyword) {
    return (kind == Kind.SYMBOL || kind == Kind.NAME) && text.equals(symbolOrKeyword);
  }

  /** Whether it is what lines and blocks are made by, and no part of what stands in them. */
  boolean isLayout() {
    return switch (kind) {
      case NEWLINE, INDENT, DEDENT, END -> true;
      default -> false;
    };
  }

  /** For messages. */
  String shown() {
    return switch (kind) {
      case NAME, INTEGER, FLOAT, COMPLEX, SYMBOL -> "'" + text + "'";
      default -> kind.title();
    };
  }
}
