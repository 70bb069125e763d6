package dev.lapidary.serve.http;

import java.util.List;

/** The body is one image file. */
final class RawForm implements RequestForm {
  @Override
  public List<Upload> uploads(byte[] body, Room room) {
    if (body.length == 0) {
      throw Refusal.badRequest("no_image", "the body is empty, expected an image file");
    }
    return List.of(new Upload.File("0", body));
  }
}
