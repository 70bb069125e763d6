package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.convNorm;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.sequential;
import static dev.lapidary.models.zoo.Layers.silu;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import java.util.ArrayList;
import java.util.List;

/**
 * EfficientNet (Tan and Le 2019, arXiv 1905.11946): one table of stages, scaled in width and depth;
 * and EfficientNet V2 (Tan and Le 2021, arXiv 2104.00298) with fused first stages.
 */
final class EfficientNet {
  /**
   * A line of the paper's table.
   *
   * @param fused one full convolution in place of the expansion and the depthwise one
   */
  private record Row(
      boolean fused, int expansion, int kernel, int stride, int in, int out, int repeats) {}

  /**
   * @param last channels of the last convolution
   * @param eps of the batch normalizations
   * @param momentum likewise
   */
  private record Plan(List<Row> rows, int last, double dropout, double eps, double momentum) {
    Plan(List<Row> rows, double dropout) {
      this(rows, 1280, dropout, 1e-3, 0.1);
    }

    int blocks() {
      return rows.stream().mapToInt(Row::repeats).sum();
    }
  }

  private static final List<Row> B0 =
      List.of(
          new Row(false, 1, 3, 1, 32, 16, 1),
          new Row(false, 6, 3, 2, 16, 24, 2),
          new Row(false, 6, 5, 2, 24, 40, 2),
          new Row(false, 6, 3, 2, 40, 80, 3),
          new Row(false, 6, 5, 1, 80, 112, 3),
          new Row(false, 6, 5, 2, 112, 192, 4),
          new Row(false, 6, 3, 1, 192, 320, 1));

  private static final List<Row> V2_S =
      List.of(
          new Row(true, 1, 3, 1, 24, 24, 2),
          new Row(true, 4, 3, 2, 24, 48, 4),
          new Row(true, 4, 3, 2, 48, 64, 4),
          new Row(false, 4, 3, 2, 64, 128, 6),
          new Row(false, 6, 3, 1, 128, 160, 9),
          new Row(false, 6, 3, 2, 160, 256, 15));

  private static final List<Row> V2_M =
      List.of(
          new Row(true, 1, 3, 1, 24, 24, 3),
          new Row(true, 4, 3, 2, 24, 48, 5),
          new Row(true, 4, 3, 2, 48, 80, 5),
          new Row(false, 4, 3, 2, 80, 160, 7),
          new Row(false, 6, 3, 1, 160, 176, 14),
          new Row(false, 6, 3, 2, 176, 304, 18),
          new Row(false, 6, 3, 1, 304, 512, 5));

  private static final List<Row> V2_L =
      List.of(
          new Row(true, 1, 3, 1, 32, 32, 4),
          new Row(true, 4, 3, 2, 32, 64, 7),
          new Row(true, 4, 3, 2, 64, 96, 7),
          new Row(false, 4, 3, 2, 96, 192, 10),
          new Row(false, 6, 3, 1, 192, 224, 19),
          new Row(false, 6, 3, 2, 224, 384, 25),
          new Row(false, 6, 3, 1, 384, 640, 7));

  private EfficientNet() {}

  static List<Architecture> all() {
    return List.of(
        architecture("efficientnet_b0", scaled(1.0, 1.0, 0.2), 256, 224, Interpolation.BICUBIC),
        architecture("efficientnet_b1", scaled(1.0, 1.1, 0.2), 256, 240, Interpolation.BICUBIC),
        architecture("efficientnet_b2", scaled(1.1, 1.2, 0.3), 288, 288, Interpolation.BICUBIC),
        architecture("efficientnet_b3", scaled(1.2, 1.4, 0.3), 320, 300, Interpolation.BICUBIC),
        architecture("efficientnet_b4", scaled(1.4, 1.8, 0.4), 384, 380, Interpolation.BICUBIC),
        architecture("efficientnet_b5", later(1.6, 2.2, 0.4), 456, 456, Interpolation.BICUBIC),
        architecture("efficientnet_b6", later(1.8, 2.6, 0.5), 528, 528, Interpolation.BICUBIC),
        architecture("efficientnet_b7", later(2.0, 3.1, 0.5), 600, 600, Interpolation.BICUBIC),
        architecture("efficientnet_v2_s", new Plan(V2_S, 0.2), 384, 384, Interpolation.BILINEAR),
        architecture("efficientnet_v2_m", new Plan(V2_M, 0.3), 480, 480, Interpolation.BILINEAR),
        architecture(
            "efficientnet_v2_l",
            new Plan(V2_L, 0.4),
            Published.centred(480, 480, Interpolation.BICUBIC)));
  }

