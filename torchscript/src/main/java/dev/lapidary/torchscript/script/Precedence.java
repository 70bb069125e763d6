package dev.lapidary.torchscript.script;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How tight operators bind; the numbers only order them. */
final class Precedence {
  private static final Map<String, Integer> BINARY = new HashMap<>();

  static final int NOT = 3;
  static final int SIGN = 11;

  static {
    put(1, "or");
    put(2, "and");
    put(4, "in", "not", "is", "<", ">", "<=", ">=", "==", "!=");
    put(5, "|");
    put(6, "^");
    put(7, "&");
    put(8, "<<", ">>");
    put(9, "+", "-");
    put(10, "*", "/", "//", "%");
    put(12, "**");
  }

  private Precedence() {}

  /** Of an operator between two operands, or its first word ({@code not in}); 0: it is none. */
  static int of(String operator) {
    return BINARY.getOrDefault(operator, 0);
  }

  private static void put(int precedence, String... operators) {
    List.of(operators).forEach(operator -> BINARY.put(operator, precedence));
  }
}
