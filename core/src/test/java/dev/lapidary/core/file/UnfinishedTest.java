package dev.lapidary.core.file;

import static java.nio.charset.StandardCharsets.UTF_8;
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
      assertThat(e).hasMessage(folder.resolve("new").toString());
    }
    assertThat(during[0]).doesNotExist();
    assertThat(folder).isDirectoryNotContaining("glob:**new*");
    assertThat(temporaryFolder).doesNotExist();
    assertThat(old).hasContent("whole");
    Unfinished.remove(temporaryFolder);
  }

  /** The program's threads go on while it ends, and must not begin another file then. */
  @Test
  void nothingIsBegunWhileTheProgramEnds() throws Exception {
    for (int i = 0; i < 3; i++) {
      Process program =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  WritesUntilKilled.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(program.getInputStream().readAllBytes(), UTF_8);
      assertThat(program.waitFor()).isZero();
      assertThat(said).isEmpty();
      assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
      assertThat(folder.resolve("file0")).hasContent("whole");
    }
  }
}
