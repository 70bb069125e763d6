/**
 * An ONNX file as a Maven artifact: a jar with the model, a class of its own name and labels, and a
 * pom. Entry point: {@link dev.lapidary.exporter.artifact.ModelJar}.
 */
@NullMarked
package dev.lapidary.exporter.artifact;

import org.jspecify.annotations.NullMarked;
