package dev.lapidary.core.failure;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** "Did you mean": the names that a mistyped one is closest to, by Levenshtein's distance. */
public final class NearNames {
  private static final int MAX = 3;

  private NearNames() {}

  /** At most three names within a third of the name's length (at least 2), nearest first. */
  public static List<String> of(String name, Collection<String> known) {
    int limit = Math.max(2, name.length() / 3);
    return known.stream()
        .filter(candidate -> distance(name, candidate) <= limit)
        .sorted(
            Comparator.<String>comparingInt(candidate -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .limit(MAX)
        .toList();
  }

  /** {@code "; did you mean a or b?"}, or nothing where no name is near. */
  public static String hint(String name, Collection<String> known) {
    List<String> near = of(name, known);
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
