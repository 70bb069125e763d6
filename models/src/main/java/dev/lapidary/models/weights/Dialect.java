package dev.lapidary.models.weights;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another library's names for a network of torchvision, as rules; it exists only where the two
 * networks compute the same, so that renaming is all that is needed.
 *
 * @param name as reports call it
 * @param marker a file with a name that contains it is read this way too
 * @param rules the first that matches a name translates it; a name without a rule stays. They are
 *     made when they are needed: to make all of them takes longer than to match a file without
 */
record Dialect(String name, Pattern marker, Supplier<List<Rule>> rules) {
  /** A whole name, and torchvision's for it. */
  record Rule(Pattern from, Function<MatchResult, String> to) {}

  static Rule rule(String from, Function<MatchResult, String> to) {
    return new Rule(Pattern.compile(from), to);
  }

  boolean isSpokenIn(Set<String> names) {
    return names.stream().anyMatch(name -> marker.matcher(name).find());
  }

  /** From this library's names to torchvision's. */
  UnaryOperator<String> translation() {
    List<Rule> made = rules.get();
    return name -> {
      for (Rule rule : made) {
        Matcher matcher = rule.from.matcher(name);
        if (matcher.matches()) {
          return rule.to.apply(matcher);
        }
      }
      return name;
    };
  }

  static int number(MatchResult match, int group) {
    return Integer.parseInt(match.group(group));
  }
}
