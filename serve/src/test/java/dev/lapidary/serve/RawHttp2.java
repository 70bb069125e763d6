package dev.lapidary.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** One HTTP/2 connection over TLS, frame by frame (RFC 9113). */
public final class RawHttp2 implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int CONTINUATION = 9;

  public static final int END_STREAM = 1;
  public static final int END_HEADERS = 4;

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final Socket socket;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

  /** Shakes hands, and has said nothing yet. */
  public RawHttp2(URI server) throws IOException {
    socket = TestTls.handshake(new Socket(server.getHost(), server.getPort()), "h2");
  }

  /**
   * A frame.
   *
   * @param stream 0 for the connection's own
   * @param status of HEADERS; else 0
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Frame(int type, int flags, int stream, byte[] payload, int status) {
    /** Of GOAWAY. */
    public int lastStream() {
      return Unpooled.wrappedBuffer(payload).readInt();
    }

    /** Of RST_STREAM. */
    public int resetCode() {
      return Unpooled.wrappedBuffer(payload).readInt();
    }
  }

  /** The preface, and settings. */
  public RawHttp2 begin() throws IOException {
    write(PREFACE.getBytes(ISO_8859_1));
    frame(SETTINGS, 0, 0, new byte[0]);
    return this;
  }

  /** A server that ends the connection while it is written to has said what it has to say. */
  public void write(byte[] bytes) throws IOException {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (SocketException | SSLException e) {
      // read on
    }
  }

  public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuf frame = Unpooled.buffer(9 + payload.length);
    frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
    write(ByteBufUtil.getBytes(frame.writeBytes(payload)));
  }

  /** Of a request, with names and values in turn. */
  public static byte[] head(String method, String path, String... headers) {
    Http2Headers all =
        new DefaultHttp2Headers(false)
            .method(method)
            .path(path)
            .scheme("https")
            .authority("localhost");
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    ByteBuf out = Unpooled.buffer();
    try {
      new DefaultHttp2HeadersEncoder((name, value) -> true).encodeHeaders(3, all, out);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    return ByteBufUtil.getBytes(out);
  }

  /** Empty once the connection has ended. */
  public Optional<Frame> read() throws IOException {
    try {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      int status = type == HEADERS ? status(stream, payload) : 0; // all of them: HPACK has a state
      return Optional.of(new Frame(type, flags, stream, payload, status));
    } catch (EOFException | SocketException | SSLException e) {
      return Optional.empty();
    }
  }

  /** The next frame of a type; empty if the connection ends before. */
  public Optional<Frame> next(int type) throws IOException {
    Optional<Frame> frame = read();
    while (frame.isPresent() && frame.get().type() != type) {
      frame = read();
    }
    return frame;
  }

  /** The next answer's status. */
  public int status() throws IOException {
    return next(HEADERS).orElseThrow(() -> new EOFException("no answer")).status();
  }

  private int status(int stream, byte[] payload) throws IOException {
    try {
      Http2Headers headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload));
      return Integer.parseInt(String.valueOf(headers.status()));
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  /** What is left of the connection. */
  public List<Frame> untilItEnds() throws IOException {
    List<Frame> all = new ArrayList<>();
    Optional<Frame> frame = read();
    while (frame.isPresent()) {
      all.add(frame.get());
      frame = read();
    }
    return all;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
