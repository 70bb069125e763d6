package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.linear;

import dev.lapidary.models.zoo.Architecture.AuxiliaryHead;
import java.util.List;

/**
 * Inception v3 (Szegedy et al. 2015, arXiv 1512.00567). Blocks A to E as torchvision calls them.
 */
final class InceptionV3 {
  private static final String[] TO_AUXILIARY = {
    "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"
  };

  private InceptionV3() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
                "inception_v3",
                "inception_v3",
                Published.inception(342, 299),
                "fc",
                List.of(
                    Stage.of(
                        "stem",
                        "Conv2d_1a_3x3",
                        "Conv2d_2a_3x3",
                        "Conv2d_2b_3x3",
                        "Conv2d_3b_1x1",
                        "Conv2d_4a_3x3"),
                    Stage.of("Mixed_5", "Mixed_5b", "Mixed_5c", "Mixed_5d"),
                    Stage.of(
                        "Mixed_6",
                        "Mixed_6a",
                        "Mixed_6b",
                        "Mixed_6c",
                        "Mixed_6d",
                        "Mixed_6e",
                        "AuxLogits"),
                    Stage.of("Mixed_7", "Mixed_7a", "Mixed_7b", "Mixed_7c"),
                    Stage.of("head", "fc")),
                InceptionV3::network)
            .withAuxiliaryHeads(new AuxiliaryHead("AuxLogits.fc", 0.4)));
  }

  private static Module network(ZooOptions options) {
    return new Module("Inception3")
        .with("Conv2d_1a_3x3", conv(Conv.of(3, 32, 3).stride(2)))
        .with("Conv2d_2a_3x3", conv(Conv.of(32, 32, 3)))
        .with("Conv2d_2b_3x3", conv(Conv.of(32, 64, 3).same()))
        .with("maxpool1", Layers.maxPool(3, 2, 0, false))
        .with("Conv2d_3b_1x1", conv(Conv.of(64, 80, 1)))
        .with("Conv2d_4a_3x3", conv(Conv.of(80, 192, 3)))
        .with("maxpool2", Layers.maxPool(3, 2, 0, false))
        .with("Mixed_5b", blockA(192, 32))
        .with("Mixed_5c", blockA(256, 64))
        .with("Mixed_5d", blockA(288, 64))
        .with("Mixed_6a", blockB(288))
        .with("Mixed_6b", blockC(768, 128))
        .with("Mixed_6c", blockC(768, 160))
        .with("Mixed_6d", blockC(768, 160))
        .with("Mixed_6e", blockC(768, 192))
        .with("AuxLogits", auxiliary(768, options))
        .with("Mixed_7a", blockD(768))
        .with("Mixed_7b", blockE(1280))
        .with("Mixed_7c", blockE(2048))
        .with("fc", linear(2048, options.classes(), Init.normal(0.1)))
        .forward((f, x) -> logits(f, options, f.chain(stem(f, x), TO_AUXILIARY)))
        .method(
            "forward_aux",
            "Tuple[Tensor, Tensor]",
            (f, x) -> {
              Value middle = f.chain(stem(f, x), TO_AUXILIARY);
              Value auxiliary = f.call("AuxLogits", middle);
              return f.tuple(logits(f, options, middle), auxiliary);
            });
  }

  private static Value stem(Forward f, Value x) {
    x = f.chain(x, "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1");
    return f.chain(x, "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2");
  }

  private static Value logits(Forward f, ZooOptions options, Value x) {
    x = f.flatten(f.averagePool(f.chain(x, "Mixed_7a", "Mixed_7b", "Mixed_7c")));
    return f.call("fc", f.dropout(x, options.dropout().orElse(0.5)));
  }

  private static Module blockA(int in, int pool) {
    return new Module("InceptionA")
        .with("branch1x1", conv(Conv.of(in, 64, 1)))
        .with("branch5x5_1", conv(Conv.of(in, 48, 1)))
        .with("branch5x5_2", conv(Conv.of(48, 64, 5).same()))
        .with("branch3x3dbl_1", conv(Conv.of(in, 64, 1)))
        .with("branch3x3dbl_2", conv(Conv.of(64, 96, 3).same()))
        .with("branch3x3dbl_3", conv(Conv.of(96, 96, 3).same()))
        .with("branch_pool", conv(Conv.of(in, pool, 1)))
        .forward(
            (f, x) ->
                f.cat(
                    f.call("branch1x1", x),
                    f.chain(x, "branch5x5_1", "branch5x5_2"),
                    f.chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
                    f.call("branch_pool", averaged(f, x))));
  }

  /** Halves the size. */
  private static Module blockB(int in) {
    return new Module("InceptionB")
        .with("branch3x3", conv(Conv.of(in, 384, 3).stride(2)))
        .with("branch3x3dbl_1", conv(Conv.of(in, 64, 1)))
        .with("branch3x3dbl_2", conv(Conv.of(64, 96, 3).same()))
        .with("branch3x3dbl_3", conv(Conv.of(96, 96, 3).stride(2)))
        .with("maxpool", Layers.maxPool(3, 2, 0, false))
        .forward(
            (f, x) ->
                f.cat(
                    f.call("branch3x3", x),
                    f.chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
                    f.call("maxpool", x)));
  }

  /** 7x7 as 1x7 and 7x1. */
  private static Module blockC(int in, int c7) {
    return new Module("InceptionC")
        .with("branch1x1", conv(Conv.of(in, 192, 1)))
        .with("branch7x7_1", conv(Conv.of(in, c7, 1)))
        .with("branch7x7_2", conv(Conv.of(c7, c7, 1, 7).same()))
        .with("branch7x7_3", conv(Conv.of(c7, 192, 7, 1).same()))
        .with("branch7x7dbl_1", conv(Conv.of(in, c7, 1)))
        .with("branch7x7dbl_2", conv(Conv.of(c7, c7, 7, 1).same()))
        .with("branch7x7dbl_3", conv(Conv.of(c7, c7, 1, 7).same()))
        .with("branch7x7dbl_4", conv(Conv.of(c7, c7, 7, 1).same()))
        .with("branch7x7dbl_5", conv(Conv.of(c7, 192, 1, 7).same()))
        .with("branch_pool", conv(Conv.of(in, 192, 1)))
        .forward(
            (f, x) -> {
              Value one = f.call("branch1x1", x);
              Value seven = f.chain(x, "branch7x7_1", "branch7x7_2", "branch7x7_3");
              Value twice = f.chain(x, "branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3");
              twice = f.chain(twice, "branch7x7dbl_4", "branch7x7dbl_5");
              return f.cat(one, seven, twice, f.call("branch_pool", averaged(f, x)));
            });
  }

  /** Halves the size. */
  private static Module blockD(int in) {
    return new Module("InceptionD")
        .with("branch3x3_1", conv(Conv.of(in, 192, 1)))
        .with("branch3x3_2", conv(Conv.of(192, 320, 3).stride(2)))
        .with("branch7x7x3_1", conv(Conv.of(in, 192, 1)))
        .with("branch7x7x3_2", conv(Conv.of(192, 192, 1, 7).same()))
        .with("branch7x7x3_3", conv(Conv.of(192, 192, 7, 1).same()))
        .with("branch7x7x3_4", conv(Conv.of(192, 192, 3).stride(2)))
        .with("maxpool", Layers.maxPool(3, 2, 0, false))
        .forward(
            (f, x) -> {
              Value three = f.chain(x, "branch3x3_1", "branch3x3_2");
              Value seven = f.chain(x, "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3");
              return f.cat(three, f.call("branch7x7x3_4", seven), f.call("maxpool", x));
            });
  }

  /** The 3x3 as 1x3 and 3x1 side by side. */
  private static Module blockE(int in) {
    return new Module("InceptionE")
        .with("branch1x1", conv(Conv.of(in, 320, 1)))
        .with("branch3x3_1", conv(Conv.of(in, 384, 1)))
        .with("branch3x3_2a", conv(Conv.of(384, 384, 1, 3).same()))
        .with("branch3x3_2b", conv(Conv.of(384, 384, 3, 1).same()))
        .with("branch3x3dbl_1", conv(Conv.of(in, 448, 1)))
        .with("branch3x3dbl_2", conv(Conv.of(448, 384, 3).same()))
        .with("branch3x3dbl_3a", conv(Conv.of(384, 384, 1, 3).same()))
        .with("branch3x3dbl_3b", conv(Conv.of(384, 384, 3, 1).same()))
        .with("branch_pool", conv(Conv.of(in, 192, 1)))
        .forward(
            (f, x) -> {
              Value three = f.call("branch3x3_1", x);
              Value twice = f.chain(x, "branch3x3dbl_1", "branch3x3dbl_2");
              return f.cat(
                  f.call("branch1x1", x),
                  f.cat(f.call("branch3x3_2a", three), f.call("branch3x3_2b", three)),
                  f.cat(f.call("branch3x3dbl_3a", twice), f.call("branch3x3dbl_3b", twice)),
                  f.call("branch_pool", averaged(f, x)));
            });
  }

  private static Module auxiliary(int in, ZooOptions options) {
    return new Module("InceptionAux")
        .with("pool", Layers.averagePool(5, 3, 0))
        .with("conv0", conv(Conv.of(in, 128, 1)))
        .with("conv1", conv(Conv.of(128, 768, 5), 0.01))
        .with("fc", linear(768, options.classes(), Init.normal(0.001)))
        .forward(
            (f, x) -> f.call("fc", f.flatten(f.averagePool(f.chain(x, "pool", "conv0", "conv1")))));
  }

  private static Value averaged(Forward f, Value x) {
    String text = "torch.avg_pool2d(x, [3, 3], [1, 1], [1, 1], False, True, None)";
    return f.let("averaged", text, x.shape());
  }

  private static Module conv(Conv conv) {
    return conv(conv, 0.1);
  }

  private static Module conv(Conv conv, double std) {
    return new Module("BasicConv2d")
        .with("conv", conv.init(Init.normal(std)))
        .with("bn", batchNorm(conv.out(), 1e-3, 0.1))
        .forward((f, x) -> f.relu(f.chain(x, "conv", "bn")));
  }
}
