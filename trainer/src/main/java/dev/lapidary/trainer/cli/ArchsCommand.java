package dev.lapidary.trainer.cli;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trainer archs}: the zoo as a table. */
@Command(
    name = "archs",
    description = "Lists the architectures: parameters, work, input, preprocessing, head.")
final class ArchsCommand implements Runnable {
  private static final int IMAGENET_CLASSES = 1000;

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  /**
   * @param flops multiply-adds for one image, as most tables count
   */
  record Row(
      String name,
      long parameters,
      long flops,
      int inputSize,
      Preprocessing preprocessing,
      String head,
      List<String> auxiliaryHeads,
      List<String> stages) {}

  @Override
  public void run() {
    List<Row> rows = Zoo.all().stream().map(ArchsCommand::row).toList();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(CliJson.write(rows));
    } else {
      print(rows, out);
    }
  }

  private static Row row(Architecture architecture) {
    ZooOptions options = ZooOptions.of(IMAGENET_CLASSES, 0);
    return new Row(
        architecture.name(),
        architecture.parameters(options),
        architecture.multiplyAdds(options),
        architecture.inputSize(),
        architecture.preprocessing(),
        architecture.headName(),
        architecture.auxiliaryHeads().stream().map(Architecture.AuxiliaryHead::name).toList(),
        architecture.stages().stream().map(stage -> stage.name()).toList());
  }

  private static void print(List<Row> rows, PrintWriter out) {
    String line = "%-20s %10s %9s %6s  %-47s  %s";
    out.println(
        String.format(line, "name", "parameters", "GFLOPs", "input", "preprocessing", "head"));
    for (Row row : rows) {
      out.println(
          String.format(
              Locale.ROOT,
              line,
              row.name(),
              String.format(Locale.ROOT, "%.2f M", row.parameters() / 1e6),
              String.format(Locale.ROOT, "%.3f", row.flops() / 1e9),
              row.inputSize(),
              text(row.preprocessing()),
              row.head()));
    }
    out.println();
    out.println(
        "Parameters and multiply-adds (GFLOPs) are those of 1000 classes; parameters of googlenet and"
            + " inception_v3 count auxiliary heads, which only training uses.");
  }

  private static String text(Preprocessing p) {
    String size = p.cropHeight() + "x" + p.cropWidth();
    String filter = p.interpolation().name().toLowerCase(Locale.ROOT);
    String fit =
        switch (p.resize()) {
          case SHORTER_SIDE -> filter + " to " + p.resizeSize() + ", crop " + p.cropHeight();
          case EXACT -> filter + " to " + size;
          case FIT_PAD -> filter + " into " + size + ", padded";
          case NONE -> "crop " + size;
        };
    return String.format(
        Locale.ROOT, "%s, mean %.3f std %.3f", fit, p.mean().get(0), p.std().get(0));
  }
}
