package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a file of code defines. */
public sealed interface Definition extends SyntaxNode {
  String name();

  record Function(
      SourceLocation at,
      String name,
      List<Parameter> parameters,
      Optional<Expression> returns,
      List<Statement> body)
      implements Definition {}

  /**
   * @param keywordOnly whether it comes behind a {@code *}
   */
  record Parameter(
      String name,
      Optional<Expression> type,
      Optional<Expression> defaultValue,
      boolean keywordOnly) {}

  /**
   * A module, a plain class, a NamedTuple, an Enum or an interface.
   *
   * @param base {@code Module}, {@code NamedTuple}, {@code Enum}, ...; empty for a plain class
   * @param parameters names in {@code __parameters__}
   * @param buffers names in {@code __buffers__}; empty if the text (of an old printer) has none
   * @param attributes type by name, in the text's order
   * @param constants {@code Final} attributes and enum constants, value by name
   */
  record ClassDef(
      SourceLocation at,
      String name,
      String base,
      List<String> parameters,
      Optional<List<String>> buffers,
      Map<String, Expression> attributes,
      Map<String, Expression> constants,
      Map<String, Function> methods)
      implements Definition {
    public boolean isModule() {
      return base.equals("Module");
    }
  }
}
