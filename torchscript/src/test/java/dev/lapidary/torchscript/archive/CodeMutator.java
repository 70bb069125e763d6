package dev.lapidary.torchscript.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Changes a program token by token and line by line, so that most of it still makes sense. */
final class CodeMutator {
  private static final Pattern TOKEN =
      Pattern.compile("\"[^\"\\n]*\"|\\d[\\w.]*(?:[eE][-+]?\\d+)?|\\w+|\\n *|[^\\w\\s\"]| +");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "2",
          "3",
          "7",
          "-1",
          "64",
          "1000",
          "65536",
          "2147483647",
          "4294967296",
          "9223372036854775807",
          "0.5",
          "1e30",
          "1e-30",
          "inf",
          "nan");

  private static final List<String> WORDS =
      List.of("True", "False", "None", "self", "x", "torch", "[]", "[1, 1]", "int", "Tensor");

  private static final List<String> STATEMENTS =
      List.of(
          "pass",
          "return x",
          "x = [x, x]",
          "x = torch.relu(x)",
          "x = torch.add(x, x)",
          "x = torch.cat([x, x], 1)",
          "x = torch.view(x, [-1])",
          "x = torch.zeros([1000, 1000])",
          "x = torch.repeat(x, [1, 2, 2, 2])",
          "y = torch.append([1], 2)",
          "while True:",
          "for i in range(1000000000):",
          "if True:",
          "else:");

  private CodeMutator() {}

  static String mutate(String code, Random random) {
    List<String> tokens = tokens(code);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      change(tokens, random);
    }
    return String.join("", tokens);
  }

  private static List<String> tokens(String code) {
    List<String> tokens = new ArrayList<>();
    for (Matcher matcher = TOKEN.matcher(code); matcher.find(); ) {
      tokens.add(matcher.group());
    }
    return tokens;
  }

  private static void change(List<String> tokens, Random random) {
    int at = solid(tokens, random);
    switch (random.nextInt(8)) {
      case 0 -> tokens.set(at, alike(tokens, tokens.get(at), random));
      case 1 -> tokens.set(at, alike(tokens, tokens.get(at), random));
      case 2 -> tokens.set(number(tokens, at), any(NUMBERS, random));
      case 3 -> tokens.set(at, any(WORDS, random));
      case 4 -> tokens.remove(at);
      case 5 -> tokens.add(at, tokens.get(at));
      case 6 -> line(tokens, at, random);
      default -> tokens.add(end(tokens, at), indent(tokens, at) + any(STATEMENTS, random));
    }
  }

  private static String any(List<String> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }

  /** A token that is no space. */
  private static int solid(List<String> tokens, Random random) {
    int at = random.nextInt(tokens.size());
    while (tokens.get(at).isBlank()) {
      at = (at + 1) % tokens.size();
    }
    return at;
  }

  /** The nearest number behind, or the token itself if there is none. */
  private static int number(List<String> tokens, int from) {
    for (int at = from; at < tokens.size(); at++) {
      if (Character.isDigit(tokens.get(at).charAt(0))) {
        return at;
      }
    }
    return from;
  }

  /** Another token of the same kind, from near by: another name, number, text or sign. */
  private static String alike(List<String> tokens, String token, Random random) {
    for (int tries = 0; tries < 50; tries++) {
      String other = tokens.get(solid(tokens, random));
      if (kind(other) == kind(token) && !other.equals(token)) {
        return other;
      }
    }
    return token;
  }

  private static int kind(String token) {
    char c = token.charAt(0);
    return Character.isDigit(c) ? 0 : Character.isLetter(c) || c == '_' ? 1 : c == '"' ? 2 : 3;
  }

  /** Repeats, removes or moves a line. */
  private static void line(List<String> tokens, int at, Random random) {
    int start = start(tokens, at);
    List<String> line = new ArrayList<>(tokens.subList(start, end(tokens, at)));
    switch (random.nextInt(3)) {
      case 0 -> tokens.addAll(start, line);
      case 1 -> tokens.subList(start, start + line.size()).clear();
      default -> {
        tokens.subList(start, start + line.size()).clear();
        int to = tokens.isEmpty() ? 0 : start(tokens, random.nextInt(tokens.size()));
        tokens.addAll(to, line);
      }
    }
  }

  private static int start(List<String> tokens, int from) {
    int at = from;
    while (at > 0 && tokens.get(at).charAt(0) != '\n') {
      at--;
    }
    return at;
  }

  private static int end(List<String> tokens, int from) {
    int at = from;
    while (at < tokens.size() && tokens.get(at).charAt(0) != '\n') {
      at++;
    }
    return at;
  }

  private static String indent(List<String> tokens, int at) {
    String line = tokens.get(start(tokens, at));
    return line.charAt(0) == '\n' ? line : "\n";
  }
}
