package dev.lapidary.benchmarks;

import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.program.Libtorch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code bin/benchmark blocked-layout [ROUNDS [ARCH...]]}: training steps with images and all that
 * convolutions make of them in oneDNN's own layout, forward and backward, beside those of {@code
 * memory-format}. The network's text puts them there ({@code torch.to_mkldnn}) and takes the
 * features out again ({@code torch.to_dense}) before it flattens them.
 */
final class BlockedLayoutBench {
  private static final Pattern FORWARD =
      Pattern.compile("def forward\\(.*?-> Tensor:\n", Pattern.DOTALL);

  private BlockedLayoutBench() {}

  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    List<String> names = new ArrayList<>(List.of(arguments));
    names.subList(0, Math.min(1, names.size())).clear();
    Libtorch.call(
        Runtime.getRuntime().availableProcessors(),
        () -> {
          for (String name : names.isEmpty() ? List.of("resnet18") : names) {
            compare(Zoo.find(name), rounds);
          }
          return rounds;
        });
  }

  private static void compare(Architecture architecture, int rounds) throws Exception {
    TorchScriptArchive plain = architecture.build(ZooOptions.of(10, 0));
    TorchScriptArchive blocked = blocked(plain);
    int side = architecture.inputSize();
    List<Double> contiguous = new ArrayList<>();
    List<Double> channelsLast = new ArrayList<>();
    List<Double> inBlocks = new ArrayList<>();
    double maximum = 0;
    for (int round = 0; round < rounds; round++) {
      MemoryFormatBench.Steps reference = MemoryFormatBench.measure(plain, side, false);
      contiguous.add(reference.imagesPerSecond());
      channelsLast.add(MemoryFormatBench.measure(plain, side, true).imagesPerSecond());
      MemoryFormatBench.Steps steps = MemoryFormatBench.measure(blocked, side, false);
      inBlocks.add(steps.imagesPerSecond());
      for (int i = 0; i < steps.losses().size(); i++) {
        double loss = reference.losses().get(i);
        maximum = Math.max(maximum, Math.abs(steps.losses().get(i) - loss) / loss);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-16s contiguous %.1f images/s, channels_last %.1f, blocked %.1f: %.2f of channels_last;"
            + " losses differ by %.1e%n",
        architecture.name(),
        Median.of(contiguous),
        Median.of(channelsLast),
        Median.of(inBlocks),
        Median.of(inBlocks) / Median.of(channelsLast),
        maximum);
  }

  private static TorchScriptArchive blocked(TorchScriptArchive plain) {
    String root = plain.root().className();
    String head = "class " + root.substring(root.lastIndexOf('.') + 1) + "(";
    SortedMap<String, String> code = new TreeMap<>(plain.code());
    code.replaceAll((file, text) -> text.contains(head) ? blocked(text, head) : text);
    return plain.withCode(code);
  }

  private static String blocked(String text, String head) {
    int at = text.indexOf(head);
    Matcher forward = FORWARD.matcher(text);
    if (!forward.find(at)) {
      throw new IllegalArgumentException("no forward after " + head);
    }
    String body =
        text.substring(forward.end())
            .replaceFirst("forward\\(x, \\)", "forward(torch.to_mkldnn(x), )")
            .replaceFirst("torch.flatten\\((\\w+), 1\\)", "torch.flatten(torch.to_dense($1), 1)");
    return text.substring(0, forward.end()) + body;
  }
}
