package dev.lapidary.models.weights;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another library's names for a network of torchvision, as rules; it exists only where the two
 * networks compute the same, so that renaming is all that is needed, and putting together what the
 * other library has in parts.
 *
 * @param name as reports call it
 * @param marker a file with a name that contains it is read this way too
 * @param rules the first that matches a name translates it; a name without a rule stays. They are
 *     made when they are needed: to make all of them takes longer than to match a file without
 * @param parts what is put together before; empty for most
 */
record Dialect(String name, Pattern marker, Supplier<List<Rule>> rules, Optional<Parts> parts) {

  /**
   * Modules that are one here, their outputs one below the other.
   *
   * @param names last names of the parts, in their order
   * @param whole the last name of the one that they become, for the rules
   */
  record Parts(List<String> names, String whole) {}

  /** A whole name, and torchvision's for it. */
  record Rule(Pattern from, Function<MatchResult, String> to) {}

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
}
