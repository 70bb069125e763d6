/**
 * Computes ONNX operators on constants, in double: {@link dev.lapidary.exporter.evaluate.Evaluator}
 * serves constant folding and says in plain Java what each operator means. Slow on purpose; needs
 * no runtime.
 */
@NullMarked
package dev.lapidary.exporter.evaluate;

import org.jspecify.annotations.NullMarked;