  private static Plan scaled(double width, double depth, double dropout) {
    List<Row> rows =
        B0.stream()
            .map(
                r ->
                    new Row(
                        false,
                        r.expansion(),
                        r.kernel(),
                        r.stride(),
                        DivisibleChannels.divisible(r.in() * width, 8),
                        DivisibleChannels.divisible(r.out() * width, 8),
                        (int) Math.ceil(r.repeats() * depth)))
            .toList();
    return new Plan(rows, 4 * rows.get(rows.size() - 1).out(), dropout, 1e-5, 0.1);
  }

  /** torchvision took these three from another port, with its batch normalizations. */
  private static Plan later(double width, double depth, double dropout) {
    Plan plan = scaled(width, depth, dropout);
    return new Plan(plan.rows(), plan.last(), dropout, 1e-3, 0.01);
  }

  private static Architecture architecture(
      String name, Plan plan, int resize, int crop, Interpolation interpolation) {
    return architecture(name, plan, Published.imageNet(resize, crop, interpolation));
  }

  private static Architecture architecture(String name, Plan plan, Preprocessing preprocessing) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "features.0"));
    for (int i = 1; i <= plan.rows().size(); i++) {
      stages.add(Stage.of("stage" + i, "features." + i));
    }
    stages.add(Stage.of("last", "features." + (plan.rows().size() + 1)));
    stages.add(Stage.of("head", "classifier"));
    return Architecture.of(
        name,
        "efficientnet",
        preprocessing,
        "classifier.1",
        stages,
        options -> network(plan, options));
  }

  private static Module network(Plan plan, ZooOptions options) {
    int stem = plan.rows().get(0).in();
    List<Layer> features = new ArrayList<>();
    features.add(convBn(plan, Conv.of(3, stem, 3).stride(2), silu()));
    double depth = options.stochasticDepth().orElse(0.2);
    int built = 0;
    for (Row row : plan.rows()) {
      List<Layer> stage = new ArrayList<>();
      for (int i = 0; i < row.repeats(); i++) {
        stage.add(block(plan, row, i == 0, depth * built++ / plan.blocks()));
      }
      features.add(sequential(stage));
    }
    int in = plan.rows().get(plan.rows().size() - 1).out();
    features.add(convBn(plan, Conv.of(in, plan.last(), 1), silu()));
    return new Module("EfficientNet")
        .with("features", sequential(features))
        .with(
            "classifier",
            sequential(
                dropout(options.dropout().orElse(plan.dropout())),
                linear(
                    plan.last(),
                    options.classes(),
                    Init.uniform(1 / Math.sqrt(options.classes())),
                    Init.ZEROS)))
        .forward((f, x) -> f.call("classifier", f.flatten(f.averagePool(f.call("features", x)))));
  }

  private static Module block(Plan plan, Row row, boolean first, double skipped) {
    int in = first ? row.in() : row.out();
    int stride = first ? row.stride() : 1;
    List<Layer> layers = row.fused() ? fused(plan, row, in, stride) : mobile(plan, row, in, stride);
    Module block =
        new Module(row.fused() ? "FusedMBConv" : "MBConv").with("block", sequential(layers));
    if (stride != 1 || in != row.out()) {
      return block.forward((f, x) -> f.call("block", x));
    }
    return block
        .with("stochastic_depth", stochasticDepth(skipped))
        .forward((f, x) -> f.add(f.chain(x, "block", "stochastic_depth"), x));
  }

  private static List<Layer> mobile(Plan plan, Row row, int in, int stride) {
    int inner = in * row.expansion();
    int squeezed = Math.max(1, in / 4);
    List<Layer> layers = new ArrayList<>();
    if (inner != in) {
      layers.add(convBn(plan, Conv.of(in, inner, 1), silu()));
    }
    Conv depthwise = Conv.of(inner, inner, row.kernel()).stride(stride).depthwise();
    layers.add(convBn(plan, depthwise, silu()));
    layers.add(
        SqueezeExcitation.of(
            "torch.silu_",
            "torch.sigmoid",
            Conv.of(inner, squeezed, 1).init(Init.KAIMING_FAN_OUT),
            Conv.of(squeezed, inner, 1).init(Init.KAIMING_FAN_OUT)));
    layers.add(convBn(plan, Conv.of(inner, row.out(), 1)));
    return layers;
  }

  private static List<Layer> fused(Plan plan, Row row, int in, int stride) {
    int inner = in * row.expansion();
    Conv full = Conv.of(in, inner, row.kernel()).stride(stride);
    return inner == in
        ? List.of(convBn(plan, full, silu()))
        : List.of(convBn(plan, full, silu()), convBn(plan, Conv.of(inner, row.out(), 1)));
  }

  private static Module convBn(Plan plan, Conv conv, Layer... then) {
    Layer norm = batchNorm(conv.out(), plan.eps(), plan.momentum());
    return convNorm(conv.same().init(Init.KAIMING_FAN_OUT), norm, then);
  }
}
