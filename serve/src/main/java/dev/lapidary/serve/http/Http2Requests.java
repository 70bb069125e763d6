package dev.lapidary.serve.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import io.netty.util.AsciiString;
import java.util.Locale;

/**
 * Requests of HTTP/2 as they come: each is known by its stream from here on, whatever its client
 * says, and its method by its letters' case.
 */
final class Http2Requests extends Http2FrameListenerDecorator {
  private static final AsciiString STREAM = ExtensionHeaderNames.STREAM_ID.text();

  Http2Requests(Http2FrameListener listener) {
    super(listener);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int stream,
      Http2Headers headers,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    super.onHeadersRead(context, stream, marked(stream, headers), padding, endOfStream);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int stream,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    super.onHeadersRead(
        context,
        stream,
        marked(stream, headers),
        dependency,
        weight,
        exclusive,
        padding,
        endOfStream);
  }

  /** Micronaut takes {@code post} for POST, but a method's letters have a case. */
  private static Http2Headers marked(int stream, Http2Headers headers) throws Http2Exception {
    CharSequence method = headers.method();
    if (method != null && !method.toString().equals(method.toString().toUpperCase(Locale.ROOT))) {
      throw Http2Exception.streamError(
          stream, Http2Error.PROTOCOL_ERROR, "the method is not in capitals");
    }
    return headers.setInt(STREAM, stream);
  }

  /** Of a request that came this way. */
  static int stream(HttpRequest<?> request) {
    return ((NettyHttpRequest<?>) request).getNativeRequest().headers().getInt(STREAM, 0);
  }
}
