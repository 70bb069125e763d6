package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What RFC 9112 asks of a message and neither Netty nor Micronaut holds: one {@code Host}, no
 * transfer coding but {@code chunked}, and a body whose chunks are broken is no body. After such a
 * message nothing on the connection can be told apart, so it is answered 400 and the connection
 * ends. On the connection's own thread, as all handlers are.
 */
final class WireRules extends ChannelDuplexHandler {
  /** RFC 3986 section 3.2.2, and a port. Empty for a target without an authority. */
  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9A-Fa-f:.]+(?:%[\\w.~%-]+)?]|[\\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?");

  private int unanswered;
  private boolean broken;

  /** A request's head that breaks a rule. */
  static final class MalformedHead extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedHead(String message) {
      super(message, null, false, false);
    }
  }

  /** A request's body that breaks off within its chunks. */
  static final class MalformedBody extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedBody() {
      // Micronaut logs what reaches a request that is answered already, but not these words.
      super("connection broken");
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (broken) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpRequest request) {
      unanswered++;
      check(request);
      broken = request.decoderResult().isFailure();
    } else if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
      broken = true;
      content.release();
      if (unanswered == 0) {
        // Its request was refused already, before its body was read.
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      } else {
        context.fireExceptionCaught(new MalformedBody());
      }
      return;
    }
    super.channelRead(context, message);
  }

  private static void check(HttpRequest request) {
    if (request.decoderResult().isSuccess()) {
      checkVersion(request);
      checkMethod(request);
      checkHost(request);
      checkTransferCoding(request);
    }
    if (request.decoderResult().isFailure()) {
      // The answer's version is taken from it, and with 1.0 it would not say that it is the last.
      request.setProtocolVersion(HttpVersion.HTTP_1_1);
    }
  }

  /** A later minor version is answered as 1.1 (RFC 9110 section 2.5), another major one is not. */
  private static void checkVersion(HttpRequest request) {
    HttpVersion version = request.protocolVersion();
    boolean known = version.protocolName().equals("HTTP") && version.majorVersion() == 1;
    if (!known) {
      fail(request, "it says " + ClientText.brief(version.text()));
    } else if (version.minorVersion() > 1) {
      request.setProtocolVersion(HttpVersion.HTTP_1_1);
    }
  }

  /** Micronaut takes {@code post} for POST, but a method's letters have a case (RFC 9110 9.1). */
  private static void checkMethod(HttpRequest request) {
    String method = request.method().name();
    if (!method.equals(method.toUpperCase(Locale.ROOT))) {
      fail(request, "the method '%s' is not in capitals".formatted(ClientText.brief(method)));
    }
  }

  private static void checkHost(HttpRequest request) {
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    boolean needed = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
    if (hosts.size() > 1 || (needed && hosts.isEmpty())) {
      fail(request, "there are %d headers Host, expected one".formatted(hosts.size()));
    } else if (!hosts.isEmpty() && !HOST.matcher(hosts.get(0)).matches()) {
      fail(request, "the Host '%s' is no host".formatted(ClientText.brief(hosts.get(0))));
    }
  }

  private static void checkTransferCoding(HttpRequest request) {
    List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    boolean chunked =
        codings.size() == 1
            && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0).strip());
    if (!codings.isEmpty() && !chunked) {
      fail(
          request,
          "the Transfer-Encoding is not chunked; say how it is packed by Content-Encoding");
    }
  }

  private static void fail(HttpRequest request, String message) {
    request.setDecoderResult(DecoderResult.failure(new MalformedHead(message)));
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    boolean last = broken && unanswered == 1;
    if (last && message instanceof HttpResponse response && !isInterim(response)) {
      HttpUtil.setKeepAlive(response, false);
    }
    // A response without a stream is its own last part.
    if (message instanceof LastHttpContent
        && !(message instanceof HttpResponse response && isInterim(response))) {
      unanswered--;
      if (last) {
        context.write(message, promise.unvoid()).addListener(ChannelFutureListener.CLOSE);
        return;
      }
    }
    super.write(context, message, promise);
  }

  private static boolean isInterim(HttpResponse response) {
    return response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
  }
}
