package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.torchscript.archive.ArchiveWriter;
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
    assertThat(run("card", folder.resolve("no.onnx").toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains("no.onnx does not exist; give an ONNX file, a TorchScript archive or a run");
  }

  @Test
  void aFolderIsARunOrRefused() throws IOException {
    assertThat(run("card", folder.toString())).isEqualTo(2);
    assertThat(run("verify", folder.toString())).isEqualTo(2);
    String refused =
        "error: "
            + folder
            + " is a folder without a model.pt: name a file, or the folder of a finished run\n";
    assertThat(err).hasToString(refused + refused);
    ArchiveWriter.write(
        Zoo.find("resnet20_cifar").build(ZooOptions.of(3, 0)), folder.resolve("model.pt"));
    assertThat(run("verify", folder.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith(folder.resolve("model.pt") + ": loads\n");
    assertThat(run("card", folder.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("[model.pt] has no model card");
  }
}
