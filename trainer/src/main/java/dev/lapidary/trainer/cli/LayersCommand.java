package dev.lapidary.trainer.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Stage;
import dev.lapidary.models.zoo.StateEntry;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.StateDict;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer layers}: every parameter and buffer of a network. */
@Command(
    name = "layers",
    description =
        "Lists a network's parameters and buffers: name, shape, dtype, count, stage. The names are"
            + " what freezing and learning rates refer to.")
final class LayersCommand extends ProgramCommand {
  private static final Pattern BUFFER =
      Pattern.compile("(^|\\.)(running_mean|running_var|num_batches_tracked)$");

  private static final Pattern PATH =
      Pattern.compile("[/\\\\]|\\.(pt|pth|ckpt|bin|safetensors|onnx)$");

  @Parameters(
      paramLabel = "NAME|RUN|FILE",
      description =
          "An architecture's name, a run, a TorchScript .pt, or weights: safetensors, .pth, ONNX.")
  private String source = "";

  @Option(names = "--classes", description = "Classes of a named architecture's head.")
  private int classes = 1000;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  /** What was taken or left of a file. */
  private List<String> notes = List.of();

  /**
   * @param kind {@code parameter} or {@code buffer}
   */
  record Row(String name, List<Long> shape, String dtype, long count, String kind, String stage) {}

  @Override
  public Integer call() {
    Path file = Path.of(source);
    List<Row> rows = isFile(file) ? ofFile(file) : ofArchitecture(Zoo.find(source));
    PrintWriter out = out();
    if (json) {
      out.println(CliJson.write(rows));
    } else {
      print(rows, out);
      notes.forEach(note -> out.println("  " + note));
    }
    return 0;
  }

  /** A path that leads nowhere is answered as a path, not as a mistyped name. */
  private boolean isFile(Path file) {
    return Files.isRegularFile(file)
        || (Zoo.lookup(source).isEmpty() && (Files.exists(file) || PATH.matcher(source).find()));
  }

  private List<Row> ofArchitecture(Architecture architecture) {
    return architecture.state(ZooOptions.of(classes, 0)).stream()
        .map(entry -> row(entry, architecture.stages()))
        .toList();
  }

  private List<Row> ofFile(Path source) {
    Path file = NetworkFile.at(source);
    NamedTensors read = WeightsFile.read(file);
    notes = read.notes();
    return read.format().equals(WeightsFile.TORCH_SCRIPT) ? ofArchive(file) : ofWeights(read);
  }

  /** A state dict says no kinds: what BatchNorm calls its buffers is one. */
  private static List<Row> ofWeights(NamedTensors weights) {
    List<Stage> stages = Stage.derived(weights.tensors().keySet());
    return weights.tensors().entrySet().stream()
        .map(e -> row(e.getKey(), e.getValue(), !BUFFER.matcher(e.getKey()).find(), stages))
        .toList();
  }

  private static List<Row> ofArchive(Path file) {
    TorchScriptArchive archive = NetworkFile.read(file);
    StateDict state = StateDict.of(archive);
    List<Stage> stages = stages(archive, state, file);
    return state.entries().stream()
        .map(e -> row(e.name(), e.tensor(), e.kind() == StateDict.Kind.PARAMETER, stages))
        .toList();
  }

  /** The zoo's, if the card names a network of the zoo. */
  private static List<Stage> stages(TorchScriptArchive archive, StateDict state, Path file) {
    Optional<Architecture> known =
        Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
            .map(json -> CardJson.read(json, file.toString()).architecture())
            .flatMap(Zoo::lookup);
    return known
        .map(Architecture::stages)
        .orElseGet(
            () -> Stage.derived(state.entries().stream().map(StateDict.Entry::name).toList()));
  }

  private static Row row(String name, Tensor tensor, boolean parameter, List<Stage> stages) {
    List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
    return row(new StateEntry(name, shape, tensor.dtype(), parameter), stages);
  }

  private static Row row(StateEntry entry, List<Stage> stages) {
    String stage =
        stages.stream().filter(s -> s.covers(entry.name())).map(Stage::name).findFirst().orElse("");
    String dtype = entry.dtype().name().toLowerCase(Locale.ROOT);
    String kind = entry.parameter() ? "parameter" : "buffer";
    return new Row(entry.name(), entry.shape(), dtype, entry.numel(), kind, stage);
  }

  private static void print(List<Row> rows, PrintWriter out) {
    TextTable table =
        new TextTable()
            .texts("name", "shape", "dtype")
            .numbers("%,d", "count")
            .texts("kind", "stage");
    for (Row row : rows) {
      table.row(row.name(), row.shape(), row.dtype(), row.count(), row.kind(), row.stage());
    }
    out.print(table);
    long parameters =
        rows.stream().filter(r -> r.kind().equals("parameter")).mapToLong(Row::count).sum();
    out.println();
    out.println(Phrase.of("%,d parameters", parameters));
  }
}
