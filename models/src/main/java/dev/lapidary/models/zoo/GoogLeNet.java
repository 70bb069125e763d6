package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.models.zoo.Architecture.AuxiliaryHead;
import java.util.List;

/**
 * GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842) with batch normalization. As in torchvision the
 * "5x5" branch is a 3x3 convolution.
 */
final class GoogLeNet {
  private static final Init WEIGHT = Init.normal(0.01);

  private GoogLeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
                "googlenet",
                "googlenet",
                Published.inception(256, 224),
                "fc",
                List.of(
                    Stage.of("stem", "conv1", "conv2", "conv3"),
                    Stage.of("inception3", "inception3a", "inception3b"),
                    Stage.of("inception4a", "inception4a", "aux1"),
                    Stage.of("inception4bcd", "inception4b", "inception4c", "inception4d", "aux2"),
                    Stage.of("inception4e", "inception4e"),
                    Stage.of("inception5", "inception5a", "inception5b"),
                    Stage.of("head", "fc")),
                GoogLeNet::network)
            .withAuxiliaryHeads(
                new AuxiliaryHead("aux1.fc2", 0.3), new AuxiliaryHead("aux2.fc2", 0.3)));
  }

  private static Module network(ZooOptions options) {
    return new Module("GoogLeNet")
        .with("conv1", conv(Conv.of(3, 64, 7).stride(2).same()))
        .with("maxpool1", maxPool(3, 2, 0, true))
        .with("conv2", conv(Conv.of(64, 64, 1)))
        .with("conv3", conv(Conv.of(64, 192, 3).same()))
        .with("maxpool2", maxPool(3, 2, 0, true))
        .with("inception3a", inception(192, 64, 96, 128, 16, 32, 32))
        .with("inception3b", inception(256, 128, 128, 192, 32, 96, 64))
        .with("maxpool3", maxPool(3, 2, 0, true))
        .with("inception4a", inception(480, 192, 96, 208, 16, 48, 64))
        .with("inception4b", inception(512, 160, 112, 224, 24, 64, 64))
        .with("inception4c", inception(512, 128, 128, 256, 24, 64, 64))
        .with("inception4d", inception(512, 112, 144, 288, 32, 64, 64))
        .with("inception4e", inception(528, 256, 160, 320, 32, 128, 128))
        .with("maxpool4", maxPool(2, 2, 0, true))
        .with("inception5a", inception(832, 256, 160, 320, 32, 128, 128))
        .with("inception5b", inception(832, 384, 192, 384, 48, 128, 128))
        .with("aux1", auxiliary(512, options))
        .with("aux2", auxiliary(528, options))
        .with("fc", linear(1024, options.classes(), WEIGHT))
        .forward((f, x) -> logits(f, options, late(f, middle(f, early(f, x)))))
        .method(
            "forward_aux",
            "Tuple[Tensor, Tensor, Tensor]",
            (f, x) -> {
              Value early = early(f, x);
              Value aux1 = f.call("aux1", early);
              Value middle = middle(f, early);
              Value aux2 = f.call("aux2", middle);
              Value logits = logits(f, options, late(f, middle));
              return f.tuple(logits, aux1, aux2);
            });
  }

  private static Value early(Forward f, Value x) {
    x = f.chain(x, "conv1", "maxpool1", "conv2", "conv3", "maxpool2");
    return f.chain(x, "inception3a", "inception3b", "maxpool3", "inception4a");
  }

  private static Value middle(Forward f, Value x) {
    return f.chain(x, "inception4b", "inception4c", "inception4d");
  }

  private static Value late(Forward f, Value x) {
    return f.chain(x, "inception4e", "maxpool4", "inception5a", "inception5b");
  }

  private static Value logits(Forward f, ZooOptions options, Value x) {
    Value features = f.flatten(f.averagePool(x));
    return f.call("fc", f.dropout(features, options.dropout().orElse(0.2)));
  }

  /** Table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj. */
  private static Module inception(
      int in, int one, int red3, int three, int red5, int five, int pool) {
    return new Module("Inception")
        .with("branch1", conv(Conv.of(in, one, 1)))
        .with(
            "branch2", sequential(conv(Conv.of(in, red3, 1)), conv(Conv.of(red3, three, 3).same())))
        .with(
            "branch3", sequential(conv(Conv.of(in, red5, 1)), conv(Conv.of(red5, five, 3).same())))
        .with("branch4", sequential(maxPool(3, 1, 1, true), conv(Conv.of(in, pool, 1))))
        .forward(
            (f, x) ->
                f.cat(
                    f.call("branch1", x),
                    f.call("branch2", x),
                    f.call("branch3", x),
                    f.call("branch4", x)));
  }

  private static Module auxiliary(int in, ZooOptions options) {
    return new Module("InceptionAux")
        .with("conv", conv(Conv.of(in, 128, 1)))
        .with("fc1", linear(2048, 1024, WEIGHT))
        .with("fc2", linear(1024, options.classes(), WEIGHT))
        .forward(
            (f, x) -> {
              Value pooled = f.let("pooled", "torch.adaptive_avg_pool2d(x, [4, 4])", 1, in, 4, 4);
              Value hidden = f.relu(f.call("fc1", f.flatten(f.call("conv", pooled))));
              return f.call("fc2", f.dropout(hidden, 0.7));
            });
  }

  private static Module conv(Conv conv) {
    return new Module("BasicConv2d")
        .with("conv", conv.init(WEIGHT))
        .with("bn", batchNorm(conv.out(), 1e-3, 0.1))
        .forward((f, x) -> f.relu(f.chain(x, "conv", "bn")));
  }
}
