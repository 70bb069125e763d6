package dev.lapidary.torchscript.pt2;

import java.util.Set;
import java.util.regex.Pattern;

/** Names of modules and their tensors: what of them may stand in the printed text, and how. */
final class ModulePaths {
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_-]{1,200}(\\.[A-Za-z0-9_-]{1,200}){0,60}");
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Set<String> RESERVED =
      Set.of(
          "False",
          "None",
          "True",
          "and",
          "as",
          "assert",
          "async",
          "await",
          "break",
          "class",
          "continue",
          "def",
          "del",
          "elif",
          "else",
          "except",
          "finally",
          "for",
          "from",
          "global",
          "if",
          "import",
          "in",
          "is",
          "lambda",
          "nonlocal",
          "not",
          "or",
          "pass",
          "raise",
          "return",
          "try",
          "while",
          "with",
          "yield",
          "self",
          "torch",
          "ops",
          "inf",
          "nan",
          "infj",
          "nanj",
          "CONSTANTS",
          "uninitialized",
          "annotate",
          "getattr",
          "int",
          "float",
          "bool",
          "str",
          "Tensor",
          "Module",
          "List",
          "Tuple",
          "Dict",
          "Optional",
          "Any",
          "Final",
          "Enum",
          "NamedTuple",
          "Future",
          "RRef",
          "Layer",
          "number",
          "device",
          "training",
          "forward",
          "__parameters__",
          "__buffers__",
          "__annotations__",
          "__torch__");

  private ModulePaths() {}

  /** Parts of letters, digits, underscores and hyphens, with dots between. */
  static boolean isPath(String path) {
    return PATH.matcher(path).matches();
  }

  static boolean isReserved(String name) {
    return RESERVED.contains(name);
  }

  /** Whether an attribute's name may stand in the text as it is. */
  static boolean isIdentifier(String name) {
    return IDENTIFIER.matcher(name).matches() && !isReserved(name);
  }

  /** {@code self.conv1}, {@code getattr(self.layer1, "0")}. */
  static String attribute(String owner, String name) {
    return isIdentifier(name) ? owner + "." + name : "getattr(%s, \"%s\")".formatted(owner, name);
  }

  /** The declaration in a class's text. */
  static String declaration(String name, String type) {
    return isIdentifier(name)
        ? "  %s : %s\n".formatted(name, type)
        : "  __annotations__[\"%s\"] = %s\n".formatted(name, type);
  }
}
