package dev.lapidary.torchscript.script;

import java.util.Set;
import java.util.regex.Pattern;

/** Names that TorchScript's text has as they are: {@code self.conv1}. */
public final class Identifiers {
  private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** Python's and TorchScript's own words, which its lexer gives to no name. */
  private static final Set<String> KEYWORDS =
      Set.of(
          """
          False None True and as assert async await break class continue def del elif else except
          finally for from global if import in is lambda nonlocal not or pass raise return try
          while with yield inf nan infj nanj
          """
              .split("\\s+"));

  private Identifiers() {}

  /** Whether an attribute of that name can be read with a dot; any other one by {@code getattr}. */
  public static boolean is(String name) {
    return WORD.matcher(name).matches() && !KEYWORDS.contains(name);
  }
}
