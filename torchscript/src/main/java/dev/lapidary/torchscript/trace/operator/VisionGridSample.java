package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Vision functions: images sampled at the points of a grid. */
public final class VisionGridSample {
  /** Of {@code interpolation_mode} and of {@code padding_mode}. */
  private static final int MODES = 3;

  private VisionGridSample() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("affine_grid_generator", VisionGridSample::affineGridGenerator);
    table.put("grid_sampler", VisionGridSample::gridSampler);
  }

  /**
   * Where each pixel's place (x, y, 1), from -1 to 1, goes by the matrices {@code theta [N, 2, 3]}:
   * {@code [N, H, W, 2]}.
   */
  private static IValue affineGridGenerator(Invocation call) {
    TensorRef theta = call.tensor("theta");
    List<SymInt> size = call.dims("size");
    boolean flat = theta.rank() == 3 && theta.shape().subList(1, 3).equals(SymInts.of(2, 3));
    if (size.size() != 4 || !flat) {
      throw ProgramRefusal.unsupported(
          "%s of matrices %s for the size %s; [N, 2, 3] for [N, C, H, W] is supported",
          call.operator(), theta.shape(), size);
    }
    SymInt batch = theta.shape().get(0);
    SymInt given = size.get(0);
    if (batch.perBatch()) {
      given = call.dispatcher().literals().product(given, batch);
    }
    if (!given.equals(batch)) {
      throw ProgramRefusal.wrong("%s of %s matrices for %s images", call.operator(), batch, given);
    }
    IValue axes = new IValue.ListOf(List.of(line(call, size.get(2)), line(call, size.get(3))));
    List<IValue> indices = call.call("meshgrid", axes).toList();
    IValue one = call.call("ones_like", indices.get(0));
    IValue last = IValue.number(-1);
    IValue rows =
        call.call("stack", new IValue.ListOf(List.of(indices.get(1), indices.get(0), one)), last);
    IValue flatRows = call.call("flatten", rows, IValue.number(0), IValue.number(1));
    IValue turned = call.call("transpose", theta, IValue.number(1), IValue.number(2));
    return call.call(
        "view",
        call.call("matmul", flatRows, turned),
        IValue.ints(List.of(batch, size.get(2), size.get(3), SymInt.of(2))));
  }

  /** Pixels' centres along an axis, or with {@code align_corners} their places between the ends. */
  private static IValue line(Invocation call, SymInt size) {
    long count = SymInts.constant(size);
    if (count < 1) {
      throw ProgramRefusal.wrong("%s for a side of %d pixels", call.operator(), count);
    }
    if (count == 1) {
      return call.call("zeros", IValue.ints(1));
    }
    IValue ends = call.call("linspace", IValue.number(-1), IValue.number(1), IValue.number(count));
    return call.flag("align_corners")
        ? ends
        : call.call("div", call.call("mul", ends, IValue.number(count - 1)), IValue.number(count));
  }

  private static IValue gridSampler(Invocation call) {
    List<SymInt> images = Convolutions.image(call, "input");
    List<SymInt> grid = call.tensor("grid").shape();
    boolean fits =
        grid.size() == 4 && grid.get(0).equals(images.get(0)) && grid.get(3).equals(SymInt.of(2));
    if (!fits) {
      throw ProgramRefusal.wrong(
          "%s of images %s at places %s; expected [N, H, W, 2]", call.operator(), images, grid);
    }
    for (String mode : List.of("interpolation_mode", "padding_mode")) {
      if (call.integer(mode) < 0 || call.integer(mode) >= MODES) {
        throw ProgramRefusal.wrong("%s with %s %d", call.operator(), mode, call.integer(mode));
      }
    }
    call.requireTypeOf(call.tensor("input"), call.tensor("grid"));
    return call.record(
        call.tensor("input").dtype(),
        List.of(images.get(0), images.get(1), grid.get(1), grid.get(2)));
  }
}
