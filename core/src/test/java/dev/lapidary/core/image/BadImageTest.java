package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadImageTest {
  @TempDir private Path folder;

  @Test
  void twentyAreNamedAndAllAreCountedByFormat() {
    List<BadImage> bad = new ArrayList<>();
    for (int i = 0; i < 22; i++) {
      bad.add(new BadImage(i + ".jpg", "why", i % 2 == 0 ? "HEIC" : i == 1 ? "AVIF" : ""));
    }
    assertThatThrownBy(() -> BadImage.judge(folder, bad, OnBadImage.FAIL))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageStartingWith(
            "[%s] 22 bad images (1 AVIF, 11 HEIC): 0.jpg: why; 1.jpg: why; ", folder)
        .hasMessageEndingWith(
            "; 19.jpg: why; and 2 more; repair or remove them, or add --on-bad-image skip");
    assertThat(BadImage.judge(folder, bad, OnBadImage.SKIP))
        .hasSize(21)
        .startsWith("left out: 0.jpg: why")
        .endsWith("left out: and 2 more (1 AVIF, 11 HEIC)");
    assertThat(BadImage.judge(folder, List.of(), OnBadImage.FAIL)).isEmpty();
  }

  @Test
  void aMissingFileIsSaidInWords() throws IOException {
    assertThatThrownBy(() -> ImageFile.bytes(folder, "a/no.jpg", ImageLimits.DEFAULT))
        .isInstanceOf(UndecodableImage.class)
        .hasMessage("there is no file %s", folder.resolve("a/no.jpg"));
    Files.createSymbolicLink(folder.resolve("link.jpg"), Path.of("gone.jpg"));
    assertThatThrownBy(() -> ImageFile.bytes(folder, "link.jpg", ImageLimits.DEFAULT))
        .hasMessage("a link to gone.jpg, which does not exist");
    Files.createDirectory(folder.resolve("d.jpg"));
    assertThatThrownBy(() -> ImageFile.bytes(folder, "d.jpg", ImageLimits.DEFAULT))
        .hasMessage("%s is a folder", folder.resolve("d.jpg"));
  }

  @Test
  void namesOfOtherSystemsAreFound() throws IOException {
    Files.createDirectory(folder.resolve("caf\u00e9"));
    Files.write(folder.resolve("caf\u00e9/1.jpg"), new byte[] {7});
    String other = Normalizer.normalize("caf\u00e9\\1.jpg", Normalizer.Form.NFD);
    assertThat(ImageFile.bytes(folder, other, ImageLimits.DEFAULT)).containsExactly(7);
  }
}
