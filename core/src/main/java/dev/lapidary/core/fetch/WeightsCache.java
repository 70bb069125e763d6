package dev.lapidary.core.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Weights by their address. A file is fetched once; its SHA-256 is kept beside it and checked each
 * time. What was fetched in part goes on where it stopped.
 */
public final class WeightsCache {
  /** The environment variable that moves the cache. */
  public static final String VARIABLE = "LAPIDARY_CACHE";

  /** The environment variable with an address to fetch torchvision's weights from. */
  public static final String MIRROR = "LAPIDARY_WEIGHTS_MIRROR";

  /** Where torchvision's weights are published; what {@link #MIRROR} stands in for. */
  static final String PUBLISHER = "https://download.pytorch.org/models/";

  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+://.*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** PyTorch's publishers put the first digits of the SHA-256 into the name. */
  private static final Pattern NAMED_SHA256 = Pattern.compile(".*-([0-9a-f]{8,64})\\.[a-z]+");

  private final Path folder;
  private final Duration pause;
  private final Duration idle;
  private final String publisher;

  /**
   * @param publisher a base address that stands in for {@link #PUBLISHER}; or that itself
   */
  WeightsCache(Path folder, Duration pause, Duration idle, String publisher) {
    this.folder = folder;
    this.pause = pause;
    this.idle = idle;
    this.publisher = publisher;
  }

  /** In {@code LAPIDARY_CACHE}, else in the user's own cache folder. */
  public static WeightsCache ofUser() {
    Map<String, String> environment = System.getenv();
    return new WeightsCache(
        folder(environment), Duration.ofSeconds(1), Duration.ofSeconds(60), publisher(environment));
  }

  static String publisher(Map<String, String> environment) {
    String given = environment.getOrDefault(MIRROR, "").strip();
    if (given.isEmpty()) {
      return PUBLISHER;
    }
    if (!ADDRESS.matcher(given).matches()) {
      throw Failure.badInput(
          "%s is %s: expected an https address that stands in for %s",
          MIRROR, Quote.of(given), PUBLISHER);
    }
    address(given);
    return given.endsWith("/") ? given : given + "/";
  }

  /** The folder of all that is kept between runs. */
  public static Path userFolder() {
    return folder(System.getenv());
  }

  static Path folder(Map<String, String> environment) {
    String given = environment.getOrDefault(VARIABLE, "");
    if (!given.isBlank()) {
      return Path.of(given);
    }
    String base = environment.getOrDefault("XDG_CACHE_HOME", "");
    return base.isBlank()
        ? Path.of(System.getProperty("user.home"), ".cache", "lapidary")
        : Path.of(base, "lapidary");
  }

  /**
   * The file of a path or of an https address, which is fetched if it is not here.
   *
   * @param sha256 that the file must have, 64 hexadecimal digits; empty: it is recorded
   * @throws Failure exit 2 for an address that cannot be fetched from, exit 1 if there is no
   *     network, exit 3 for another SHA-256
   */
  public Path get(String location, Optional<String> sha256, FetchProgress progress) {
    return get(location, sha256.map(WeightsCache::digits), Optional.empty(), progress);
  }

  /**
   * The file of a publisher who says how its SHA-256 begins.
   *
   * @param beginning 8 hexadecimal digits or more
   * @param fetch the command that fetches it where there is a network, for a message
   * @throws Failure exit 1 if there is no network, exit 3 for a file whose SHA-256 begins otherwise
   */
  public Path published(String address, String beginning, String fetch, FetchProgress progress) {
    return get(address, Optional.of(beginning), Optional.of(fetch), progress);
  }

  /** Where the file of an address is kept, or belongs. */
  public Path path(String address) {
    return folder.resolve("weights").resolve(key(address) + "-" + name(address(address)));
  }

