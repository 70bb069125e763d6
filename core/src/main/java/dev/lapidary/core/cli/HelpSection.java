package dev.lapidary.core.cli;

import java.util.List;
import java.util.stream.Stream;

/**
 * Options of a command that its help lists under one heading, in this order.
 *
 * @param heading such as {@code Data}
 * @param usual the longest names of the options that {@code --help} shows
 * @param more of those that only {@code --help-all} shows
 */
public record HelpSection(String heading, List<String> usual, List<String> more) {
  public HelpSection {
    usual = List.copyOf(usual);
    more = List.copyOf(more);
  }

  /** The same of names with blanks between. */
  public static HelpSection of(String heading, String usual, String more) {
    return new HelpSection(heading, names(usual), names(more));
  }

  private static List<String> names(String text) {
    return Stream.of(text.split(" ")).filter(name -> !name.isEmpty()).toList();
  }

  /** With others after those that only {@code --help-all} shows. */
  public HelpSection with(List<String> others) {
    return new HelpSection(heading, usual, Stream.concat(more.stream(), others.stream()).toList());
  }

  /** A command that has so many options that its help has headings. */
  public interface Command {
    /** All of its own options; others are listed under Other. */
    List<HelpSection> sections();
  }
}
