package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartGatesTest {
  private static final Measurement LIBTORCH = new Measurement(1000, 0.95, 1, 1, 0);

  @Test
  void fp32MustHaveTheSameArgmaxAndNearLogits() {
    assertThatCode(() -> Quickstart.requireParity(new Measurement(1000, 0.95, 1, 1, 9e-5)))
        .doesNotThrowAnyException();
    assertGate(
        () -> Quickstart.requireParity(new Measurement(1000, 0.95, 1, 0.999, 1e-6)),
        "ONNX fp32 differs from libtorch: argmax agreement 0.9990 (expected 1), greatest"
            + " difference 1.00e-06 of the greatest logit (expected at most 1e-04)");
    assertGate(
        () -> Quickstart.requireParity(new Measurement(1000, 0.95, 1, 1, 1.1e-4)),
        "ONNX fp32 differs from libtorch");
  }

  @Test
  void int8MayLoseTwoPoints() {
    assertThatCode(
            () -> Quickstart.requireSmallLoss(LIBTORCH, new Measurement(1000, 0.931, 1, 0.97, 0.1)))
        .doesNotThrowAnyException();
    assertGate(
        () -> Quickstart.requireSmallLoss(LIBTORCH, new Measurement(1000, 0.929, 1, 0.97, 0.1)),
        "ONNX int8 loses 2.1 points of accuracy (95.0 % to 92.9 %), expected at most 2");
  }

  @Test
  void httpMustGiveTheFilesAnswers() {
    BestClass file = new BestClass("Sandal/1.png", "Sandal", 2, 0.75);
    assertThatCode(() -> Quickstart.requireSameAnswers(List.of(file), List.of(file)))
        .doesNotThrowAnyException();
    assertGate(
        () ->
            Quickstart.requireSameAnswers(
                List.of(file), List.of(new BestClass("Sandal/1.png", "Sneaker", 3, 0.75))),
        "HTTP differs from the file: expected BestClass[image=Sandal/1.png, label=Sandal, index=2,"
            + " probability=0.75], found BestClass[image=Sandal/1.png, label=Sneaker, index=3");
    assertGate(
        () ->
            Quickstart.requireSameAnswers(
                List.of(file), List.of(new BestClass("Sandal/1.png", "Sandal", 2, 0.7502))),
        "HTTP differs from the file");
    assertGate(
        () -> Quickstart.requireSameAnswers(List.of(file), List.of()),
        "HTTP answered 0 images, the file 1");
  }

  @Test
  void readsWhatTheProgramsPrint() throws IOException {
    assertThat(
            Measurement.ofVerify(
                "{\"images\":2,\"accuracy\":0.5,\"p50Millis\":1.5,\"argmaxAgreement\":1,"
                    + "\"maxAbsDifference\":0.002,\"maxAbsLogit\":4}"))
        .isEqualTo(new Measurement(2, 0.5, 1.5, 1, 0.0005));
    assertThatThrownBy(() -> Measurement.ofEvaluate("{\"images\":2}"))
        .hasMessage("expected a number accuracy in {\"images\":2}");
  }

  private static void assertGate(Runnable gate, String message) {
    assertThatThrownBy(gate::run)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageStartingWith(message);
  }
}
