package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * How a body is packed (RFC 9110 section 8.4.1). Unpacked here rather than by Netty, whose decoder
 * takes a body that is cut off for a whole one.
 */
enum ContentCoding {
  GZIP {
    @Override
    InputStream open(byte[] packed) throws IOException {
      return new WholeGzip(packed);
    }
  },
  DEFLATE {
    @Override
    InputStream open(byte[] packed) {
      return new WholeDeflate(packed);
    }
  };

  private static final int MAX_CODINGS = 4;
  private static final int CHUNK_BYTES = 64 << 10;

  abstract InputStream open(byte[] packed) throws IOException;

  /**
   * Those of a request, in the order in which they were applied.
   *
   * @throws Refusal 415 if one is not known, 400 if there are too many
   */
  static List<ContentCoding> of(HttpRequest<?> request) {
    List<String> headers = request.getHeaders().getAll(HttpHeaders.CONTENT_ENCODING);
    List<ContentCoding> codings = new ArrayList<>();
    for (String name : String.join(",", headers).split(",")) {
      switch (name.strip().toLowerCase(Locale.ROOT)) {
        case "", "identity" -> {}
        case "gzip", "x-gzip" -> codings.add(GZIP);
        case "deflate" -> codings.add(DEFLATE);
        default ->
            throw Refusal.unsupportedContentCoding(
                "expected gzip, deflate or identity but the Content-Encoding is %s",
                ClientText.brief(name.strip()));
      }
    }
    if (codings.size() > MAX_CODINGS) {
      throw Refusal.badRequest(
          "invalid_content_encoding", "the body is packed more than %d times", MAX_CODINGS);
    }
    return codings;
  }

  /**
   * A body without its codings, the last of them taken off first.
   *
   * @param maxBytes of the body after each unpacking
   * @param room for what has been unpacked, which is held twice while it grows
   * @throws Refusal 400 if it is not packed so, or not whole; 413 if it is larger unpacked; 429 if
   *     there is no room for it
   */
  static byte[] unpacked(
      List<ContentCoding> codings, byte[] packed, int maxBytes, RequestForm.Room room) {
    byte[] body = packed;
    for (int i = codings.size() - 1; i >= 0; i--) {
      body = codings.get(i).unpack(body, maxBytes, room);
    }
    return body;
  }

  private byte[] unpack(byte[] packed, int maxBytes, RequestForm.Room room) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream in = open(packed)) {
      for (int n = in.readNBytes(chunk, 0, CHUNK_BYTES); n > 0; ) {
        if (n > maxBytes - body.size()) {
          throw Refusal.tooLarge("the body has more than the limit of %d bytes unpacked", maxBytes);
        }
        room.hold(2L * (body.size() + n));
        body.write(chunk, 0, n);
        n = in.readNBytes(chunk, 0, CHUNK_BYTES);
      }
    } catch (IOException e) {
      String name = name().toLowerCase(Locale.ROOT);
      throw Refusal.badRequest(
          "invalid_content_encoding",
          "the body is not whole %s, as its Content-Encoding says; is it damaged or not packed?",
          name);
    }
    room.hold(body.size());
    return body.toByteArray();
  }

  /** The JDK's, which checks length and checksum, and passes over what comes behind them. */
  private static final class WholeGzip extends GZIPInputStream {
    private static final int TRAILER = 8;

    /** The JDK's calls itself for each member without content, until the stack overflows. */
    private static final int MAX_EMPTY_MEMBERS = 100;

    private int depth;

    WholeGzip(byte[] packed) throws IOException {
      super(new ByteArrayInputStream(packed), 8192);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (++depth > MAX_EMPTY_MEMBERS) {
        throw new IOException("too many members without content");
      }
      int count = super.read(buffer, offset, length);
      depth = 0;
      if (count < 0 && inf.getRemaining() + in.available() > TRAILER) {
        throw new IOException("more behind the end");
      }
      return count;
    }
  }

  /** With zlib's header as the RFC has it, or without, as some clients send it. */
  private static final class WholeDeflate extends InflaterInputStream {
    WholeDeflate(byte[] packed) {
      super(new ByteArrayInputStream(packed), new Inflater(!hasZlibHeader(packed)), 8192);
    }

    private static boolean hasZlibHeader(byte[] packed) {
      return packed.length >= 2
          && (packed[0] & 0x0f) == 8
          && (((packed[0] & 0xff) << 8) | (packed[1] & 0xff)) % 31 == 0;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = super.read(buffer, offset, length);
      if (count < 0 && (!inf.finished() || inf.getRemaining() + in.available() > 0)) {
        throw new IOException("a dictionary is wanted, or more behind the end");
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      super.close();
      inf.end(); // not the stream's own, so it is left to us
    }
  }
}
