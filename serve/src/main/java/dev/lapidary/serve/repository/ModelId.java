package dev.lapidary.serve.repository;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * A model's version as a URL names it. Versions that are numbers are ordered as numbers, before all
 * others, which are ordered as text.
 *
 * @param name one to 64 letters, digits, {@code . _ -}, the first no dot
 * @param version the same
 */
public record ModelId(String name, String version) implements Comparable<ModelId> {
  private static final int MAX = 64;
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");
  private static final Comparator<String> VERSIONS =
      Comparator.comparing((String v) -> !NUMBER.matcher(v).matches())
          .thenComparing(v -> NUMBER.matcher(v).matches() ? new BigInteger(v) : BigInteger.ZERO)
          .thenComparing(Comparator.naturalOrder());

  public ModelId {
    if (!isSegment(name) || !isSegment(version)) {
      throw new IllegalArgumentException(
          "expected at most 64 letters, digits and ._- but the model is '%s', its version '%s'"
              .formatted(name, version));
    }
  }

  /** Whether it may be a name or a version. */
  public static boolean isSegment(String text) {
    return SEGMENT.matcher(text).matches();
  }

  /** The nearest that may be a name or a version: {@code MobileNet V2} is {@code MobileNet-V2}. */
  public static String segment(String text, String otherwise) {
    String cut = text.strip().replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^\\.+", "");
    String max = cut.length() > MAX ? cut.substring(0, MAX) : cut;
    return max.isEmpty() ? otherwise : max;
  }

  @Override
  public int compareTo(ModelId other) {
    int byName = name.compareTo(other.name);
    return byName != 0 ? byName : VERSIONS.compare(version, other.version);
  }
}
