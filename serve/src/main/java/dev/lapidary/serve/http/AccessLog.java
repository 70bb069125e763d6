package dev.lapidary.serve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of JSON for each request, written by a thread of its own: a disk that stands still stops
 * no answer. Lines that it cannot take then are left out, and counted in the next. Thread-safe.
 */
public final class AccessLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final int WAITING = 10_000;
  private static final Object END = new Object();

  private final BlockingQueue<Object> lines = new ArrayBlockingQueue<>(WAITING);
  private final AtomicLong dropped = new AtomicLong();
  private final OutputStream out;
  private final Thread writer;

  /**
   * @param out is flushed whenever nothing waits, and closed at the end
   */
  public AccessLog(OutputStream out) {
    this.out = out;
    this.writer = new Thread(this::write, "lapidary-access-log");
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * @param time RFC 3339, UTC
   * @param client its address
   * @param path without its query
   * @param status of HTTP, or by name of gRPC
   * @param bytes of the answer's body
   * @param millis from the request's head to its answer
   */
  @JsonInclude(JsonInclude.Include.NON_DEFAULT)
  record Line(
      String time,
      String client,
      String protocol,
      String method,
      String path,
      Object status,
      @JsonInclude long bytes,
      double millis,
      @JsonProperty("request_id") String requestId,
      @JsonProperty("trace_id") String traceId,
      @JsonProperty("user_agent") String userAgent) {}

  void add(Line line) {
    if (!lines.offer(line)) {
      dropped.incrementAndGet();
    }
  }

  private void write() {
    try {
      for (Object next = lines.take(); next != END; next = lines.take()) {
        out.write(Json.write(counted((Line) next)));
        out.write('\n');
        if (lines.isEmpty()) {
          out.flush();
        }
      }
      out.close();
    } catch (IOException e) {
      LOG.error("the access log cannot be written any more: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  /** With the number of lines that were left out before it, if some were. */
  private Object counted(Line line) {
    long left = dropped.getAndSet(0);
    return left == 0 ? line : Json.MAPPER.<ObjectNode>valueToTree(line).put("dropped", left);
  }

  /** Writes what waits. */
  @Override
  public void close() {
    try {
      if (writer.isAlive()) {
        lines.put(END);
        writer.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // stop at once
    }
  }
}
