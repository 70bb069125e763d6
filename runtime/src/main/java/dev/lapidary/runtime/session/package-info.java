/**
 * ONNX Runtime's sessions, safe from the JVM's shutdown: {@link OnnxSession} on {@link
 * OnnxRuntime}.
 */
@NullMarked
package dev.lapidary.runtime.session;

import org.jspecify.annotations.NullMarked;
