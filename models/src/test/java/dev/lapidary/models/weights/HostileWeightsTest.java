package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Hostile;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever is done to a weights file: it is refused in one line, or its tensors can be read to the
 * last byte. Seeded; {@code mvn verify -Pproof} runs 2,000 cases of each kind.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class HostileWeightsTest {
  private static final Set<WeightsAttack> ALWAYS_REFUSED =
      Set.of(
          WeightsAttack.TRUNCATED,
          WeightsAttack.SAFETENSORS_OVERLAP,
          WeightsAttack.SAFETENSORS_OUT_OF_RANGE,
          WeightsAttack.SAFETENSORS_ENDLESS,
          WeightsAttack.PICKLED_VIEW_OUT_OF_RANGE,
          WeightsAttack.PICKLED_VIEW_ENDLESS,
          WeightsAttack.CODE_IN_ZIP_PICKLE);

  /** What lies beside sound tensors, or around one: it costs little, and is named and not made. */
  private static final Set<WeightsAttack> NEVER_REFUSED =
      Set.of(
          WeightsAttack.CODE_IN_LEGACY_PICKLE,
          WeightsAttack.OBJECTS_IN_PICKLE,
          WeightsAttack.EXPANDING_PICKLE);

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void isRefusedOrLoads(WeightsAttack attack) {
    attack(attack, 60);
  }

  @Tag("proof")
  @ParameterizedTest
  @EnumSource
  void isRefusedOrLoadsTwoThousandTimes(WeightsAttack attack) {
    attack(attack, 2000);
  }

  /** What the attacks break does load while it is whole. */
  @Test
  void whatTheAttacksBreakLoads() {
    byte[] safetensors = WeightsAttack.safetensors(32, "[4]", 0, 16, "[2,2]", 16, 32);
    assertThat(Hostile.read(safetensors, folder, HostileWeightsTest::readAll)).contains(0L);
    for (int seed = 0; seed < 20; seed++) {
      byte[] pickled = WeightsAttack.pickledView(new Random(seed), 4, 0, 2, 2, 2, 1);
      assertThat(Hostile.read(pickled, folder, HostileWeightsTest::readAll)).contains(0L);
    }
  }

  /** A file whose pickle would delete something in Python, and what is said of it. */
  @Test
  void callsBesideTheTensorsAreNamedAndNotMade() throws IOException {
    Path victim = Files.createFile(folder.resolve("victim"));
    String path = victim.toString();
    String call =
        "cos\nremove\nX" + (char) path.length() + "\u0000\u0000\u0000" + path + "\u0085R0";
    Path file = folder.resolve("calls.pth");
    Files.write(file, WeightsAttack.legacyWith(call));
    NamedTensors read = WeightsFile.read(file);
    assertThat(read.tensors()).containsKey("float32");
    assertThat(read.notes()).contains("not made, since no code of the file is run: os.remove");
    assertThat(victim).exists();
  }

  private void attack(WeightsAttack attack, int cases) {
    int refused = 0;
    for (int seed = 0; seed < cases; seed++) {
      byte[] bytes = attack.make(Hostile.random(attack.ordinal(), seed));
      Optional<Long> checksum = Hostile.read(bytes, folder, HostileWeightsTest::readAll);
      refused += checksum.isEmpty() ? 1 : 0;
    }
    System.out.println(attack + ": " + refused + " of " + cases + " refused");
    if (NEVER_REFUSED.contains(attack)) {
      assertThat(refused).isZero();
      return;
    }
    assertThat(refused).isPositive();
    if (ALWAYS_REFUSED.contains(attack)) {
      assertThat(refused).isEqualTo(cases);
    }
  }

  private static long readAll(Path file) {
    long sum = 0;
    for (Tensor tensor : WeightsFile.read(file).tensors().values()) {
      Tensor.Walk walk = tensor.walk();
      while (walk.hasNext()) {
        sum += tensor.longAt(walk.next());
      }
    }
    return sum;
  }
}
