package dev.lapidary.torchscript.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.Hostile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever is done to an archive: it is refused in one line, or it loads. Seeded; {@code mvn verify
 * -Pproof} runs 2,000 cases of each kind.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class HostileArchiveTest {
  /** Attacks by the program, which reading does not run: the whole export meets them. */
  private static final String DEEP = "DEEP_NESTING";

  private static final String ENDLESS = "ENDLESS_LOOP";
  private static final String CODE = "MUTATED_CODE";

  /** A damaged byte of these is found by a checksum, so what still loads is the same archive. */
  private static final Set<Attack> LEAVES_EQUAL =
      Set.of(Attack.TRUNCATED, Attack.FLIPPED, Attack.FLIPPED_DIRECTORY);

  private static final Set<Attack> ALWAYS_REFUSED =
      Set.of(Attack.TRUNCATED, Attack.TRAVERSAL, Attack.CODE_IN_PICKLE);

  private static List<Sample> samples;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {DEEP, ENDLESS, CODE})
  void isRefusedOrLoads(Attack attack) throws IOException {
    attack(attack, 30);
  }

  @Tag("proof")
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {DEEP, ENDLESS, CODE})
  void isRefusedOrLoadsTwoThousandTimes(Attack attack) throws IOException {
    attack(attack, 2000);
  }

  private void attack(Attack attack, int cases) throws IOException {
    int refused = 0;
    for (int seed = 0; seed < cases; seed++) {
      Sample sample = samples().get(seed % samples().size());
      Random random = Hostile.random(attack.ordinal(), seed);
      byte[] bytes = attack.make(sample.file(), sample.records(), random);
      Optional<TorchScriptArchive> read = Hostile.read(bytes, folder, ArchiveReader::read);
      refused += read.isEmpty() ? 1 : 0;
      if (LEAVES_EQUAL.contains(attack)) {
        read.ifPresent(archive -> assertThat(Sample.values(archive)).isEqualTo(sample.values()));
      }
    }
    System.out.println(attack + ": " + refused + " of " + cases + " refused");
    assertThat(refused).isPositive();
    if (ALWAYS_REFUSED.contains(attack)) {
      assertThat(refused).isEqualTo(cases);
    }
  }

  private static List<Sample> samples() throws IOException {
    if (samples == null) {
      samples = new ArrayList<>();
      for (String family : List.of("convnext", "densenet", "efficientnet", "swin", "vit")) {
        for (String kind : List.of("scripted", "traced")) {
          samples.add(Sample.of(Golden.archive(family, kind).orElseThrow()));
        }
      }
      samples.add(Sample.of(RoundTripTest.kinds()));
    }
    return samples;
  }
}
