package dev.lapidary.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.runtime.session.Device;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How far a device's answers may be from the card's. */
class GoldenBoundTest {
  private static final Device ENGINE = Device.cuda(0).withTensorRt(Path.of("engines"));

  @Test
  void aDeviceOfFewerBitsHasABoundOfItsOwn() {
    assertThat(Device.cpu().logitBound(true)).isZero(); // it computes fp16 in float32
    assertThat(Device.cuda(0).logitBound(false)).isZero(); // without TF32
    assertThat(Device.cuda(0).logitBound(true)).isEqualTo(0.01);
    assertThat(ENGINE.logitBound(false)).isEqualTo(0.01);
  }

  @Test
  void itIsAShareOfTheLargestLogitAndNarrowsNothing() {
    GoldenImage strict = new GoldenImage("", "", List.of(1f, -8f), 0.001);
    GoldenImage wide = new GoldenImage("", "", List.of(1f, -8f), 0.5);
    assertThat(ServedModel.withBound(List.of(strict, wide), 0.01))
        .extracting(GoldenImage::tolerance)
        .containsExactly(0.08, 0.5);
    assertThat(ServedModel.withBound(List.of(strict), 0)).containsExactly(strict);
  }

  @Test
  void devicesAreNamedAsInPyTorch() {
    assertThat(Device.named("cpu")).isEqualTo(Device.cpu()).hasToString("cpu");
    assertThat(Device.named("cuda")).isEqualTo(Device.cuda(0)).hasToString("cuda:0");
    assertThat(Device.named("cuda:3")).isEqualTo(Device.cuda(3)).isNotEqualTo(Device.cuda(0));
    assertThat(ENGINE).hasToString("cuda:0 by TensorRT").isNotEqualTo(Device.cuda(0));
    assertThatThrownBy(() -> Device.named("mps"))
        .hasMessage("'mps' is no device, expected cpu or cuda:N");
    assertThatThrownBy(() -> Device.cpu().withTensorRt(Path.of("engines")))
        .hasMessage("TensorRT runs on a GPU, and this is cpu");
  }

  @Test
  void whyAGpuCannotBeUsedIsKnownBeforeAModelIsOpened() {
    assertThat(Device.cpu().unusable()).isEmpty();
    assertThat(Device.cuda(0).unusable())
        .contains("this ONNX Runtime has no CUDAExecutionProvider");
  }
}
