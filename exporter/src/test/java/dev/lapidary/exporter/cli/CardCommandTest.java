package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.runtime.TinyModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CardCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return ExporterMain.run(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  @Test
  void printsAndWritesTheCardAsItIsInTheFile() throws IOException {
    ModelCard card = TinyModels.card(TinyModels.golden(0));
    Path model = TinyModels.write(folder, Optional.of(card));
    assertThat(run("card", model.toString())).isZero();
    assertThat(out.toString().strip()).isEqualTo(CardJson.write(card));
    Path file = folder.resolve("card.json");
    assertThat(run("card", model.toString(), "--out", file.toString())).isZero();
    assertThat(file).hasContent(CardJson.write(card) + "\n");
    assertThat(run("card", model.toString(), "--out", file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("card.json exists; choose another --out or add --force");
  }

  @Test
  void aFileWithoutOneIsRefused() throws IOException {
    Path model = TinyModels.write(folder, Optional.empty());
    assertThat(run("card", model.toString())).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: [tiny.onnx] has no model card (lapidary.card); export it with exporter onnx"
                + System.lineSeparator());
    Path text = Files.writeString(folder.resolve("x.onnx"), "hello");
    assertThat(run("card", text.toString())).isEqualTo(2);
    assertThat(run("card", folder.resolve("no.onnx").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("no.onnx: there is no such file or folder");
  }
}
