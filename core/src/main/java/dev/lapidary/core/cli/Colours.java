package dev.lapidary.core.cli;

import java.util.Map;

/**
 * Colours of messages, where a terminal shows them: {@code NO_COLOR} (no-color.org) and {@code
 * TERM=dumb} turn them off. The launcher knows which streams are terminals; Java 17 does not.
 */
public final class Colours {
  private static final String RESET = "\u001b[0m";
  private static final String RED = "\u001b[1;31m";
  private static final String YELLOW = "\u001b[33m";
  private static final String GREEN = "\u001b[32m";

  private final boolean on;

  private Colours(boolean on) {
    this.on = on;
  }

  /** Of stderr. */
  public static Colours ofErr() {
    return of(isTerminal("lapidary.terminal"), System.getenv());
  }

  /** Of stdout. */
  static Colours ofOut() {
    return of(isTerminal("lapidary.terminal.out"), System.getenv());
  }

  static Colours of(boolean terminal, Map<String, String> environment) {
    boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty();
    return new Colours(terminal && !refused && !"dumb".equals(environment.get("TERM")));
  }

  private static boolean isTerminal(String property) {
    return Boolean.getBoolean(property);
  }

  boolean on() {
    return on;
  }

  /** Of what failed. */
  public String error(String text) {
    return in(RED, text);
  }

  /** Of what a person should know. */
  public String warning(String text) {
    return in(YELLOW, text);
  }

  /** Of what is good. */
  public String good(String text) {
    return in(GREEN, text);
  }

  private String in(String colour, String text) {
    return on ? colour + text + RESET : text;
  }
}
