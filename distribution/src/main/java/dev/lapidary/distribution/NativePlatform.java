package dev.lapidary.distribution;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A system and its processor, however a library's jar calls them: {@code linux-x64}, {@code
 * Linux/x86_64} and {@code linux-x86-64} are one.
 */
record NativePlatform(String system, String processor) {
  private static final Pattern NATIVE =
      Pattern.compile(".*\\.(so|dll|dylib|jnilib|lib|a)(\\.[0-9.]+)?");

  /** Systems that have other names. */
  private static final Map<String, String> OTHERS =
      Map.of("osx", "mac", "macos", "mac", "darwin", "mac", "win", "windows", "win32", "windows");

  private static final Set<String> SYSTEMS =
      Set.of("linux mac windows android freebsd openbsd dragonflybsd sunos aix".split(" "));

  private static final Set<String> PROCESSORS =
      Set.of(
          """
          x64 x86 aarch64 arm armv6 armv7 armel ppc ppc64 ppc64le s390x loongarch64 mips64el
          riscv64 sparc sparcv9
          """
              .split("\\s+"));

  /** Of ONNX Runtime's word: {@code linux-x64}. */
  static NativePlatform of(String word) {
    NativePlatform found = in(word + "/");
    if (found.system().isEmpty() || found.processor().isEmpty()) {
      throw new IllegalArgumentException("no platform: " + word);
    }
    return found;
  }

  static boolean isNative(String entry) {
    return NATIVE.matcher(entry).matches();
  }

  /** Whether a jar's entry is a native library whose folders say that it is of another platform. */
  boolean excludes(String entry) {
    NativePlatform other = in(entry);
    return isNative(entry)
        && ((!other.system().isEmpty() && !other.system().equals(system))
            || (!other.processor().isEmpty() && !other.processor().equals(processor)));
  }

  /** What the folders of a path say; empty where they say nothing. */
  private static NativePlatform in(String path) {
    String folders = path.substring(0, path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    String plain = folders.replaceAll("x86[_-]64|amd64", "x64").replace("arm64", "aarch64");
    List<String> words = Arrays.asList(plain.split("[/_.-]"));
    String system =
        words.stream()
            .map(word -> OTHERS.getOrDefault(word, word))
            .filter(SYSTEMS::contains)
            .findFirst()
            .orElse("");
    String processor = words.stream().filter(PROCESSORS::contains).findFirst().orElse("");
    return new NativePlatform(system, processor);
  }
}
