package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.ImageNetWeights;
import dev.lapidary.models.zoo.PublishedWeights;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trainer archs}: the zoo as a table. */
@Command(
    name = "archs",
    description = "Lists the architectures: parameters, work, input, preprocessing, head, weights.")
final class ArchsCommand extends ProgramCommand {
  private static final int IMAGENET_CLASSES = 1000;

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
      List<String> stages,
      List<Weights> weights) {}

  /**
   * @param tag that {@code --weights} takes; the first is what {@code imagenet} means
   * @param top1 accuracy on ImageNet's validation images under that preprocessing, in percent
   */
  record Weights(
      String tag, double top1, double top5, Preprocessing preprocessing, String address) {
    static Weights of(PublishedWeights published) {
      return new Weights(
          published.tag(),
          published.top1(),
          published.top5(),
          published.rule(),
          published.location());
    }

    /** {@code v2 80.9 %}. */
    String text() {
      String name = tag.replaceFirst("IMAGENET1K_", "").toLowerCase(Locale.ROOT);
      return Phrase.of("%s %.1f %%", name, top1);
    }
  }

  @Override
  public Integer call() {
    List<Row> rows = Zoo.all().stream().map(ArchsCommand::row).toList();
    PrintWriter out = out();
    if (json) {
      out.println(CliJson.write(rows));
    } else {
      print(rows, out);
    }
    return 0;
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
        architecture.stages().stream().map(stage -> stage.name()).toList(),
        ImageNetWeights.of(architecture).stream()
            .sorted(Comparator.comparing(PublishedWeights::standard).reversed())
            .map(Weights::of)
            .toList());
  }

  private static void print(List<Row> rows, PrintWriter out) {
    TextTable table =
        new TextTable()
            .texts("name")
            .numbers("%.2f M", "parameters")
            .numbers("%.3f", "GFLOPs")
            .numbers("%d", "input")
            .texts("preprocessing", "head", "weights");
    for (Row row : rows) {
      String weights = row.weights().stream().map(Weights::text).collect(Collectors.joining(", "));
      table.row(
          row.name(),
          row.parameters() / 1e6,
          row.flops() / 1e9,
          row.inputSize(),
          row.preprocessing().text(),
          row.head(),
          weights.isEmpty() ? "-" : weights);
    }
    out.print(table);
    out.println();
    out.println(
        "Parameters and multiply-adds (GFLOPs) are those of 1000 classes; parameters of googlenet and"
            + " inception_v3 count auxiliary heads, which only training uses.");
    out.println(
        "Weights are torchvision's, with their accuracy on ImageNet: --weights imagenet takes the"
            + " first, imagenet:v1 a named one, with its own preprocessing (--json has all).");
  }
}