  private Path get(
      String location, Optional<String> expected, Optional<String> fetch, FetchProgress progress) {
    if (!ADDRESS.matcher(location).matches()) {
      Path file = Path.of(location);
      if (expected.isPresent() && Files.isRegularFile(file)) {
        requireSame(location, Sha256.of(file), expected.get());
      } else if (expected.isPresent() && Files.isDirectory(file)) {
        throw Failure.badInput(
            "%s is a folder, and --weights-sha256 is of a file; leave one of them out", location);
      }
      return file;
    }
    URI address = address(mirrored(location));
    Path target = path(location);
    try {
      Files.createDirectories(folder.resolve("weights"));
      try (FileChannel lockFile =
              FileChannel.open(
                  beside(target, ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lockFile.lock()) {
        return fetched(address, target, expected, fetch, progress, lock);
      }
    } catch (IOException e) {
      throw Failure.failed(
          "%s: the cache %s cannot be written: %s; %s moves it",
          location, folder, Failure.reason(e), VARIABLE);
    }
  }

  private Path fetched(
      URI address,
      Path target,
      Optional<String> expected,
      Optional<String> fetch,
      FetchProgress progress,
      FileLock lock)
      throws IOException {
    String name = name(address);
    if (!lock.isValid()) {
      throw new IOException("the lock of " + target + " was lost");
    }
    Path record = beside(target, ".sha256");
    if (Files.isRegularFile(target)) {
      String found = Sha256.of(target);
      String recorded = Files.isRegularFile(record) ? Files.readString(record).strip() : found;
      if (recorded.equals(found)) {
        expected.ifPresent(digits -> requireSame(target.toString(), found, digits));
        return target;
      }
      progress.say("%s is damaged in the cache: fetching it again".formatted(name));
      Files.delete(target);
    }
    Path part = beside(target, ".part");
    String otherwise =
        fetch
            .map(
                command ->
                    "put the file at %s (on a machine with one `%s` fetches it and says where it lies), or give --weights another file"
                        .formatted(target, command))
            .orElse("give --weights a file, or put the file at " + target);
    new Download(address, name, part, otherwise, pause, idle, progress).run();
    String found = Sha256.of(part);
    try {
      expected.ifPresent(digits -> requireSame(address.toString(), found, digits));
      requireNamed(address, name, found);
    } catch (Failure e) {
      Files.delete(part);
      throw e;
    }
    AtomicFile.write(record, file -> Files.writeString(file, found + "\n"));
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    progress.say(
        Phrase.of("fetched %s: %.1f MB, sha256 %s", name, Files.size(target) / 1e6, found));
    return target;
  }

  /** Plain http has no one to trust on its way; on this machine there is no way. */
  static void requireSafe(URI address) {
    String host = String.valueOf(address.getHost());
    boolean here = host.matches("localhost|127\\.[0-9.]+|\\[::1]");
    boolean plain = "http".equalsIgnoreCase(address.getScheme());
    if (!"https".equalsIgnoreCase(address.getScheme()) && !(plain && here)) {
      throw Failure.badInput(
          "%s: weights are fetched by https only; give an https address or a file", address);
    }
  }

  /** The same file at the mirror. */
  private String mirrored(String location) {
    return location.startsWith(PUBLISHER)
        ? publisher + location.substring(PUBLISHER.length())
        : location;
  }

  private static URI address(String location) {
    URI address;
    try {
      address = URI.create(location);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("%s is no address: %s", Quote.of(location), Failure.reason(e));
    }
    if (address.getHost() == null || address.getUserInfo() != null) {
      throw Failure.badInput(
          "%s: an address has a host, and no password, which run.yaml would keep",
          Quote.of(location.replaceFirst("//[^/@]*@", "//...@")));
    }
    requireSafe(address);
    return address;
  }

  private static String name(URI address) {
    String path = String.valueOf(address.getPath());
    String last = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    return last.isBlank() || last.startsWith(".") ? "weights" : last;
  }

  /** Two addresses may end in the same name. */
  private static String key(String location) {
    UUID hash = UUID.nameUUIDFromBytes(location.getBytes(UTF_8));
    return hash.toString().replace("-", "").substring(0, 12);
  }

  private static Path beside(Path target, String suffix) {
    return target.resolveSibling(target.getFileName() + suffix);
  }

  private static String digits(String sha256) {
    String digits = sha256.strip().toLowerCase(Locale.ROOT);
    if (!SHA256.matcher(digits).matches()) {
      throw Failure.badInput("a SHA-256 has 64 hexadecimal digits but is %s", Quote.of(sha256));
    }
    return digits;
  }

  private static void requireSame(String location, String found, String expected) {
    if (!found.startsWith(expected)) {
      throw Failure.gate(
          "%s has the SHA-256 %s, expected %s%s: it is not the file that you mean, or it was changed"
              + " on its way",
          location, found, expected, expected.length() < found.length() ? "..." : "");
    }
  }

  private static void requireNamed(URI address, String name, String found) {
    Matcher named = NAMED_SHA256.matcher(name);
    if (named.matches() && !found.startsWith(named.group(1))) {
      throw Failure.gate(
          "%s has the SHA-256 %s, its name says that it begins with %s; fetch it again",
          address, found, named.group(1));
    }
  }
}
