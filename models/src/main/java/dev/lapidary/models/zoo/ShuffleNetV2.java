package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.convBn;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.List;

/** ShuffleNet V2 (Ma et al. 2018, arXiv 1807.11164): half the channels pass, then both mix. */
final class ShuffleNetV2 {
  private static final int STEM = 24;
  private static final int[] REPEATS = {4, 8, 4};

  private ShuffleNetV2() {}

  static List<Architecture> all() {
    return List.of(
        architecture("shufflenet_v2_x0_5", 256, 1024, 48, 96, 192),
        architecture("shufflenet_v2_x1_0", 256, 1024, 116, 232, 464),
        architecture("shufflenet_v2_x1_5", 232, 1024, 176, 352, 704),
        architecture("shufflenet_v2_x2_0", 232, 2048, 244, 488, 976));
  }

  private static Architecture architecture(String name, int resize, int last, int... channels) {
    return Architecture.of(
        name,
        "shufflenet_v2",
        Preprocessing.imageNet(resize, 224),
        "fc",
        List.of(
            Stage.of("stem", "conv1"),
            Stage.of("stage2", "stage2"),
            Stage.of("stage3", "stage3"),
            Stage.of("stage4", "stage4"),
            Stage.of("conv5", "conv5"),
            Stage.of("head", "fc")),
        options -> network(options, last, channels));
  }

  private static Module network(ZooOptions options, int last, int... channels) {
    Module net =
        new Module("ShuffleNetV2")
            .with("conv1", convBn(Conv.of(3, STEM, 3).stride(2).same(), relu()))
            .with("maxpool", maxPool(3, 2, 1, false));
    int in = STEM;
    for (int stage = 0; stage < channels.length; stage++) {
      Layer[] blocks = new Layer[REPEATS[stage]];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = i == 0 ? halving(in, channels[stage]) : passing(channels[stage]);
      }
      net.with("stage" + (stage + 2), sequential(blocks));
      in = channels[stage];
    }
    return net.with("conv5", convBn(Conv.of(in, last, 1), relu()))
        .with("fc", linear(last, options.classes()))
        .forward(
            (f, x) -> {
              x = f.chain(x, "conv1", "maxpool", "stage2", "stage3", "stage4", "conv5");
              return f.call("fc", f.dropout(f.meanOverPixels(x), options.dropout().orElse(0.0)));
            });
  }

  /** Both halves are made from all channels, at half the size. */
  private static Module halving(int in, int out) {
    int half = out / 2;
    return new Module("InvertedResidual")
        .with(
            "branch1",
            sequential(
                Conv.of(in, in, 3).stride(2).same().depthwise(),
                batchNorm(in),
                Conv.of(in, half, 1),
                batchNorm(half),
                relu()))
        .with("branch2", branch2(in, half, 2))
        .forward((f, x) -> shuffle(f, f.cat(f.call("branch1", x), f.call("branch2", x))));
  }

  /** The first half passes, the second goes through the branch. */
  private static Module passing(int channels) {
    int half = channels / 2;
    return new Module("InvertedResidual")
        .with("branch2", branch2(half, half, 1))
        .forward(
            (f, x) -> {
              f.line("first, second, = torch.chunk(x, 2, 1)");
              Value first = new Value("first", x.with(1, half));
              Value second = new Value("second", x.with(1, half));
              return shuffle(f, f.cat(first, f.call("branch2", second)));
            });
  }

  private static Module branch2(int in, int half, int stride) {
    return sequential(
        Conv.of(in, half, 1),
        batchNorm(half),
        relu(),
        Conv.of(half, half, 3).stride(stride).same().depthwise(),
        batchNorm(half),
        Conv.of(half, half, 1),
        batchNorm(half),
        relu());
  }

  /** Channels of the two halves alternate. */
  private static Value shuffle(Forward f, Value x) {
    String name = x.name();
    f.line("n = torch.size(%s, 0)", name);
    f.line("h = torch.size(%s, 2)", name);
    f.line("w = torch.size(%s, 3)", name);
    f.line("pairs = torch.view(%s, [n, 2, %d, h, w])", name, x.size(1) / 2);
    f.line("mixed = torch.contiguous(torch.transpose(pairs, 1, 2))");
    return f.let("shuffled", "torch.view(mixed, [n, %d, h, w])".formatted(x.size(1)), x.shape());
  }
}
