package dev.lapidary.exporter.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import javax.lang.model.SourceVersion;
import org.junit.jupiter.api.Test;

class LabelConstantsTest {
  @Test
  void labelsBecomeNamesThatAReaderExpects() {
    assertThat(
            LabelConstants.of(
                List.of("Ankle-boot", "T-shirt/top", "crème brûlée", "3D glasses", " ", "寿司", "_")))
        .containsExactly(
            "ANKLE_BOOT",
            "T_SHIRT_TOP",
            "CREME_BRULEE",
            "LABEL_3D_GLASSES",
            "LABEL_4",
            "寿司",
            "LABEL_6");
  }

  @Test
  void labelsThatWouldShareANameAreNumbered() {
    List<String> names = LabelConstants.of(List.of("crane", "Crane", "crane 1", "crane_0"));
    assertThat(names).doesNotHaveDuplicates().contains("CRANE_1_", "CRANE_0_");
    assertThat(LabelConstants.of(List.of("a", "b", "A"))).containsExactly("A_0", "B", "A_2");
  }

  @Test
  void everyNameIsJavas() {
    List<String> hostile = List.of("\"; int x", "\\u000a", "class", "\u0001", "ß", "𝒳", "🙂", "٣");
    assertThat(LabelConstants.of(hostile))
        .doesNotHaveDuplicates()
        .allMatch(name -> SourceVersion.isIdentifier(name) && !SourceVersion.isKeyword(name));
  }

  @Test
  void ofTooManyLabelsThereAreNone() {
    assertThat(LabelConstants.of(Collections.nCopies(2001, "a"))).isEmpty();
    assertThat(LabelConstants.of(Collections.nCopies(2000, "a"))).hasSize(2000);
  }
}
