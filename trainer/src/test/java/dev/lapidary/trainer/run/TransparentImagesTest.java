package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What transparent images are put on: said once, kept in the card, and the same from there on. */
class TransparentImagesTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    images(folder.resolve("clear"), 0);
    images(folder.resolve("white"), 0xffffffff);
    LinearNetwork.write(folder.resolve("linear.pt"), "torch.gt(0, 1)", "y");
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {file: "%s", input-size: 8, resize: 8, freeze-unloaded: true}
            stages:
              - {name: all, epochs: 2, batch-size: 4, lr: 0.01, augment: hflip}
            """
                .formatted(folder.resolve("clear"), folder.resolve("linear.pt")),
            "test");
  }

  /** Clear pixels over white are white pixels, to the last bit of the weights. */
  @Test
  void clearImagesOverWhiteAreWhiteImages() throws IOException {
    Path clear = run("a", RunYaml.with(config, "model.alpha=white"));
    Path white = run("b", RunYaml.with(config, "data.train=" + folder.resolve("white")));
    Path black = run("c", config);
    byte[] weights = Files.readAllBytes(clear.resolve("model.safetensors"));
    assertThat(weights).isEqualTo(Files.readAllBytes(white.resolve("model.safetensors")));
    assertThat(weights).isNotEqualTo(Files.readAllBytes(black.resolve("model.safetensors")));
    assertThat(rule(clear).alpha()).isEqualTo(Background.WHITE);
    assertThat(rule(black).alpha()).isEqualTo(Background.BLACK);
    assertThat(rule(clear).over(Background.BLACK)).isEqualTo(rule(black));
    Path data = folder.resolve("clear");
    Evaluation.Request seen = new Evaluation.Request(clear, data, OnBadImage.FAIL, "cpu", 1);
    Evaluation.Request same =
        new Evaluation.Request(white, folder.resolve("white"), OnBadImage.FAIL, "cpu", 1);
    assertThat(Evaluation.of(seen, note -> {}, NEVER).measures())
        .isEqualTo(Evaluation.of(same, note -> {}, NEVER).measures());
  }

  @Test
  void aModelsCardSaysItAndIsNotContradicted() throws IOException {
    Path first = run("a", RunYaml.with(config, "model.alpha='#FF8040'"));
    RunConfig on =
        RunYaml.read(
            """
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {file: "%s"}
            stages: [{name: all, epochs: 1, batch-size: 4, lr: 0.01, augment: none}]
            """
                .formatted(folder.resolve("clear"), first.resolve("model.pt")),
            "test");
    assertThat(rule(run("b", on)).alpha()).isEqualTo(Background.of("#ff8040"));
    assertThat(rule(run("c", RunYaml.with(on, "model.alpha='#ff8040'"))).alpha())
        .isEqualTo(Background.of("#ff8040"));
    RunConfig other = RunYaml.with(on, "model.alpha=black");
    assertThatThrownBy(() -> Runs.start(folder.resolve("d"), other, progress, NEVER))
        .hasMessageContaining("its model card says the preprocessing")
        .hasMessageEndingWith("--interpolation, --mean, --std and --alpha out");
  }

  @Test
  void aRunIsTheSameWithoutItAndRefusesAnother() throws IOException {
    assertThat(RunIdentity.of(config)).doesNotContain("alpha\":null");
    assertThatThrownBy(() -> RunYaml.with(config, "model.alpha=transparent"))
        .hasMessageContaining("expected black, white or a colour such as #7f7f7f");
    Path out = folder.resolve("run");
    Runs.start(out, RunYaml.with(config, "model.alpha=white"), progress, () -> true);
    Path yaml = out.resolve("run.yaml");
    Files.writeString(yaml, Files.readString(yaml).replace("alpha: white", "alpha: black"));
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .hasMessageContaining("the run cannot go on exactly: config was");
  }

  private Path run(String name, RunConfig config) {
    Path out = folder.resolve(name);
    Runs.start(out, config, progress, NEVER);
    return out;
  }

  private static Preprocessing rule(Path run) throws IOException {
    TorchScriptArchive model = ArchiveReader.read(run.resolve("model.pt"));
    ModelCard card = CardJson.read(model.extra().get(TorchScriptArchive.CARD), "model.pt");
    return card.preprocessing().orElseThrow();
  }

  /** Squares of three colours on a ground. */
  private static void images(Path folder, int ground) throws IOException {
    int[] colours = {0xff2040c0, 0xff20c040, 0xffc02040};
    for (int c = 0; c < colours.length; c++) {
      Path label = folder.resolve(List.of("blue", "green", "red").get(c));
      Files.createDirectories(label);
      for (int i = 0; i < 5; i++) {
        BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_ARGB);
        for (int p = 0; p < 400; p++) {
          boolean inside = p % 20 > i && p / 20 > 2 && p % 20 < 15 + i && p / 20 < 18;
          image.setRGB(p % 20, p / 20, inside ? colours[c] : ground);
        }
        ImageIO.write(image, "png", label.resolve(i + ".png").toFile());
      }
    }
  }
}
