package dev.lapidary.serve.grpc;

import com.google.protobuf.MessageLite;
import dev.lapidary.serve.tracing.Worked;
import io.grpc.Context;
import io.grpc.Contexts;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives each call its id, says it in the answer's metadata as {@code x-request-id}, and tells of
 * the call's end, once. A stream is one call.
 */
public final class CallLog implements ServerInterceptor {
  private static final Metadata.Key<String> ID = key("x-request-id");
  private static final Context.Key<AtomicReference<@Nullable Worked>> WORKED =
      Context.keyWithDefault("lapidary-worked", new AtomicReference<>());

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
   * @param asked what came with it
   * @param bytes of the answer's messages
   * @param worked empty unless it was one inference, and answered
   */
  public record Ended(
      String method,
      String status,
      String client,
      String requestId,
      Metadata asked,
      long beganNanos,
      long bytes,
      Optional<Worked> worked) {

    /** What the client said by this name, in lower case; empty if it is binary, or was not said. */
    public Optional<String> header(String name) {
      return name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
          ? Optional.empty()
          : Optional.ofNullable(asked.get(key(name)));
    }
  }

  /**
   * Where it is noted what was done for the present call, which is one inference. Of a stream it is
   * never said: it is many.
   */
  static Consumer<Worked> present() {
    return WORKED.get()::set;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    Noted<A, B> noted = new Noted<>(call, headers);
    Context context = Context.current().withValue(WORKED, noted.worked);
    return new SimpleForwardingServerCallListener<>(
        Contexts.interceptCall(context, noted, headers, next)) {
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
    private final AtomicReference<@Nullable Worked> worked = new AtomicReference<>();
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
                asked,
                beganNanos,
                bytes.get(),
                Optional.ofNullable(worked.get())));
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
