/** The page that {@code exporter onnx --quantize int8 --report} writes: Int8Page. */
@NullMarked
package dev.lapidary.exporter.report;

import org.jspecify.annotations.NullMarked;
