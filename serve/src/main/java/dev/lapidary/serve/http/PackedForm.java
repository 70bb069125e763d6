package dev.lapidary.serve.http;

import java.util.List;

/** The body is another form's, packed. */
final class PackedForm implements RequestForm {
  private final List<ContentCoding> codings;
  private final RequestForm form;
  private final int maxBytes;

  /**
   * @param codings in the order in which they were applied
   * @param maxBytes of the body after each unpacking
   */
  PackedForm(List<ContentCoding> codings, RequestForm form, int maxBytes) {
    this.codings = List.copyOf(codings);
    this.form = form;
    this.maxBytes = maxBytes;
  }

  @Override
  public List<Upload> uploads(byte[] body, Room room) {
    byte[] unpacked = body;
    for (int i = codings.size() - 1; i >= 0; i--) {
      unpacked = codings.get(i).unpack(unpacked, maxBytes, room);
    }
    return form.uploads(unpacked, room);
  }
}
