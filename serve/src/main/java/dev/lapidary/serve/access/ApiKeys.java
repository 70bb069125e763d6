package dev.lapidary.serve.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.file.TextFile;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The keys that a server asks for. Of each only its SHA-256 is kept, and all of them are compared,
 * each in a time that tells nothing of where it differs.
 */
public final class ApiKeys {
  /** Shorter ones can be guessed: 16 letters and digits are 95 bits. */
  private static final int LONG_ENOUGH = 16;

  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]+");
  private static final String BEARER = "bearer ";

  private final List<byte[]> digests;
  private final List<String> warnings;

  private ApiKeys(List<byte[]> digests, List<String> warnings) {
    this.digests = digests;
    this.warnings = warnings;
  }

  /**
   * Reads a file of one key a line, {@code key} or {@code name:key}; blank lines and those from
   * {@code #} on are no keys. A name is for people: which key is whose.
   *
   * @throws Failure (exit 2) if the file cannot be read, holds none, or one twice; no message has a
   *     key in it
   */
  public static ApiKeys read(Path file) {
    Map<String, Integer> lineOfKey = new LinkedHashMap<>();
    List<String> warnings = new ArrayList<>();
    List<String> lines = TextFile.lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String key = line.substring(line.indexOf(':') + 1).strip();
      if (!KEY.matcher(key).matches()) {
        throw Failure.badInput(
            "[%s] line %d has no key that a header can carry, expected visible ASCII without"
                + " blanks, as KEY or NAME:KEY",
            file, i + 1);
      }
      Integer before = lineOfKey.putIfAbsent(key, i + 1);
      if (before != null) {
        throw Failure.badInput("[%s] lines %d and %d have the same key", file, before, i + 1);
      }
      if (key.length() < LONG_ENOUGH) {
        warnings.add(
            "[%s] the key of line %d has %d characters and can be guessed; give it %d or more"
                .formatted(file, i + 1, key.length(), LONG_ENOUGH));
      }
    }
    if (lineOfKey.isEmpty()) {
      throw Failure.badInput("[%s] holds no key, expected one a line, as KEY or NAME:KEY", file);
    }
    PrivateFile.warning(file, "the keys").ifPresent(warnings::add);
    return new ApiKeys(lineOfKey.keySet().stream().map(ApiKeys::digest).toList(), warnings);
  }

  /** What their user should know of the file, a line each. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** So many. */
  public int count() {
    return digests.size();
  }

  /**
   * Whether a request may pass.
   *
   * @param authorization values of its headers {@code Authorization}; {@code Bearer KEY} counts
   * @param apiKey values of its headers {@code X-API-Key}
   */
  public Verdict judge(List<String> authorization, List<String> apiKey) {
    List<String> shown = new ArrayList<>(apiKey);
    for (String value : authorization) {
      if (value.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
        shown.add(value.substring(BEARER.length()).strip());
      }
    }
    if (shown.isEmpty()) {
      return Verdict.NONE_SHOWN;
    }
    boolean known = false;
    for (String key : shown) {
      known |= isKnown(key);
    }
    return known ? Verdict.KNOWN : Verdict.UNKNOWN;
  }

  /** What a request's key is. */
  public enum Verdict {
    KNOWN,
    UNKNOWN,
    NONE_SHOWN;

    /** What a request without a known key is told. */
    public String refusal() {
      return (this == UNKNOWN ? "the API key is not known" : "the request has no API key")
          + ", expected one of the server's as Authorization: Bearer KEY or X-API-Key: KEY";
    }
  }

  private boolean isKnown(String key) {
    byte[] digest = digest(key);
    boolean known = false;
    for (byte[] each : digests) {
      known |= MessageDigest.isEqual(each, digest); // all of them, whichever it is
    }
    return known;
  }

  private static byte[] digest(String key) {
    return Sha256.digest().digest(key.getBytes(UTF_8));
  }
}
