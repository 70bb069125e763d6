package dev.lapidary.serve.grpc;

import dev.lapidary.serve.grpc.message.OpenInference.ModelStreamInferResponse;
import dev.lapidary.serve.inference.InferenceAnswer;
import dev.lapidary.serve.inference.InferenceService.Pending;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one stream, each answered before the next is read: what a client does not read is
 * not made. An error is an answer, and the stream goes on. Thread-safe.
 */
final class InferStream implements StreamObserver<Message> {
  private final BiFunction<Message, Arrival, Pending> infer;
  private final Arrival arrival = Arrival.current();
  private final ServerCallStreamObserver<com.google.protobuf.MessageLite> out;
  private final Set<InferStream> open;
  private Runnable gone = () -> {};
  private boolean busy;
  private boolean unread;
  private boolean halfClosed;
  private boolean stopping;
  private boolean ended;

  /**
   * @param infer begins an answer
   * @param open where it is while it is
   */
  InferStream(
      BiFunction<Message, Arrival, Pending> infer,
      ServerCallStreamObserver<com.google.protobuf.MessageLite> out,
      Set<InferStream> open) {
    this.infer = infer;
    this.out = out;
    this.open = open;
    open.add(this);
    out.disableAutoRequest();
    out.setOnCancelHandler(this::cancelled);
    out.setOnReadyHandler(this::read);
    arrival.onRefusal(this::fail);
    out.request(1);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // what hangs on it throws nothing
  public void onNext(Message message) {
    synchronized (this) {
      if (ended) {
        return;
      }
      busy = true;
    }
    Pending pending = infer.apply(message, arrival);
    boolean late;
    synchronized (this) {
      gone = pending.gone();
      late = ended;
    }
    if (late) {
      pending.gone().run();
    }
    pending.answer().whenComplete(this::answered);
  }

  private synchronized void answered(@Nullable InferenceAnswer answer, @Nullable Throwable error) {
    busy = false;
    if (ended) {
      return;
    }
    ModelStreamInferResponse.Builder response = ModelStreamInferResponse.newBuilder();
    if (answer != null) {
      response.setInferResponse(Answers.infer(answer));
    } else if (error != null) {
      response.setErrorMessage(Statuses.text(error));
    }
    out.onNext(response.build());
    if (halfClosed) {
      complete();
    } else if (stopping) {
      fail(stopped());
    } else {
      unread = true;
      read();
    }
  }

  private static StatusRuntimeException stopped() {
    return Status.UNAVAILABLE.withDescription("the server is stopping").asRuntimeException();
  }

  private synchronized void read() {
    if (unread && !ended && out.isReady()) {
      unread = false;
      out.request(1);
    }
  }

  /** Ends when the request that it has is answered. */
  synchronized void stop() {
    stopping = true;
    if (!busy) {
      fail(stopped());
    }
  }

  private synchronized void fail(StatusRuntimeException error) {
    if (end()) {
      out.onError(error);
    }
  }

  private synchronized void complete() {
    if (end()) {
      out.onCompleted();
    }
  }

  private boolean end() {
    boolean first = !ended;
    ended = true;
    open.remove(this);
    return first;
  }

  private void cancelled() {
    Runnable pending;
    synchronized (this) {
      end();
      pending = gone;
    }
    pending.run();
  }

  /** Of the client, which is gone then. */
  @Override
  public void onError(Throwable error) {
    cancelled();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    if (!busy) {
      complete();
    }
  }
}
