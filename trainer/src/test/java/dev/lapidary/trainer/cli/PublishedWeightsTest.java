package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.models.zoo.ImageNetWeights;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --weights imagenet} and {@code trainer fetch} against a mirror on this machine, which has
 * files under torchvision's names. As a process: both are told by the environment.
 */
@Timeout(300)
class PublishedWeightsTest {
  /** Searched for, so that the files' SHA-256 begin as the names say. */
  private static final Map<String, int[]> LAST =
      Map.of(
          "squeezenet1_1", new int[] {0x3d000024, 0x3d1f526b},
          "mobilenet_v2", new int[] {0x3d0007ba, 0x3d28a120});

  @TempDir Path folder;

  private HttpServer server;
  private final List<String> requests = new ArrayList<>();

  private record Ended(int status, String out, String err) {}

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/torch/",
        exchange -> {
          String name = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
          requests.add(name);
          Path file = folder.resolve("published").resolve(name);
          boolean known = Files.exists(file);
          exchange.sendResponseHeaders(known ? 200 : 404, known ? Files.size(file) : -1);
          try (OutputStream body = exchange.getResponseBody()) {
            if (known) {
              Files.copy(file, body);
            }
          }
        });
    server.start();
    Files.createDirectory(folder.resolve("published"));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Path publish(String architecture, String word) {
    String name = ImageNetWeights.find(Zoo.find(architecture), word).name();
    Path file = folder.resolve("published").resolve(name);
    TorchvisionFile.write(architecture, Objects.requireNonNull(LAST.get(architecture)), file);
    return file;
  }

  private Ended trainer(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Djava.awt.headless=true", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(TrainerMain.class.getName());
    command.addAll(Arrays.asList(arguments));
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LAPIDARY_CACHE", folder.resolve("cache").toString());
    int port = server.getAddress().getPort();
    builder.environment().put("LAPIDARY_WEIGHTS_MIRROR", "http://127.0.0.1:" + port + "/torch");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static ModelCard card(Path file) {
    byte[] json = ArchiveReader.read(file).extra().get(TorchScriptArchive.CARD);
    return CardJson.read(Objects.requireNonNull(json), "test");
  }

  @Test
  void oneWordGivesANetworkWithLabelsAndPreprocessing() throws Exception {
    Path published = publish("squeezenet1_1", "imagenet");
    Path out = folder.resolve("model.pt");
    Ended made =
        trainer("init", "--arch", "squeezenet1_1", "--weights", "imagenet", "--out", out + "");
    assertThat(made.status).as(made.err).isZero();
    assertThat(made.err)
        .contains(
            "weights: squeezenet1_1-b8a52dc0.pth, IMAGENET1K_V1 of torchvision, 58.2 % top-1 on"
                + " ImageNet")
        .contains("52 tensors loaded, 100.0 % of 1,235,496 parameters")
        .contains(
            "preprocessing: bilinear to 256, crop 224, mean 0.485 std 0.229, as squeezenet1_1");
    ModelCard card = card(out);
    assertThat(card.labels()).isEqualTo(ImageNetWeights.labels());
    assertThat(card.provenance().weightsSource()).isEqualTo("squeezenet1_1-b8a52dc0.pth");
    assertThat(card.preprocessing()).contains(Zoo.find("squeezenet1_1").preprocessing());

    // It is in the cache now: trainer fetch says where, and nobody asks the server.
    Files.delete(published);
    Ended fetched = trainer("fetch", "squeezenet1_1", "--tag", "v1");
    assertThat(fetched.status).as(fetched.err).isZero();
    assertThat(Path.of(fetched.out.strip())).exists();
    assertThat(requests).containsExactly("squeezenet1_1-b8a52dc0.pth");

    // And the other way to say it, with another filter than the weights' own.
    Ended again =
        trainer(
            "init",
            "--arch=squeezenet1_1",
            "--pretrained",
            "--interpolation=bicubic",
            "--force",
            "--out=" + out);
    assertThat(again.status).as(again.err).isZero();
    assertThat(again.err)
        .contains(
            "preprocessing: bicubic to 256, crop 224, mean 0.485 std 0.229 as asked for; published"
                + " for squeezenet1_1-b8a52dc0.pth: bilinear to 256, crop 224, mean 0.485 std"
                + " 0.229");
    assertThat(card(out).preprocessing().orElseThrow().interpolation().name()).isEqualTo("BICUBIC");
  }

  /** The default is the second set, with its own resize; the network's own is the first's. */
  @Test
  void theDefaultsPreprocessingIsItsOwn() throws Exception {
    Path published = publish("mobilenet_v2", "imagenet");
    Path out = folder.resolve("model.pt");
    Ended made =
        trainer("init", "--arch=mobilenet_v2", "--pretrained", "--classes=3", "--out=" + out);
    assertThat(made.status).as(made.err).isZero();
    assertThat(requests).containsExactly("mobilenet_v2-7ebf99e0.pth");
    assertThat(card(out).preprocessing().orElseThrow().resizeSize()).isEqualTo(232);
    assertThat(card(out).labels()).isEmpty();
    assertThat(Zoo.find("mobilenet_v2").preprocessing().resizeSize()).isEqualTo(256);

    // The same file by its path, whatever it is called: its preprocessing comes along.
    Path file = Files.copy(published, folder.resolve("mine.pth"));
    Ended byPath =
        trainer("init", "--arch=mobilenet_v2", "--weights=" + file, "--force", "--out=" + out);
    assertThat(byPath.status).as(byPath.err).isZero();
    assertThat(byPath.err).contains("mobilenet_v2-7ebf99e0.pth, IMAGENET1K_V2 of torchvision");
    assertThat(card(out).preprocessing().orElseThrow().resizeSize()).isEqualTo(232);
    assertThat(card(out).labels()).isEqualTo(ImageNetWeights.labels());
    assertThat(card(out).provenance().weightsSource()).isEqualTo("mine.pth");
  }

  @Test
  void anotherFileUnderTheNameIsRefusedAndNotKept() throws Exception {
    String name = ImageNetWeights.find(Zoo.find("resnet18"), "imagenet").name();
    Files.write(folder.resolve("published").resolve(name), new byte[1000]);
    Ended refused = trainer("fetch", "resnet18");
    assertThat(refused.status).isEqualTo(3);
    assertThat(refused.err)
        .matches(
            "(?s)error: http://127.0.0.1:\\d+/torch/resnet18-f37072fd.pth has the SHA-256"
                + " [0-9a-f]{64}, expected f37072fd\\.\\.\\.: it is not the file that you mean,"
                + " .*");
    assertThat(refused.out).isEmpty();
    try (var kept = Files.list(folder.resolve("cache/weights"))) {
      assertThat(kept).noneMatch(file -> file.toString().matches(".*\\.(pth|part|sha256)"));
    }
  }

  @Test
  void withoutANetworkItSaysWhatToDo() throws Exception {
    server.stop(0);
    Path out = folder.resolve("model.pt");
    Ended failed = trainer("init", "--arch=resnet50", "--weights=imagenet:v1", "--out=" + out);
    assertThat(failed.status).isEqualTo(1);
    assertThat(failed.err)
        .contains("/torch/resnet50-0676ba61.pth: the server cannot be reached")
        .contains("put the file at " + folder.resolve("cache/weights"))
        .contains("`trainer fetch resnet50 --tag IMAGENET1K_V1`");
    assertThat(out).doesNotExist();
  }
}
