package dev.lapidary.trainer.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** SHA-256, in hexadecimal, of what a run depends on. */
final class Fingerprint {
  /** What libtorch and its libraries choose kernels by on x86-64. */
  private static final Set<String> FLAGS =
      Set.of("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile");

  private Fingerprint() {}

  static String of(String text) {
    MessageDigest digest = sha256();
    digest.update(text.getBytes(UTF_8));
    return hex(digest);
  }

  static String of(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return hex(digest);
  }

  /** Of names, types, shapes and elements, in the map's order. */
  static String of(Map<String, Tensor> tensors) {
    MessageDigest digest = sha256();
    tensors.forEach(
        (name, tensor) -> {
          String head = name + " " + tensor.dtype() + " " + Arrays.toString(tensor.shape()) + "\n";
          digest.update(head.getBytes(UTF_8));
          digest.update(tensor.bytes());
        });
    return hex(digest);
  }

  /** The processor's kind, as far as it changes the last bits of a result. */
  static String capability() {
    Set<String> found = new TreeSet<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("flags")) {
          found.addAll(Arrays.asList(line.substring(line.indexOf(':') + 1).trim().split(" ")));
          break;
        }
      }
    } catch (IOException e) {
      found.clear(); // no Linux: the architecture alone must do
    }
    found.retainAll(FLAGS);
    String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return (architecture + " " + String.join(" ", found)).strip();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
