package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What servers are asked that are known by their address alone.
 *
 * @param images a folder, whose files are sent as they are; without it tensors of random numbers
 * @param field of a form (multipart/form-data) that has the image in it; otherwise it is the body
 * @param model its name at the server, if that has several, or the protocol needs it
 * @param shape of a tensor; empty for the model's own
 * @param headers of each request
 */
public record Questions(
    Protocol protocol,
    Optional<Path> images,
    Optional<String> field,
    Optional<String> model,
    List<Long> shape,
    List<RequestHeader> headers) {
  private static final int TENSORS = 16;

  /**
   * @throws Failure (exit 2) if the server cannot be asked so; (exit 1) if it does not answer
   */
  RequestSet to(URI server) throws InterruptedException {
    if (protocol == Protocol.predict) {
      return PredictRequests.of(predictUri(server), files(images.orElseThrow()), field, headers);
    }
    URI model = under(server, "/v2/models/" + this.model.orElseThrow());
    ModelInput input = ModelInput.ask(model, images.isPresent() ? List.of() : shape, headers);
    URI infer = under(model, "/infer");
    return images.isPresent()
        ? InferRequests.of(
            infer, input.ofImage(), ModelInput.elements(files(images.get())), headers)
        : InferRequests.of(infer, input, input.random(TENSORS), headers);
  }

  /** An address with a path of its own is another server's, and is taken as it is. */
  private URI predictUri(URI server) {
    String path = server.getRawPath();
    boolean own = path != null && !path.isEmpty() && !path.equals("/");
    return own
        ? server
        : under(server, "/predict" + model.map(m -> "/" + m).orElse("") + "?topK=1&threshold=0");
  }

  private static URI under(URI server, String path) {
    return URI.create(server.toString().replaceFirst("/$", "") + path);
  }

  private static List<byte[]> files(Path folder) {
    List<byte[]> files = new ArrayList<>();
    for (String path : BenchImage.spaced(BenchImage.files(folder))) {
      try {
        files.add(ImageFile.bytes(folder, path, ImageLimits.DEFAULT));
      } catch (UndecodableImage e) {
        throw Failure.badInput("[%s] %s: %s", folder, path, Failure.reason(e));
      }
    }
    if (files.isEmpty()) {
      throw Failure.badInput("%s holds no image; name a folder with --images", folder);
    }
    return files;
  }

  String text() {
    String what = images.map(folder -> "images of " + folder).orElse("tensors");
    return protocol == Protocol.predict ? what + " to predict" : what + " to infer (v2)";
  }
}
