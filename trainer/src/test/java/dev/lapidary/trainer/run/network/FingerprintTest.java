package dev.lapidary.trainer.run.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  @Test
  void whatTheEnvironmentMakesOfTheProcessorIsToldWithIt() {
    String plain = Fingerprint.capability(Map.of("PATH", "/bin", "MKL_CBWR", ""));
    assertThat(plain).startsWith(System.getProperty("os.arch")).doesNotContain("=");
    assertThat(
            Fingerprint.capability(
                Map.of("MKL_CBWR", "AVX2", "ATEN_CPU_CAPABILITY", "default", "HOME", "/")))
        .isEqualTo(plain + " ATEN_CPU_CAPABILITY=default MKL_CBWR=AVX2");
  }
}
