package dev.lapidary.trainer.run.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What tells the network and the processor of a run from others. */
public final class Fingerprint {
  /** What libtorch and its libraries choose kernels by on x86-64. */
  private static final List<String> WIDEST_FIRST =
      List.of("amx_tile", "avx512_bf16", "avx512_vnni", "avx512f", "avx2", "fma", "avx", "sse4_2");

  /** What users make libtorch and its libraries choose other kernels by. */
  private static final List<String> CHOICES =
      List.of(
          """
          ATEN_CPU_CAPABILITY ONEDNN_MAX_CPU_ISA DNNL_MAX_CPU_ISA ONEDNN_DEFAULT_FPMATH_MODE
          DNNL_DEFAULT_FPMATH_MODE MKL_ENABLE_INSTRUCTIONS MKL_CBWR MKL_DEBUG_CPU_TYPE
          """
              .split("\\s+"));

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

  /** The processor's widest vector instructions, such as {@code avx512_vnni}; else its kind. */
  public static String widestInstructions() {
    String capability = capability();
    return WIDEST_FIRST.stream()
        .filter(flag -> (capability + " ").contains(" " + flag + " "))
        .findFirst()
        .orElse(capability);
  }

  /**
   * The processor's kind, as far as it changes the last bits of a result, with what the environment
   * makes of it.
   */
  public static String capability() {
    return capability(System.getenv());
  }

  static String capability(Map<String, String> environment) {
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
    found.retainAll(WIDEST_FIRST);
    String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    StringBuilder all = new StringBuilder(architecture);
    found.forEach(flag -> all.append(' ').append(flag));
    for (String choice : CHOICES) {
      String value = environment.get(choice);
      if (value != null && !value.isEmpty()) {
        all.append(' ').append(choice).append('=').append(value);
      }
    }
    return all.toString();
  }
}
