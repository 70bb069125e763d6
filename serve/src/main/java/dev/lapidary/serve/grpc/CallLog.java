package dev.lapidary.serve.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Gives each call its id, says it in the answer's metadata as {@code x-request-id}, and tells of
 * the call's end, once. A stream is one call.
 */
public final class CallLog implements ServerInterceptor {
  private static final Metadata.Key<String> ID = key("x-request-id");
  private static final Metadata.Key<String> PARENT = key("traceparent");
  private static final Metadata.Key<String> AGENT = key("user-agent");

  private final Function<Optional<String>, String> id;
  private final Consumer<Ended> log;

  /**
   * @param id of a call, from the one that its client gave it, if it did
   * @param log is told of each end, on whichever thread
   */
  public CallLog(Function<Optional<String>, String> id, Consumer<Ended> log) {
    this.id = id;
    this.log = log;
  }

  /**
   * A call that has ended.
   *
   * @param method {@code service/method}
   * @param status its name
   * @param client its address; empty if it is not known
   * @param requestId as it was answered
   * @param traceParent as it came
   * @param bytes of the answer's messages
   */
  public record Ended(
      String method,
      String status,
      String client,
      String requestId,
      Optional<String> traceParent,
      Optional<String> userAgent,
      long beganNanos,
      long bytes) {}

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    Noted<A, B> noted = new Noted<>(call, headers);
    return new SimpleForwardingServerCallListener<>(next.startCall(noted, headers)) {
      @Override
      public void onCancel() {
        noted.ended(Status.CANCELLED);
        super.onCancel();
      }
    };
  }

  private final class Noted<A, B> extends SimpleForwardingServerCall<A, B> {
    private final Metadata asked;
    private final String requestId;
    private final long beganNanos = System.nanoTime();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean said;

    Noted(ServerCall<A, B> call, Metadata asked) {
      super(call);
      this.asked = asked;
      this.requestId = id.apply(Optional.ofNullable(asked.get(ID)));
    }

    @Override
    public void sendHeaders(Metadata headers) {
      headers.put(ID, requestId);
      said = true;
      super.sendHeaders(headers);
    }

    @Override
    public void sendMessage(B message) {
      if (message instanceof MessageLite answer) {
        bytes.addAndGet(answer.getSerializedSize());
      }
      super.sendMessage(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!said) {
        trailers.put(ID, requestId);
      }
      ended(status);
      super.close(status, trailers);
    }

    private void ended(Status status) {
      if (over.compareAndSet(false, true)) {
        log.accept(
            new Ended(
                getMethodDescriptor().getFullMethodName(),
                status.getCode().name(),
                client(),
                requestId,
                Optional.ofNullable(asked.get(PARENT)),
                Optional.ofNullable(asked.get(AGENT)),
                beganNanos,
                bytes.get()));
      }
    }

    private String client() {
      SocketAddress address = getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      return address instanceof InetSocketAddress internet
          ? internet.getAddress().getHostAddress()
          : "";
    }
  }
}
