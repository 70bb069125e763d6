package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
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
    table.put(
        "grid_sampler_2d",
        call ->
            call.call(
                "grid_sampler",
                call.get("input"),
                call.get("grid"),
                call.get("interpolation_mode"),
                call.get("padding_mode"),
                call.get("align_corners")));
  }

  /**
   * Where each pixel's place (x, y, 1), from -1 to 1, goes by the matrices {@code theta [N, 2, 3]}:
   * {@code [N, H, W, 2]}.
   */
  private static Datum affineGridGenerator(Invocation call) {
    TensorRef theta = call.tensor("theta");
    List<Dim> size = call.dims("size");
    boolean flat = theta.rank() == 3 && theta.shape().subList(1, 3).equals(Dims.of(2, 3));
    if (size.size() != 4 || !flat) {
      throw Refusal.unsupported(
          "%s of matrices %s for the size %s; [N, 2, 3] for [N, C, H, W] is supported",
          call.operator(), theta.shape(), size);
    }
    Dim batch = theta.shape().get(0);
    Dim given = size.get(0);
    if (batch.perBatch()) {
      given = call.dispatcher().literals().product(given, batch);
    }
    if (!given.equals(batch)) {
      throw Refusal.wrong("%s of %s matrices for %s images", call.operator(), batch, given);
    }
    Datum axes = new Datum.ListOf(List.of(line(call, size.get(2)), line(call, size.get(3))));
    List<Datum> places = call.call("meshgrid", axes).toList();
    Datum one = call.call("ones_like", places.get(0));
    Datum last = Datum.number(-1);
    Datum rows =
        call.call("stack", new Datum.ListOf(List.of(places.get(1), places.get(0), one)), last);
    Datum flatRows = call.call("flatten", rows, Datum.number(0), Datum.number(1));
    Datum turned = call.call("transpose", theta, Datum.number(1), Datum.number(2));
    return call.call(
        "view",
        call.call("matmul", flatRows, turned),
        Datum.ints(List.of(batch, size.get(2), size.get(3), Dim.of(2))));
  }

  /** Pixels' centres along an axis, or with {@code align_corners} their places between the ends. */
  private static Datum line(Invocation call, Dim size) {
    long count = Dims.constant(size);
    if (count < 1) {
      throw Refusal.wrong("%s for a side of %d pixels", call.operator(), count);
    }
    if (count == 1) {
      return call.call("zeros", Datum.ints(1));
    }
    Datum ends = call.call("linspace", Datum.number(-1), Datum.number(1), Datum.number(count));
    return call.flag("align_corners")
        ? ends
        : call.call("div", call.call("mul", ends, Datum.number(count - 1)), Datum.number(count));
  }

  private static Datum gridSampler(Invocation call) {
    List<Dim> images = Convolutions.image(call, "input");
    List<Dim> grid = call.tensor("grid").shape();
    boolean fits =
        grid.size() == 4 && grid.get(0).equals(images.get(0)) && grid.get(3).equals(Dim.of(2));
    if (!fits) {
      throw Refusal.wrong(
          "%s of images %s at places %s; expected [N, H, W, 2]", call.operator(), images, grid);
    }
    for (String mode : List.of("interpolation_mode", "padding_mode")) {
      if (call.integer(mode) < 0 || call.integer(mode) >= MODES) {
        throw Refusal.wrong("%s with %s %d", call.operator(), mode, call.integer(mode));
      }
    }
    call.requireTypeOf(call.tensor("input"), call.tensor("grid"));
    return call.record(
        call.tensor("input").dtype(),
        List.of(images.get(0), images.get(1), grid.get(1), grid.get(2)));
  }
}
