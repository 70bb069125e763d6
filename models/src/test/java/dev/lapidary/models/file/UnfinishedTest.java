package dev.lapidary.models.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedTest {
  @TempDir Path folder;

  @Test
  void whatIsBeingWrittenIsDeletedAndWhatIsWholeStays() throws IOException {
    Path old = folder.resolve("old");
    AtomicFile.write(old, temporary -> Files.writeString(temporary, "whole"));
    Path temporaryFolder = Files.createDirectory(folder.resolve("temporary"));
    Unfinished.add(temporaryFolder);
    Files.writeString(temporaryFolder.resolve("a"), "a");
    Path[] during = new Path[1];
    try {
      AtomicFile.write(
          folder.resolve("new"),
          temporary -> {
            during[0] = temporary;
            assertThat(temporary).exists();
            Unfinished.delete();
          });
    } catch (IOException e) {
      assertThat(e).hasMessageContaining(String.valueOf(during[0]));
    }
    assertThat(during[0]).doesNotExist();
    assertThat(folder).isDirectoryNotContaining("glob:**new*");
    assertThat(temporaryFolder).doesNotExist();
    assertThat(old).hasContent("whole");
    Unfinished.remove(temporaryFolder);
  }
}
