package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.progress.WorkProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class QuantizeOptionsTest {
  @Command
  private static final class Program {
    @Mixin private final QuantizeOptions quantize = new QuantizeOptions();
  }

  @ParameterizedTest
  @CsvSource({"none, NONE", "int8, INT8", "int8-dynamic, INT8_DYNAMIC", "FP16, FP16"})
  void methodsAreWrittenAsTheyArePrinted(String text, QuantizeMethod method) {
    assertThat(parse("--quantize", text).method()).isEqualTo(method);
  }

  @Test
  void everyPassOverTheImagesIsToldOf() {
    List<String> told = new ArrayList<>();
    WorkProgress progress =
        new WorkProgress() {
          @Override
          public void say(String line) {}

          @Override
          public void count(String what, long done, long all) {
            told.add("%s %d/%d".formatted(what, done, all));
          }
        };
    try (CalibrationSet images = CalibrationSet.uniform(1, 2, 2, 3)) {
      images.one(0);
      images.tell(progress);
      images.one(0);
      images.batch(1, 3);
    }
    assertThat(told).containsExactly("calibrating 1/3", "calibrating 3/3");
  }

  @Test
  void withoutTheOptionNothingIsDone() {
    assertThat(
            parse()
                .apply(SmallNetworks.residual(), card(false), Optional.empty(), false, line -> {}))
        .isEmpty();
  }

  @Test
  void fp16NeedsNoImages() {
    Optional<Quantized> half =
        parse("--quantize", "fp16")
            .apply(SmallNetworks.residual(), card(false), Optional.empty(), false, line -> {});
    assertThat(half.orElseThrow().card().method()).isEqualTo("fp16");
  }

  @Test
  void int8WithoutImagesIsRefusedFirst() {
    refused(card(true), "add --calibration DIR", "--quantize", "int8");
    refused(card(false), "add --resize, --crop", "--quantize", "int8", "--calibration", "anywhere");
    refused(
        card(true),
        "must be positive but is 0",
        "--quantize=int8",
        "--calibration=anywhere",
        "--calibration-images=0");
  }

  private static void refused(ModelCard card, String message, String... arguments) {
    assertThatThrownBy(() -> parse(arguments).check(card))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining(message);
  }

  private static QuantizeOptions parse(String... arguments) {
    Program program = new Program();
    new CommandLine(program).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
    return program.quantize;
  }

  private static ModelCard card(boolean preprocessing) {
    int size = SmallNetworks.SIZE;
    return new ModelCard(
        "small",
        "1",
        "small",
        List.of(),
        Activation.SOFTMAX,
        Scores.LOGITS,
        new ModelCard.Input("input", "NCHW", 3, size, size, "float32"),
        preprocessing ? Optional.of(Preprocessing.imageNet(size, size)) : Optional.empty(),
        Optional.empty(),
        new TreeMap<>(),
        ModelCard.Provenance.UNKNOWN,
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
