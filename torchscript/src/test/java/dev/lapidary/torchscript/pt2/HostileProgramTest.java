package dev.lapidary.torchscript.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.Hostile;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.torchscript.archive.Sample;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.StateDict;
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
 * Whatever is done to a program: it is refused in one line, or printed as text that our own parser
 * reads, its classes and its tensors no others than before. Seeded; {@code mvn verify -Pproof} runs
 * 2,000 cases of each kind.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class HostileProgramTest {
  private static List<Sample> samples;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void isRefusedOrPrinted(ProgramAttack attack) throws IOException {
    attack(attack, 30);
  }

  @Tag("proof")
  @ParameterizedTest
  @EnumSource
  void isRefusedOrPrintedTwoThousandTimes(ProgramAttack attack) throws IOException {
    attack(attack, 2000);
  }

  private void attack(ProgramAttack attack, int cases) throws IOException {
    int refused = 0;
    for (int seed = 0; seed < cases; seed++) {
      Sample sample = samples().get(seed % samples().size());
      Random random = Hostile.random(100 + attack.ordinal(), seed);
      byte[] bytes = attack.make(sample.file(), sample.records(), random);
      Optional<TorchScriptArchive> read =
          Hostile.read(
              bytes, folder, Set.of(ExitCode.BAD_INPUT, ExitCode.UNSUPPORTED), NetworkFile::read);
      refused += read.isEmpty() ? 1 : 0;
      String what = attack + " " + seed;
      read.ifPresent(archive -> requireSound(archive, what));
    }
    System.out.println(attack + ": " + refused + " of " + cases + " refused");
    assertThat(refused).isPositive();
  }

  /** The text has the one form that the printer gives it, line by line. */
  private static void requireSound(TorchScriptArchive archive, String what) {
    assertThat(archive.code()).as(what).containsOnlyKeys(NetworkFile.CODE);
    String text = archive.code().get(NetworkFile.CODE);
    assertThat(text.lines().filter(line -> !LINE.matcher(line).matches())).as(what).isEmpty();
    assertThat(StateDict.of(archive, new Program(archive.code())).entries()).as(what).isNotEmpty();
  }

  /** Inside of quotes, which it cannot end. */
  private static final String NAME = "[^.\"\\\\\\p{Cc}]+";

  private static final java.util.regex.Pattern LINE =
      java.util.regex.Pattern.compile(
          "class \\w+\\(Module\\):"
              + "|  __(parameters|buffers)__ = \\[(\""
              + NAME
              + "\", )*\\]"
              + "|  (\\w+|__annotations__\\[\""
              + NAME
              + "\"\\]) [:=] (Tensor|bool|__torch__\\.exported\\.\\w+)"
              + "|  def forward\\d*\\(self: __torch__\\.exported\\.\\w+(,|\\) -> \\S.*:)"
              + "|    \\w+: (Tensor|int|float|bool)(,|\\) -> \\S.*:)"
              + "|    (if self\\.training|else):|      pass"
              + "|    return [\\w(),\\[\\]{}\": .-]+"
              + "|(      |    )\\w+(, \\w+)*,? = (self|\\w+)\\.\\w+"
              + "|    \\w+ = getattr\\(\\w+, \""
              + NAME
              + "\"\\)"
              + "|    \\w+(, \\w+)*,? = \\(\\w+\\)\\.forward\\d*\\((\\w+(\\.\\w+)?, )*\\)"
              + "|    \\w+(, \\w+)*,? = \\(\\w+\\)\\.forward\\d*\\(((\\w+|CONSTANTS\\.c\\d+),? ?)*\\)"
              + "|(      |    )\\w+(, \\w+)*,? = (torch|ops\\.prim|int|float)[.(][^\\n]*\\)");

  private static List<Sample> samples() throws IOException {
    if (samples == null) {
      samples = new ArrayList<>();
      for (String family : List.of("densenet", "efficientnet", "swin", "vit")) {
        samples.add(Sample.ofProgram(Golden.exported(family).orElseThrow()));
      }
    }
    return samples;
  }
}
