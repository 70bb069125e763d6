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
final class VisionGridSample {
  /** Of {@code interpolation_mode} and of {@code padding_mode}. */
  private static final int MODES = 3;

  private VisionGridSample() {}

  static void addTo(Map<String, Operator> table) {
    table.put("affine_grid_generator", VisionGridSample::affineGridGenerator);
    table.put("grid_sampler", VisionGridSample::gridSampler);
  }

  /** By the matrices {@code theta [N, 2, 3]}: {@code [N, H, W, 2]}. */
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
    List<SymInt> exact = List.of(batch, size.get(1), size.get(2), size.get(3));
    return call.with("size", IValue.ints(exact)).decomposed();
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
