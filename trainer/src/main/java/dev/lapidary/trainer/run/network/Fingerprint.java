package dev.lapidary.trainer.run.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What tells the network and the processor of a run from others. */
public final class Fingerprint {
  /** What libtorch and its libraries choose kernels by on x86-64. */
  private static final Set<String> FLAGS =
      Set.of("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile");

  private Fingerprint() {}

  /** Of names, types, shapes and elements, in the map's order. */
  public static String of(Map<String, Tensor> tensors) {
    MessageDigest digest = Sha256.digest();
    tensors.forEach(
        (name, tensor) -> {
          String head = name + " " + tensor.dtype() + " " + Arrays.toString(tensor.shape()) + "\n";
          digest.update(head.getBytes(UTF_8));
          digest.update(tensor.bytes());
        });
    return Sha256.hex(digest);
  }

  /** The processor's kind, as far as it changes the last bits of a result. */
  public static String capability() {
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
}
